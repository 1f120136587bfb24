import { connectOurs, ctx, listenOurs } from './contestants';

export const peerCount = 100;
/** Peers are processes in life; a hundred of them would show how the machine switches between them, one the loop of that one. */
export const processCount = 2;
const subscriptionsEach = 10;
const pauseMs = 5;

/** Microseconds of a clock that all processes of a machine share. */
const clockUs = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
};

/** The sidecar's side: publishes with the moment in the payload, when it is asked to. */
export async function serveFanOut(address: string): Promise<void> {
  const bus = await listenOurs(address);
  bus.handle('bench.publish', async (payload) => {
    const { count, topic } = payload as { readonly count: number; readonly topic: string };
    const publish = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const event = { at: clockUs(), i, text: 'x'.repeat(200) };
        bus.publish(topic.replace('?', String(i % peerCount)), event);
        await pause(pauseMs);
      }
    };
    await publish(200);
    bus.publish('topic.mark', 'begin');
    await pause(50);
    await publish(count);
    await pause(200);
    bus.publish('topic.mark', 'end');
    return bus.stats().subscriptions;
  });
}

/**
 * A share of the hundred connections, each with ten subscriptions: one to what all want, nine to one of a hundred
 * topics. Gives how long each event took from publishing to the listener, whenever a measurement ends.
 */
export async function fanOutPeers(
  address: string,
  share: number,
  measured: (times: readonly number[]) => void,
): Promise<void> {
  const size = peerCount / processCount;
  const peers = await Promise.all(Array.from({ length: size }, () => connectOurs(address)));
  let times: number[] = [];
  const event = ({ payload }: { readonly payload: unknown }) =>
    void times.push(clockUs() - (payload as { readonly at: number }).at);
  await Promise.all(
    peers.flatMap((peer, i) => [
      peer.subscribe('topic.all.#', { event }).ready,
      ...Array.from({ length: subscriptionsEach - 1 }, (_, k) => {
        const topic = ((share * size + i) * (subscriptionsEach - 1) + k) % peerCount;
        return peer.subscribe(`topic.one.${topic}`, { event }).ready;
      }),
    ]),
  );
  const mark = ({ payload }: { readonly payload: unknown }): void => {
    if (payload === 'end') measured(times);
    times = [];
  };
  await (await connectOurs(address)).subscribe('topic.mark', { event: mark }).ready;
}

/** Has `count` events published; answers how many reach somebody each. */
export async function publishFanOut(address: string, which: 'all' | 'few', count: number): Promise<number> {
  const topic = which === 'all' ? 'topic.all.x' : 'topic.one.?';
  const peer = await connectOurs(address);
  const subscriptions = await peer.request(ctx, 'bench.publish', { count, topic }, { timeoutMs: 60_000 });
  const expected = peerCount * subscriptionsEach + processCount;
  if (subscriptions !== expected) throw new Error(`${String(subscriptions)} subscriptions, not ${expected}`);
  return which === 'all' ? peerCount : subscriptionsEach - 1;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
