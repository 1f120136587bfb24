import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measureDedup } from '../artifacts/dedup';
import { measurePutAndGet } from '../artifacts/putAndGet';
import { measureMemory } from '../artifacts/memory';
import { measureSearch } from '../artifacts/search';
import type { Section } from './section';

/** The artifact store: put and get beside rivals, search, equal contents, memory. */
export const section: Section = async (print) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-artifacts-'));
  try {
    for (const measure of [measurePutAndGet, measureDedup, measureSearch, measureMemory])
      await measure(folder, print);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
