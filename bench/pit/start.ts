import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createArbitration } from '../../server/arbitration';
import { silentLog } from '../../server/base';
import { systemClock, systemIds, systemRandom } from '../../server/base/node';
import { Engine } from '../../server/engine';
import { defaultFailureTables } from '../../server/engine/failure';
import { Metrics } from '../../server/observe';
import { createPit } from '../../server/pit';
import { PoolService } from '../../server/pool';
import { createStale } from '../../server/stale';
import { jsonPacking, openJournal } from '../../server/storage';
import { RunHistory, TrackerService } from '../../server/tracker';
import type { Workflow } from '../../schemas/journal/workflow';
import { about, ctx, openStore } from '../artifacts/open';
import type { Section } from './section';

const artifactCount = 10_000;
const runCount = 100;
/** Starts measured; the median is told. */
const starts = 9;

/** How long all five take to start beside each other where 10,000 artifacts and 100 runs are stored. */
export const section: Section = async (print) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-pit-'));
  try {
    const journal = await openJournal({
      file: path.join(folder, 'journal.db'),
      clock: systemClock,
      log: silentLog,
    });
    const engine = new Engine({
      journal,
      performers: new Map([['work', () => Promise.resolve(null)]]),
      clock: systemClock,
      ids: systemIds,
      epoch: 'bench',
      log: silentLog,
      packing: jsonPacking,
    });
    for (let at = 0; at < runCount; at++) await doOneRun(engine);
    mkdirSync(path.join(folder, 'store'));
    const artifacts = await openStore(path.join(folder, 'store'));
    for (let at = 0; at < artifactCount; at += 1000)
      await Promise.all(
        Array.from({ length: 1000 }, (_, i) =>
          artifacts.put(ctx, Buffer.from(`artifact ${at + i} `.repeat(20)), about(`f${at + i}`, ['bench'])),
        ),
      );
    await artifacts.indexed();
    await artifacts.stop(ctx);

    const metrics = new Metrics();
    const common = { clock: systemClock, ids: systemIds, log: silentLog };
    const pit = createPit({
      clock: systemClock,
      services: [
        artifacts,
        new PoolService({
          ...{ clock: systemClock, file: path.join(folder, 'pool.json'), metrics },
          budgets: () => ({}),
          health: defaultFailureTables.health,
        }),
        new TrackerService({
          ...{ engine, journal, metrics, clock: systemClock },
          history: new RunHistory({ engine, journal }),
        }),
        createArbitration({ ...common, random: systemRandom, file: path.join(folder, 'arbitration.db') }),
        createStale({
          ...{ ...common, artifacts, folder: path.join(folder, 'stale') },
          runs: { journal, held: () => Promise.resolve(() => null) },
        }),
      ],
    });
    const times: number[] = [];
    for (let round = 0; round < starts; round++) {
      const began = performance.now();
      await pit.start(ctx);
      times.push(performance.now() - began);
      await pit.stop(ctx);
    }
    const sorted = times.sort((a, b) => a - b);
    const facts = { artifacts: artifactCount, runs: runCount };
    print({ name: 'pit.start_ms', value: round(sorted[starts >> 1]!), unit: 'ms', ...facts });
    print({ name: 'pit.start_most_ms', value: round(sorted.at(-1)!), unit: 'ms', ...facts });
    await engine.stop();
    await journal.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function doOneRun(engine: Engine): Promise<void> {
  const node = (id: string, ...after: string[]) => ({
    ...{ id, kind: 'work', title: id, after, resource: 'work', params: null, retries: 0 },
  });
  const nodes = [node('a'), node('b', 'a'), node('c', 'a')];
  const workflow: Workflow = { version: 0, title: 'bench', nodes, limits: {} };
  const ended = new Promise<void>((resolve) => {
    const listening = engine.onChanged(({ events }) => {
      if (!events.some(({ event }) => event.type === 'RunCompleted')) return;
      listening.dispose();
      resolve();
    });
  });
  await engine.start({ title: 'bench', kind: 'ask', workflow, facts: {} });
  await ended;
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
