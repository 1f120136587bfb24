import os from 'node:os';
import path from 'node:path';
import type { Problem } from '../schemas';
import type { ArtifactStore } from './artifacts';
import type { Context } from './base';
import { systemClock, systemIds } from './base/node';
import type { RunService } from './runs';
import { createStale, type Stale } from './stale';
import type { DataHome, StoredJournal } from './storage';

export interface StaleParts {
  readonly ctx: Context;
  readonly home: Pick<DataHome, 'folder' | 'root'>;
  readonly journal: StoredJournal;
  readonly artifacts: ArtifactStore;
  /** The runs, once they are there: the services of the Pit start before them. */
  readonly runs: () => Pick<RunService, 'reviewList'> | undefined;
  /** Keys in use, which no export may hold. */
  readonly keys: () => readonly string[];
}

/** The Stale Manager of a workspace, joined to its journal, artifacts and runs; it is not started. */
export function openStale({ ctx, home, journal, artifacts, runs, keys }: StaleParts): Stale {
  return createStale({
    artifacts,
    folder: path.join(home.folder, 'stale'),
    clock: systemClock,
    ids: systemIds,
    log: ctx.log,
    runs: { journal, held: (inner) => heldRuns(inner, runs()) },
    secrets: () => [...keys(), home.root, os.homedir()].filter((text) => text.length > 3),
  });
}

/** Until the runs are there, nobody knows what is open: everything is held. */
async function heldRuns(
  ctx: Context,
  runs: Pick<RunService, 'reviewList'> | undefined,
): Promise<(run: string) => Problem | null> {
  if (runs === undefined) return (run) => ({ code: 'stale.keep.active', args: { run } });
  const { changesets } = await runs.reviewList(ctx, { open: true });
  const open = new Set(changesets.map(({ run }) => run));
  return (run) => (open.has(run) ? { code: 'stale.keep.open', args: { run } } : null);
}
