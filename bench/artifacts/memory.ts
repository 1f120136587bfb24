import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Measured } from '../pit/section';
import { about, ctx, openStore } from './open';

/** How much memory a process takes that has a store of 100,000 artifacts open and has worked with it. */
export async function measureMemory(folder: string, print: (line: Measured) => void): Promise<void> {
  const place = path.join(folder, 'memory');
  mkdirSync(place);
  const store = await openStore(place);
  for (let batch = 0; batch < 100; batch++)
    await Promise.all(
      Array.from({ length: 1000 }, (_, at) => {
        const number = batch * 1000 + at;
        const bytes = Buffer.from(`artifact number ${number} of a store of many `.repeat(5));
        return store.put(ctx, bytes, about(`f${number}`, [`tag${number % 50}`]));
      }),
    );
  await store.indexed();
  await store.stop(ctx);
  const args = ['--import', 'tsx', path.join(__dirname, 'opened.ts'), place];
  const said = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 });
  const { rssMb, bareMb, startMs } = JSON.parse(said) as { rssMb: number; bareMb: number; startMs: number };
  print({ name: 'pit.rss_mb_100k', value: rssMb, unit: 'MB', before: bareMb });
  print({ name: 'artifacts.start_100k_ms', value: startMs, unit: 'ms' });
}
