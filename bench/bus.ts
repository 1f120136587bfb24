/**
 * Measures the bus beside its rivals; prints one JSON object a line. Both ends are processes of their own on one Unix
 * socket. Whoever is compared takes turns; values are medians of the rounds, `ratio` the median of the rounds' ratios.
 * Budgets: round trip 1.5 times that of a bare socket and 300 µs in the 99th percentile, 300,000 messages of 256 bytes
 * a second and three times those of vscode-jsonrpc, 1,000 µs from publishing to 100 peers with 1,000 subscriptions.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import type { Contestant } from './bus/contestants';
import { processCount } from './bus/fanOut';
import { median, percentile } from './engine/statistics';

const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-bus-'));
const bundle = path.join(folder, 'ends.cjs');
const patienceMs = 120_000;
let addresses = 0;

const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
const print = (line: {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly [more: string]: string | number;
}) => console.log(JSON.stringify(line));
const load = () => print({ name: 'machine.load', value: rounded(os.loadavg()[0]!), unit: 'processes' });

/** A task against a server of its own, each in a process of its own. */
async function against<T>(who: Contestant, task: string, count: number): Promise<T> {
  const address = path.join(folder, `s${++addresses}`);
  const server = start('serve', who, address);
  try {
    await server.next();
    return (await start(task, who, address, String(count)).next()) as T;
  } finally {
    server.child.kill('SIGKILL');
  }
}

/** A process, and the lines of JSON it prints, one after the other. */
function start(...args: readonly string[]) {
  const profiles = process.env['SYMPHONY_BENCH_PROFILES'];
  const child = spawn(
    process.execPath,
    [...(profiles ? ['--cpu-prof', '--cpu-prof-dir', profiles] : []), bundle, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: patienceMs, killSignal: 'SIGKILL' },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${args.join(' ')} ended too early`);
    return JSON.parse(value) as unknown;
  };
  return { child, next };
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

async function main(): Promise<void> {
  buildSync({
    absWorkingDir: path.resolve(__dirname, '..'),
    entryPoints: ['bench/bus/ends.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'error',
  });
  load();
  await roundTrips();
  await throughput();
  await fanOut();
  load();
}

async function roundTrips(): Promise<void> {
  const [ours, raw]: [Times[], Times[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    ours.push(await against<Times>('ours', 'roundTrips', 20_000));
    raw.push(await against<Times>('raw-socket', 'roundTrips', 20_000));
  }
  for (const share of ['p50', 'p99'] as const)
    print({
      name: `bus.rtt_${share}_us`,
      value: rounded(median(ours.map((times) => times[share]))),
      unit: 'us',
      rival: 'raw-socket',
      rival_value: rounded(median(raw.map((times) => times[share]))),
      ratio: rounded(median(ours.map((times, round) => times[share] / raw[round]![share])), 3),
    });
}

async function throughput(): Promise<void> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const run = async (who: Contestant, count: number) =>
    (await against<{ readonly perSecond: number }>(who, 'throughput', count)).perSecond;
  for (let round = 0; round < 5; round++) {
    ours.push(await run('ours', 1_000_000));
    theirs.push(await run('vscode-jsonrpc', 100_000));
  }
  print({
    name: 'bus.throughput_msgs',
    value: rounded(median(ours), 0),
    unit: 'messages/s',
    rival: 'vscode-jsonrpc',
    rival_value: rounded(median(theirs), 0),
    ratio: rounded(median(ours.map((value, round) => value / theirs[round]!)), 2),
  });
}

async function fanOut(): Promise<void> {
  const rounds: { readonly all: Times; readonly few: Times }[] = [];
  for (let round = 0; round < 3; round++) rounds.push(await fanOutOnce(800));
  const of = (which: 'all' | 'few', share: keyof Times) =>
    rounded(median(rounds.map((times) => times[which][share])), 0);
  const shape = { all: 'each event for 100 peers', few: 'each event for 9 peers' };
  print({ name: 'bus.fanout_p99_us', value: of('all', 'p99'), unit: 'us', shape: shape.all });
  print({ name: 'bus.fanout_p50_us', value: of('all', 'p50'), unit: 'us', shape: shape.all });
  print({ name: 'bus.fanout_few_p99_us', value: of('few', 'p99'), unit: 'us', shape: shape.few });
}

/** A hundred peers with a thousand subscriptions in a few processes, and an error unless every event reached all of them. */
async function fanOutOnce(count: number): Promise<{ readonly all: Times; readonly few: Times }> {
  const address = path.join(folder, `s${++addresses}`);
  const server = start('serve', 'fan-out', address);
  await server.next();
  const shares = Array.from({ length: processCount }, (_, share) =>
    start('fanOutPeers', 'fan-out', address, String(share)),
  );
  const measure = async (task: string): Promise<Times> => {
    const { each } = (await start(task, 'fan-out', address, String(count)).next()) as {
      readonly each: number;
    };
    const all = (await Promise.all(shares.map(({ next }) => next()))) as { readonly times: number[] }[];
    const times = all.flatMap((share) => share.times);
    if (times.length !== count * each) throw new Error(`${times.length} deliveries of ${count * each}`);
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  };
  try {
    await Promise.all(shares.map(({ next }) => next()));
    return { all: await measure('publishAll'), few: await measure('publishFew') };
  } finally {
    for (const { child } of [server, ...shares]) child.kill('SIGKILL');
  }
}

process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
