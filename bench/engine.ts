/**
 * Measures the engine beside its rivals; prints one JSON object a line. Trivial nodes, full sync, real files;
 * every store is opened anew and what it holds is counted. Whoever is compared takes turns, each in a process
 * of its own; values are medians, `ratio` is the median of ours ÷ rival round by round.
 */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { installRivals, startRedis } from './engine/rivals';
import { median } from './engine/statistics';
import type { ShapeName } from './engine/shapes';
import type { RunArguments } from './engine/tasks';
import { Workshop } from './engine/workshop';

type Contestant = 'ours' | 'raw-journal' | 'langgraph' | 'bullmq';

interface Line {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly [more: string]: string | number;
}

const print = (line: Line): void => console.log(JSON.stringify(line));
const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
const workshop = new Workshop();

async function main(): Promise<void> {
  print({ name: 'machine.load', value: rounded(os.loadavg()[0]!), unit: 'processes' });
  print({ name: 'disk.fsync_p50_us', value: rounded(workshop.fsyncUs()), unit: 'us' });
  const rivals = installRivals();

  const fanOut = { shape: 'fan-out', count: 10_000 } as const;
  await compare('engine.durable_nodes_per_s', 'raw-journal', fanOut, 5);
  if (rivals !== undefined) {
    await compare('engine.durable_nodes_per_s', 'langgraph', { ...fanOut, rivals }, 2, 3);
    const redis = await startRedis(workshop.fresh());
    if (redis !== undefined)
      await compare(
        'engine.durable_nodes_per_s',
        'bullmq',
        { ...fanOut, rivals, port: redis.port },
        3,
      ).finally(() => redis.stop());
  }
  const chain = { shape: 'chain', count: 1000 } as const;
  await compare('engine.chain_nodes_per_s', 'raw-journal', chain, 5);
  if (rivals !== undefined)
    await compare('engine.chain_nodes_per_s', 'langgraph', { ...chain, rivals }, 2, 3);

  await growth('fan-out');
  await growth('layered');
  await single();
  await melody();
  print({ name: 'disk.fsync_p50_us', value: rounded(workshop.fsyncUs()), unit: 'us' });
  print({ name: 'machine.load', value: rounded(os.loadavg()[0]!), unit: 'processes' });
}

type Run = Omit<RunArguments, 'folder'>;

/** One run in a fresh store; nodes per second, and an error unless each node's intent and outcome were there. */
async function nodesPerSecond(who: Contestant, run: Run): Promise<number> {
  const folder = workshop.fresh();
  const { seconds, counted } = await workshop.task(who, { ...run, folder });
  workshop.remove(folder);
  if (counted !== run.count) throw new Error(`${who}: the store holds ${counted} of ${run.count} nodes`);
  return run.count / seconds;
}

/** Ours and a rival in turn; beside a rival that takes long, `each` runs of ours make one round. */
async function compare(name: string, rival: Contestant, run: Run, rounds: number, each = 1): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const mine: number[] = [];
    for (let again = 0; again < each; again++) mine.push(await nodesPerSecond('ours', run));
    ours.push(median(mine));
    try {
      theirs.push(await nodesPerSecond(rival, run));
    } catch (thrown) {
      return console.error(`${name}: ${rival} is left out: ${String(thrown)}`);
    }
  }
  print({
    name,
    value: rounded(median(ours), 0),
    unit: 'nodes/s',
    rival,
    rival_value: rounded(median(theirs), 0),
    ratio: rounded(median(ours.map((value, round) => value / theirs[round]!)), 3),
  });
}

/** How many times longer ten times as many nodes take. */
async function growth(shape: ShapeName): Promise<void> {
  const ratios: number[] = [];
  for (let round = 0; round < 3; round++) {
    const small = await nodesPerSecond('ours', { shape, count: 10_000 });
    const large = await nodesPerSecond('ours', { shape, count: 100_000 });
    ratios.push((10 * small) / large);
  }
  print({ name: 'engine.growth_100k_over_10k', value: rounded(median(ratios), 2), unit: 'times', shape });
}

/** What is measured of ours alone. */
async function single(): Promise<void> {
  const layered = { shape: 'layered', count: 10_000, parallel: 64 } as const;
  const times = async (rounds: number, work: (folder: string) => Promise<number>): Promise<number> => {
    const found: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const folder = workshop.fresh();
      found.push(await work(folder));
      workshop.remove(folder);
    }
    return rounded(median(found), 2);
  };
  const schedule = await times(
    5,
    async (folder) => (await workshop.task('schedule', { ...layered, folder })).us,
  );
  print({ name: 'engine.schedule_p99_us', value: schedule, unit: 'us' });
  const recover = await times(5, async (folder) => {
    await workshop.task('crash', { ...layered, folder }, { dies: true });
    return (await workshop.task('recover', { ...layered, folder })).ms;
  });
  print({ name: 'engine.recover_10k_ms', value: recover, unit: 'ms' });
  const { ms } = await workshop.task('checkpoint', { ...layered, folder: workshop.fresh() });
  print({ name: 'engine.checkpoint_ms', value: rounded(ms, 2), unit: 'ms' });
  const memory = await times(
    3,
    async (folder) => (await workshop.task('memory', { shape: 'fan-out', count: 100_000, folder })).rssMb,
  );
  print({ name: 'engine.rss_mb_100k', value: memory, unit: 'MB' });
  const latency = await times(
    3,
    async (folder) => (await workshop.task('latency', { ...layered, folder })).us,
  );
  print({ name: 'engine.event_latency_p99_us', value: latency, unit: 'us' });
}

/** Checking, reading and writing of Melodies have measurements of their own; their lines are passed on. */
async function melody(): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/melody.ts'], {
    cwd: path.dirname(__dirname),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) console.log(line);
  if ((await ended) !== 0) throw new Error('bench/melody.ts failed');
}

process.once('exit', () => workshop.remove());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
