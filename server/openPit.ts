import path from 'node:path';
import type { Problem } from '../schemas/codes';
import { createArbitration, type Arbitration } from './arbitration';
import { createArtifacts, type ArtifactStore } from './artifacts';
import type { Context, Log } from './base';
import { systemClock, systemIds, systemRandom } from './base/node';
import type { Engine } from './engine';
import { defaultFailureTables } from './engine/failure';
import type { Metrics } from './observe';
import { createPit, type Pit } from './pit';
import { PoolService } from './pool';
import type { RunService } from './runs';
import type { SidecarState } from './sidecarState';
import { createStale, type Stale } from './stale';
import type { DataHome, StoredJournal } from './storage';
import { TrackerService } from './tracker';

export interface ServiceParts {
  readonly home: DataHome;
  readonly log: Log;
  readonly journal: StoredJournal;
  readonly state: SidecarState;
  readonly metrics: Metrics;
  /** Why a run that has ended must keep its bytes; null where nothing speaks against archiving it. */
  readonly held: (ctx: Context, run: string) => Promise<Problem | null>;
}

/** The services runs work with; they are made before the engine and started with the others. */
export interface Services {
  readonly pool: PoolService;
  readonly artifacts: ArtifactStore;
  readonly arbitration: Arbitration;
  readonly stale: Stale;
}

/** Makes what keeps models, artifacts, locks and storage in order; nothing happens before the Pit starts. */
export function createServices({ home, log, journal, state, metrics, held }: ServiceParts): Services {
  const common = { clock: systemClock, ids: systemIds, log };
  const artifacts = createArtifacts({
    ...common,
    folder: home.artifacts,
    file: home.artifactsFile,
    legacy: home.blobs,
  });
  return {
    artifacts,
    pool: new PoolService({
      ...{ clock: systemClock, file: home.pool, metrics },
      budgets: ({ kind }) => (kind === 'day' ? state.dayBudget() : {}),
      health: defaultFailureTables.health,
    }),
    arbitration: createArbitration({
      ...{ ...common, random: systemRandom },
      file: path.join(home.folder, 'arbitration.db'),
    }),
    stale: createStale({
      ...{ ...common, artifacts, runs: { journal, held } },
      folder: path.join(home.folder, 'stale'),
      secrets: () => [...state.keys.values()],
    }),
  };
}

export interface PitParts {
  readonly services: Services;
  readonly engine: Engine;
  readonly journal: StoredJournal;
  readonly runs: RunService;
  readonly metrics: Metrics;
}

/** All five as one. */
export function openPit({ services, engine, journal, runs, metrics }: PitParts): Pit {
  const { pool, artifacts, arbitration, stale } = services;
  const tracker = new TrackerService({
    ...{ engine, journal, history: runs.history, metrics },
    clock: systemClock,
  });
  return createPit({ services: [pool, tracker, artifacts, arbitration, stale], clock: systemClock });
}
