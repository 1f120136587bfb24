import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Measured } from '../pit/section';
import { prose, seeded } from './contents';
import { about, ctx, openStore } from './open';

/** Puts 2,000 versions of which two in five are copies, and says whether exactly the others are stored. */
export async function measureDedup(folder: string, print: (line: Measured) => void): Promise<void> {
  const place = path.join(folder, 'dedup');
  mkdirSync(place);
  const store = await openStore(place);
  const random = seeded(2);
  const originals: Buffer[] = [];
  const puts: Promise<unknown>[] = [];
  for (let at = 0; at < 2000; at++) {
    const isCopy = originals.length > 0 && random() < 0.4;
    const bytes = isCopy ? originals[Math.floor(random() * originals.length)]! : prose(2000, random);
    if (!isCopy) originals.push(bytes);
    puts.push(store.put(ctx, bytes, about(`f${at}`)));
  }
  await Promise.all(puts);
  const { artifacts, blobs, bytes, storedBytes, saved } = store.report().totals;
  const isExact = artifacts === 2000 && blobs === originals.length && bytes === originals.length * 2000;
  print({
    name: 'artifacts.dedup_exact',
    value: isExact ? 1 : 0,
    unit: 'yes',
    versions: artifacts!,
    contents: blobs!,
  });
  const share = saved! / (saved! + storedBytes!);
  print({ name: 'artifacts.saved_share', value: Math.round(share * 100) / 100, unit: 'of all bytes' });
  if (!isExact) throw new Error(`${blobs} contents are stored, and ${originals.length} were put`);
  await store.stop(ctx);
}
