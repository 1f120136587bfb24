import { silentLog } from '../../server/base';
import { systemClock } from '../../server/base/node';
import { Metrics } from '../../server/observe';
import { Pool, PoolService, type Resource } from '../../server/pool';
import { defaultFailureTables } from '../../server/engine/failure';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Section } from './section';

const ctx = { signal: new AbortController().signal, log: silentLog };

const resourceOf = (id: string): Resource => ({
  ...{ id, kind: 'kit', label: id, bytes: 1024 },
  warm: () => Promise.resolve(),
  probe: () => Promise.resolve(),
  cool: () => Promise.resolve(),
  memory: () => 1024,
});

/** The values at a half and at 99 of 100. */
function quantiles(values: Float64Array): { half: number; most: number } {
  values.sort();
  return { half: values[values.length >> 1]!, most: values[Math.floor(values.length * 0.99)]! };
}

/**
 * What it costs to be given a resource that is ready and to give it back, with 100 others in the pool: the service
 * as runs use it, and the pool alone. Each allocation is awaited and timed by itself.
 */
export const section: Section = async (print) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-pool-'));
  try {
    const service = new PoolService({
      ...{ clock: systemClock, file: path.join(folder, 'pool.json'), metrics: new Metrics() },
      budgets: () => ({}),
      health: defaultFailureTables.health,
      limits: { count: 200 },
    });
    const pool = new Pool({ clock: systemClock, ctx, limits: { count: 200, bytes: 1024 ** 3 } });
    await service.start(ctx);
    const ids = Array.from({ length: 100 }, (_, i) => `r${i}`);
    for (const id of ids) {
      service.register(resourceOf(id));
      pool.register(resourceOf(id));
      (await service.allocate(ctx, id)).release();
      (await pool.allocate(ctx, id)).release();
    }
    const use = { workflow: 'bench', run: 'run' };
    const whole = await timed(async (i) => (await service.allocate(ctx, ids[i % 100]!, 0, use)).release());
    const bare = await timed(async (i) => (await pool.allocate(ctx, ids[i % 100]!)).release());
    print({ name: 'pool.allocate_warm_p50_us', value: whole.half, unit: 'us' });
    print({ name: 'pool.allocate_warm_p99_us', value: whole.most, unit: 'us', limit: 20 });
    // Without the habits and the histogram that the service adds.
    print({ name: 'pool.allocate_bare_p99_us', value: bare.most, unit: 'us' });
    const histogram = new Metrics().histogram('bench_ms', { help: 'Bench.', labels: ['kind'] });
    const observed = await timed((i) => histogram.with('work').observe(i), 10);
    print({ name: 'observe.histogram_p50_us', value: observed.half, unit: 'us', limit: 1 });
    await service.stop(ctx);
    await pool.drain(ctx);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Microseconds of `work`, done `many` times between two looks at the clock, after it is warm. */
async function timed(work: (i: number) => unknown, many = 1): Promise<{ half: number; most: number }> {
  const rounds = 20_000;
  const took = new Float64Array(rounds);
  for (let i = 0; i < rounds; i++) await work(i);
  for (let i = 0; i < rounds; i++) {
    const began = performance.now();
    for (let k = 0; k < many; k++) {
      const done = work(i + k);
      if (done instanceof Promise) await done;
    }
    took[i] = ((performance.now() - began) * 1000) / many;
  }
  const { half, most } = quantiles(took);
  return { half: Number(half.toFixed(3)), most: Number(most.toFixed(3)) };
}
