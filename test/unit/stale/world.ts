import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Problem, RunEvent } from '../../../schemas';
import type { RetentionPolicy, RetentionSettings } from '../../../schemas/wire/stale';
import { createArtifacts, type ArtifactStore } from '../../../server/artifacts';
import { silentLog, timeOrderedIds, type Clock, type Context } from '../../../server/base';
import { sha256, systemRandom } from '../../../server/base/node';
import { createStale, defaultSettings, type Stale, type StaleOptions } from '../../../server/stale';
import { openJournal, type StoredJournal } from '../../../server/storage';
import { createdWith, workflowOf } from '../engine/support';

export const dayMs = 86_400_000;
export const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** A clock that stands until it is moved; sleeping is for ever, or until a move goes past its end. */
export class HandClock implements Clock {
  private readonly sleepers = new Set<() => void>();
  constructor(public time = Date.UTC(2026, 0, 1, 12)) {}
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const end = this.time + ms;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const look = (): void => {
        if (this.time < end) return;
        this.sleepers.delete(look);
        resolve();
      };
      this.sleepers.add(look);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }
  move(ms: number): void {
    this.time += ms;
    for (const look of [...this.sleepers]) look();
  }
}

export interface World {
  readonly clock: HandClock;
  readonly journal: StoredJournal;
  readonly artifacts: ArtifactStore;
  readonly stale: Stale;
  /** Runs that must stay, with the reason. */
  readonly held: Map<string, Problem>;
  close(): Promise<void>;
}

/** A manager with its journal and store in `folder`, as a sidecar would have them. */
export async function openWorld(
  folder: string,
  more: Partial<StaleOptions> & { clock?: HandClock; seen?: (store: ArtifactStore) => ArtifactStore } = {},
): Promise<World> {
  mkdirSync(folder, { recursive: true });
  const clock = more.clock ?? new HandClock();
  const journal = await openJournal({ file: path.join(folder, 'journal.db'), clock, log: silentLog });
  const ids = timeOrderedIds(clock, systemRandom);
  const artifacts = createArtifacts({
    ...{ folder: path.join(folder, 'artifacts'), file: path.join(folder, 'artifacts.db') },
    ...{ clock, ids, log: silentLog },
  });
  await artifacts.start(ctx);
  const held = new Map<string, Problem>();
  const stale = createStale({
    runs: { journal, held: () => Promise.resolve((run) => held.get(run) ?? null) },
    folder: path.join(folder, 'stale'),
    ids,
    log: silentLog,
    ...more,
    artifacts: more.seen?.(artifacts) ?? artifacts,
    clock,
  });
  await stale.start(ctx);
  return {
    ...{ clock, journal, artifacts, stale, held },
    async close() {
      await stale.stop(ctx);
      await artifacts.stop(ctx);
      await journal.close();
    },
  };
}

/** A run that has ended and needs these texts, the first of them as an offer that names the others. */
export async function endedRun(
  { journal, artifacts }: Pick<World, 'journal' | 'artifacts'>,
  run: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  const hashes: string[] = [];
  for (const text of texts) hashes.push(await artifacts.blobs.put(Buffer.from(text)));
  const offer = await artifacts.blobs.put(
    Buffer.from(JSON.stringify({ changeset: run, files: hashes.map((hash) => ({ proposal: { hash } })) })),
  );
  const events: RunEvent[] = [
    createdWith(workflowOf({ a: '' })),
    { type: 'NodeStarted', node: 'a', attempt: 1 },
    { type: 'NodeCompleted', node: 'a', attempt: 1, output: { blob: offer } },
    { type: 'RunCompleted' },
  ];
  await journal.append(run, 0, events);
  await artifacts.hold(`run:${run}`, [offer, ...hashes]);
  return [offer, ...hashes];
}

export const policy = (change: Partial<RetentionPolicy> = {}): RetentionPolicy => ({
  ...{ name: 'p', enabled: true, priority: 0, of: 'contents', ask: 'delete' },
  rules: [{ rule: 'maxAge', days: 30 }],
  ...change,
});

export const settingsWith = (
  policies: readonly RetentionPolicy[],
  change: Partial<RetentionSettings> = {},
): RetentionSettings => ({ ...defaultSettings, mostPercent: 100, policies: [...policies], ...change });

/** What a content takes on the disk, by its hash. */
export const storedSizes = ({ artifacts }: Pick<World, 'artifacts'>): ReadonlyMap<string, number> =>
  new Map(artifacts.stored(null, 100_000).map(({ hash, storedSize }) => [hash, storedSize]));

export const hashOf = (text: string): string => sha256(Buffer.from(text));

/** Every content there is, as text by hash. */
export async function everything({ artifacts }: Pick<World, 'artifacts'>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { hash } of artifacts.stored(null, 100_000))
    found[hash] = Buffer.from((await artifacts.get(hash))!).toString('latin1');
  return found;
}
