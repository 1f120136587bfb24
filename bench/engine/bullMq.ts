import { createRequire } from 'node:module';
import path from 'node:path';

/** As much of BullMQ as is used here; it is no dependency, so its types are not at hand. */
interface Library {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    getJobCounts(...states: string[]): Promise<Readonly<Record<string, number>>>;
    close(): Promise<void>;
  };
  readonly Worker: new (name: string, work: () => Promise<number>, options: object) => Listening;
  readonly FlowProducer: new (options: object) => {
    add(flow: object): Promise<unknown>;
    close(): Promise<void>;
  };
}
interface Listening {
  on(event: string, listener: (job: { readonly name: string }) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A flow of BullMQ: one parent that waits for all others, a thousand at work at once. Redis syncs once a
 * second, its usual setting, so a second of work may be lost. Returns the seconds and what Redis holds.
 */
export async function runBullMq(
  rivals: string,
  port: number,
  queueName: string,
  count: number,
): Promise<{ readonly seconds: number; readonly counted: number }> {
  const { Queue, Worker, FlowProducer } = createRequire(path.join(rivals, 'package.json'))(
    'bullmq',
  ) as Library;
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const queue = new Queue(queueName, { connection });
  const producer = new FlowProducer({ connection });
  const worker = new Worker(queueName, async () => 1, { connection, concurrency: 1000 });
  await worker.waitUntilReady();
  const ended = new Promise<void>((resolve) =>
    worker.on('completed', (job) => {
      if (job.name === 'last') resolve();
    }),
  );
  const began = performance.now();
  await producer.add({
    name: 'last',
    queueName,
    children: Array.from({ length: count - 1 }, (_, at) => ({ name: 'work', queueName, data: { at } })),
  });
  await ended;
  const seconds = (performance.now() - began) / 1000;
  const { completed = 0 } = await queue.getJobCounts('completed');
  await Promise.all([worker.close(), producer.close(), queue.close()]);
  return { seconds, counted: completed };
}
