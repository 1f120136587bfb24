import path from 'node:path';
import { createArbitration, type Arbitration } from './arbitration';
import { createArtifacts, type ArtifactStore } from './artifacts';
import type { Context } from './base';
import { systemClock, systemIds, systemRandom } from './base/node';
import type { Engine } from './engine';
import { defaultFailureTables } from './engine/failure';
import type { Metrics } from './observe';
import { openStale } from './openStale';
import { createPit, type Pit } from './pit';
import { PoolService } from './pool';
import type { RunService } from './runs';
import type { SidecarState } from './sidecarState';
import type { Stale } from './stale';
import type { DataHome, StoredJournal } from './storage';
import { TrackerService } from './tracker';

export interface ServiceParts {
  readonly ctx: Context;
  readonly home: DataHome;
  readonly journal: StoredJournal;
  readonly state: SidecarState;
  readonly metrics: Metrics;
  /** The runs, once they are there. */
  readonly runs: () => RunService | undefined;
}

/** The services runs work with; they are made before the engine and started with the others. */
export interface Services {
  readonly pool: PoolService;
  readonly artifacts: ArtifactStore;
  readonly arbitration: Arbitration;
  readonly stale: Stale;
}

/** Makes what keeps models, artifacts, locks and storage in order; nothing happens before the Pit starts. */
export function createServices({ ctx, home, journal, state, metrics, runs }: ServiceParts): Services {
  const common = { clock: systemClock, ids: systemIds, log: ctx.log };
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
    stale: openStale({ ctx, home, journal, artifacts, runs, keys: () => [...state.keys.values()] }),
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
