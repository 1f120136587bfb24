/** What is measured in a process of its own: `tasks.cjs <task> <arguments as JSON>` prints its result as JSON. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { leanNode } from '../../schemas/link';
import { keepHeapLean } from '../../server/base/node';
import { runBullMq } from './bullMq';
import { countLangGraph, runLangGraph } from './langGraph';
import { countOurs, openOurs, scheduleOurs } from './ours';
import { countRawJournal, openRawJournal, runRawJournal } from './rawJournal';
import { shapeOf, type ShapeName } from './shapes';
import { percentile } from './statistics';

export interface RunArguments {
  /** Empty, and removed by whoever made it. */
  readonly folder: string;
  readonly shape: ShapeName;
  readonly count: number;
  readonly parallel?: number;
  /** Where the rivals are installed. */
  readonly rivals?: string;
  readonly port?: number;
}

/** `counted` is what the store holds after it was opened anew. */
export interface RunResult {
  readonly seconds: number;
  readonly counted: number;
  readonly rssMb: number;
}

const tasks = {
  ours: async ({ folder, shape, count, parallel }: RunArguments): Promise<RunResult> => {
    const seconds = await afterWarmUp(folder, async (inner, warm) => {
      const ours = await openOurs(inner);
      const work = shapeOf(shape, warm ? Math.min(warmUpNodes, count) : count, parallel);
      const seconds = await timed(() => ours.run(work));
      await ours.close();
      return seconds;
    });
    return { seconds, rssMb: peakRssMb(), counted: await countOurs(path.join(folder, 'measured')) };
  },
  'raw-journal': async ({ folder, shape, count }: RunArguments): Promise<RunResult> => {
    const seconds = await afterWarmUp(folder, async (inner, warm) => {
      const work = shapeOf(shape, warm ? Math.min(warmUpNodes, count) : count);
      const database = openRawJournal(inner);
      const seconds = await timed(async () => runRawJournal(database, work));
      database.close();
      return seconds;
    });
    return { seconds, rssMb: peakRssMb(), counted: countRawJournal(path.join(folder, 'measured')) };
  },
  langgraph: async ({ folder, shape, count, rivals }: RunArguments): Promise<RunResult> => {
    const seconds = await afterWarmUp(folder, async (inner, warm) => {
      const nodes = warm ? 100 : count;
      return timed(async () => {
        const done = await runLangGraph(rivals!, inner, shape, shapeOf(shape, nodes));
        if (done !== nodes) throw new Error(`LangGraph did ${done} of ${nodes} nodes`);
      });
    });
    return { seconds, rssMb: peakRssMb(), counted: countLangGraph(rivals!, path.join(folder, 'measured')) };
  },
  bullmq: async ({ count, rivals, port }: RunArguments): Promise<RunResult> => {
    await runBullMq(rivals!, port!, `warm-${process.pid}`, count / 10);
    const result = await runBullMq(rivals!, port!, `measured-${process.pid}`, count);
    return { ...result, rssMb: peakRssMb() };
  },
  /** Cold, as it is met: what one run takes, with nothing before it. */
  memory: async ({ folder, shape, count }: RunArguments): Promise<RunResult> => {
    const ours = await openOurs(folder);
    const seconds = await timed(() => ours.run(shapeOf(shape, count)));
    await ours.close();
    return { seconds, rssMb: peakRssMb(), counted: count };
  },
  /** Kills its own process in the middle of the run. */
  crash: async ({ folder, shape, count, parallel }: RunArguments): Promise<void> => {
    let completed = 0;
    const ours = await openOurs(folder, {
      onChanged: (events) => {
        for (const { event } of events) if (event.type === 'NodeCompleted') completed++;
        if (completed > count / 2) process.kill(process.pid, 'SIGKILL');
      },
    });
    await ours.run(shapeOf(shape, count, parallel));
    throw new Error('the run ended before it was killed');
  },
  /** From opening what a crash left to the next node at work, in milliseconds. */
  recover: async ({ folder }: RunArguments): Promise<{ readonly ms: number }> => {
    const began = performance.now();
    let ms = 0;
    const started = new Promise<void>((resolve) => {
      const onPerform = () => {
        ms ||= performance.now() - began;
        resolve();
      };
      void openOurs(folder, { onPerform }).then((ours) => ours.recover());
    });
    await started;
    // The rest of the run is of no interest.
    setImmediate(() => process.exit(0));
    return { ms };
  },
  schedule: async ({ shape, count, parallel }: RunArguments): Promise<{ readonly us: number }> => {
    scheduleOurs(shapeOf(shape, warmUpNodes, parallel));
    return { us: percentile(scheduleOurs(shapeOf(shape, count, parallel)), 0.99) };
  },
  /** How long after its commit a subscriber hears of an event, in microseconds. */
  latency: async ({ folder, shape, count, parallel }: RunArguments): Promise<{ readonly us: number }> => {
    let times: number[] = [];
    await afterWarmUp(folder, async (inner, warm) => {
      let committed = 0;
      times = [];
      const ours = await openOurs(inner, {
        onCommit: () => (committed = performance.now()),
        onChanged: (events) => {
          const us = (performance.now() - committed) * 1000;
          for (let at = 0; at < events.length; at++) times.push(us);
        },
      });
      await ours.run(shapeOf(shape, warm ? Math.min(warmUpNodes, count) : count, parallel));
      await ours.close();
    });
    return { us: percentile(times, 0.99) };
  },
  checkpoint: async ({ folder, shape, count }: RunArguments): Promise<{ readonly ms: number }> => {
    const ours = await openOurs(folder);
    const run = await ours.run(shapeOf(shape, count));
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const began = performance.now();
      await ours.checkpoint(run);
      times.push(performance.now() - began);
    }
    await ours.close();
    return { ms: percentile(times, 0.5) };
  },
};

export type TaskName = keyof typeof tasks;
export type ResultOf<T extends TaskName> = Awaited<ReturnType<(typeof tasks)[T]>>;

/** A sidecar lives for hours, so everyone is measured warm. */
const warmUpNodes = 10_000;

async function afterWarmUp<T>(
  folder: string,
  work: (inner: string, warm: boolean) => Promise<T>,
): Promise<T> {
  for (const name of ['warm', 'measured']) mkdirSync(path.join(folder, name));
  await work(path.join(folder, 'warm'), true);
  globalThis.gc?.();
  return work(path.join(folder, 'measured'), false);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** The most memory this process ever held, in MB of 1,000,000 bytes. */
const peakRssMb = (): number => (process.resourceUsage().maxRSS * 1024) / 1_000_000;

const [task, given] = process.argv.slice(2);
if (leanNode.every((flag) => process.execArgv.includes(flag))) keepHeapLean();
void (tasks[task as TaskName] as (given: RunArguments) => Promise<unknown>)(
  JSON.parse(given!) as RunArguments,
).then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`),
  (thrown: unknown) => {
    console.error(thrown);
    process.exitCode = 1;
  },
);
