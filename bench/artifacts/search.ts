import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { median, percentile } from '../engine/statistics';
import type { Measured } from '../pit/section';
import { prose, seeded, word } from './contents';
import { about, ctx, openStore } from './open';

/** Searches 10,000 artifacts of 2 kB for rare and frequent words, phrases and tags, with excerpts and facets. */
export async function measureSearch(folder: string, print: (line: Measured) => void): Promise<void> {
  const place = path.join(folder, 'search');
  mkdirSync(place);
  const store = await openStore(place);
  const random = seeded(3);
  for (let batch = 0; batch < 20; batch++)
    await Promise.all(
      Array.from({ length: 500 }, (_, at) =>
        store.put(ctx, prose(2000, random), about(`src/${word(at)}/f${batch}-${at}.ts`, [`tag${at % 20}`])),
      ),
    );
  const began = performance.now();
  await store.indexed();
  const indexed = performance.now() - began;
  const times: number[] = [];
  for (let round = 0; round < 1050; round++) {
    const words = Array.from({ length: 1 + (round % 2) }, () => word(Math.floor(5000 ** random()) - 1));
    const tags = round % 5 === 0 ? { tags: [`tag${round % 20}`] } : {};
    const start = performance.now();
    await store.search(ctx, { text: words.join(' '), ...tags });
    if (round >= 50) times.push(performance.now() - start);
  }
  const rounded = (value: number) => Math.round(value * 100) / 100;
  print({ name: 'artifacts.search_10k_p50_ms', value: rounded(median(times)), unit: 'ms' });
  print({ name: 'artifacts.search_10k_p99_ms', value: rounded(percentile(times, 0.99)), unit: 'ms' });
  print({ name: 'artifacts.index_10k_ms', value: Math.round(indexed), unit: 'ms' });
  await store.stop(ctx);
}
