import { percentile } from '../engine/statistics';
import { connectOurs, ctx, listenOurs } from './contestants';

const peerCount = 100;
const subscriptionsEach = 10;
const pauseMs = 5;

/** Microseconds of a clock that all processes of a machine share. */
const clockUs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
};

/** The sidecar's side: publishes when it is asked to, with the moment in the payload. */
export async function serveFanOut(address: string): Promise<void> {
  const bus = await listenOurs(address);
  bus.handle('bench.publish', async (payload) => {
    const { count, topic } = payload as { readonly count: number; readonly topic: string };
    for (let i = 0; i < count; i++) {
      bus.publish(topic.replace('?', String(i % peerCount)), { at: clockUs(), i, text: 'x'.repeat(200) });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return bus.stats().subscriptions;
  });
}

/**
 * A hundred connections with ten subscriptions each: one to what all want, nine to one of a hundred topics. How long
 * from publishing to the listener, over all deliveries: where an event is for all hundred peers, and for nine.
 */
export async function fanOut(address: string, count: number) {
  const peers = await Promise.all(Array.from({ length: peerCount }, () => connectOurs(address)));
  let times: number[] = [];
  const event = ({ payload }: { readonly payload: unknown }) =>
    void times.push(clockUs() - (payload as { readonly at: number }).at);
  await Promise.all(
    peers.flatMap((peer, at) => [
      peer.subscribe('topic.all.#', { event }).ready,
      ...Array.from(
        { length: subscriptionsEach - 1 },
        (_, k) =>
          peer.subscribe(`topic.one.${(at * (subscriptionsEach - 1) + k) % peerCount}`, { event }).ready,
      ),
    ]),
  );
  const measure = async (topic: string, each: number) => {
    await peers[0]!.request(ctx, 'bench.publish', { count: 200, topic }, { timeoutMs: 60_000 });
    times = [];
    const subscriptions = await peers[0]!.request(
      ctx,
      'bench.publish',
      { count, topic },
      { timeoutMs: 60_000 },
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (subscriptions !== peerCount * subscriptionsEach || times.length !== count * each)
      throw new Error(`${times.length} deliveries with ${String(subscriptions)} subscriptions`);
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  };
  return {
    all: await measure('topic.all.x', peerCount),
    few: await measure('topic.one.?', subscriptionsEach - 1),
  };
}
