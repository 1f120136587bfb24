import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createArtifacts, type ArtifactStore, type StoredBlob } from '../../server/artifacts';
import { silentLog, timeOrderedIds, type Clock, type Context } from '../../server/base';
import { systemClock, systemRandom } from '../../server/base/node';
import { createStale, decide, defaultSettings, type Subject } from '../../server/stale';
import { openJournal, type StoredJournal } from '../../server/storage';
import { createdWith, workflowOf } from '../../test/unit/engine/support';
import { prose, seeded } from '../artifacts/contents';
import { median } from '../engine/statistics';
import type { Section } from './section';

const ctx: Context = { signal: new AbortController().signal, log: silentLog };
const dayMs = 86_400_000;

/** How many artifacts, in how many runs; as many again nobody refers to. */
const artifacts = 5000;
const runs = 100;

/** The Stale Manager: looking at 10,000 contents of 100 runs, deciding alone, archiving a run and bringing it back. */
export const section: Section = async (print) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-stale-'));
  let offset = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + offset };
  const ids = timeOrderedIds(clock, systemRandom);
  const journal = await openJournal({ file: path.join(folder, 'journal.db'), clock, log: silentLog });
  const store = createArtifacts({
    ...{ folder: path.join(folder, 'artifacts'), file: path.join(folder, 'artifacts.db') },
    ...{ clock, ids, log: silentLog },
  });
  const stale = createStale({
    ...{ artifacts: store, folder: path.join(folder, 'stale'), clock, ids, log: silentLog },
    runs: { journal, held: () => Promise.resolve(() => null) },
  });
  try {
    await store.start(ctx);
    await fill(journal, store);
    const started = performance.now();
    await stale.start(ctx);
    print({ name: 'stale.start_ms', value: rounded(performance.now() - started), unit: 'ms' });
    offset = 100 * dayMs;

    const first = performance.now();
    await stale.evaluate(ctx);
    print({ name: 'stale.first_look_ms', value: rounded(performance.now() - first), unit: 'ms' });
    const all = everything(store);
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const began = performance.now();
      await stale.evaluate(ctx);
      times.push(((performance.now() - began) * 1000) / all.length);
    }
    print({ name: 'stale.per_artifact_us', value: rounded(median(times)), unit: 'us', contents: all.length });
    print({ name: 'stale.decide_us', value: rounded(decidingUs(all, clock.now())), unit: 'us' });
    await measureArchives(print);
  } finally {
    await stale.stop(ctx);
    await store.stop(ctx);
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }

  async function measureArchives(tell: typeof print): Promise<void> {
    const [archiving, restoring, shares]: number[][] = [[], [], []];
    for (let run = 0; run < 7; run++) {
      const began = performance.now();
      const { bytes, freed } = await stale.archive(ctx, `run-${run}`);
      const archived = performance.now();
      await stale.restore(ctx, `run-${run}`);
      restoring!.push(performance.now() - archived);
      archiving!.push(archived - began);
      shares!.push((100 * (freed - bytes)) / freed);
    }
    const contents = artifacts / runs;
    tell({ name: 'stale.archive_run_ms', value: rounded(median(archiving!)), unit: 'ms', contents });
    tell({ name: 'stale.restore_run_ms', value: rounded(median(restoring!)), unit: 'ms', contents });
    tell({ name: 'stale.archive_saved_percent', value: rounded(median(shares!)), unit: '%' });
  }
};

/** Runs that have ended, each with artifacts of its own, and contents nobody refers to. */
async function fill(journal: StoredJournal, store: ArtifactStore): Promise<void> {
  const random = seeded(7);
  let before = prose(4000, random);
  let isEdit = true;
  // As in changesets, every other one is the one before with a line changed.
  const text = (): Uint8Array => {
    isEdit = !isEdit;
    if (!isEdit) return (before = prose(4000, random));
    return Buffer.concat([before.subarray(0, 2000), prose(60, random), before.subarray(2060)]);
  };
  for (let run = 0; run < runs; run++) {
    const id = `run-${run}`;
    const about = { type: 'text', run: id, node: 'a', inputs: [], tags: ['a'], facts: {} };
    const made = await Promise.all(
      Array.from({ length: artifacts / runs }, (_, i) => store.put(ctx, text(), { ...about, name: `f${i}` })),
    );
    await Promise.all(Array.from({ length: artifacts / runs }, () => store.blobs.put(text())));
    const output = { files: made.map(({ hash }) => ({ hash })) };
    await journal.append(id, 0, [
      createdWith(workflowOf({ a: '' })),
      { type: 'NodeStarted', node: 'a', attempt: 1 },
      { type: 'NodeCompleted', node: 'a', attempt: 1, output },
      { type: 'RunCompleted' },
    ]);
  }
}

function everything(store: ArtifactStore): readonly StoredBlob[] {
  const all: StoredBlob[] = [];
  for (let rows = store.stored(null, 1000); rows.length > 0; rows = store.stored(all.at(-1)!.hash, 1000))
    all.push(...rows);
  return all;
}

/** Microseconds for deciding on one content, as if nobody referred to any. */
function decidingUs(all: readonly StoredBlob[], now: number): number {
  const subjects = all.map((row): Subject => ({
    ...{ kind: 'contents', id: row.hash, label: row.hash, bytes: row.storedSize, usedAt: row.usedAt },
    ...{ uses: row.uses, quality: row.quality, tags: row.tags, makers: 1, archivable: true, keep: null },
  }));
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const began = performance.now();
    decide(subjects, defaultSettings, now);
    times.push(((performance.now() - began) * 1000) / subjects.length);
  }
  return median(times);
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
