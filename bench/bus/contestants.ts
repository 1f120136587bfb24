import net, { type Socket } from 'node:net';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { silentLog } from '../../server/base';
import { systemClock, systemRandom } from '../../server/base/node';
import { connectPeer, createBus, type PeerInfo } from '../../server/bus';
import { sampleBytes, type Sample } from './sample';

export type Contestant = 'ours' | 'raw-socket' | 'vscode-jsonrpc' | 'fan-out';

/** The measuring end: asks, tells, waits until it may tell more, and has the other end count. */
export interface End {
  ask(sample: Sample): Promise<unknown>;
  tell(sample: Sample): void;
  drained(): Promise<void>;
  count(): Promise<number>;
}

export const ctx = { signal: new AbortController().signal, log: silentLog };
const token = 'bench';
const build = { version: '0.0.0', stamp: 0 };
const handshake = { token, build, epoch: 'bench', workspace: 'bench' };

/** Everything the bus checks is checked; the rate alone is set so high that it never waits. */
const peers: PeerInfo = {
  name: 'bench',
  capabilities: { request: ['bench.#'], notify: ['bench.#'], subscribe: ['topic.#'], publish: ['topic.#'] },
  limits: { messagesPerSecond: 10_000_000, burst: 10_000_000 },
};

export async function listenOurs(address: string) {
  const bus = createBus({ clock: systemClock, log: silentLog });
  await bus.listen(ctx, { address, ...handshake, peers });
  return bus;
}

export async function connectOurs(address: string) {
  const peer = connectPeer(
    { address, token, build },
    { clock: systemClock, random: systemRandom, log: silentLog, limits: peers.limits! },
  );
  await peer.connected(ctx);
  return peer;
}

export const listen: Record<Exclude<Contestant, 'fan-out'>, (address: string) => Promise<void>> = {
  async ours(address) {
    const bus = await listenOurs(address);
    let count = 0;
    bus.handle('bench.echo', (payload) => payload);
    // Others that match nothing, so that routing has something to choose from.
    for (let i = 0; i < 50; i++) bus.handle(`bench.other.${i}.*`, () => undefined);
    bus.handle('bench.tell', (payload) => {
      if ((payload as Sample).attempt === 1) count++;
    });
    bus.handle('bench.count', () => count);
  },
  async 'raw-socket'(address) {
    await serveSocket(address, (socket) => {
      onFrames(socket, (frame) => socket.write(frame));
    });
  },
  async 'vscode-jsonrpc'(address) {
    await serveSocket(address, (socket) => {
      const connection = createMessageConnection(
        new StreamMessageReader(socket),
        new StreamMessageWriter(socket),
      );
      let count = 0;
      connection.onRequest('bench.echo', (payload: Sample) => payload);
      connection.onNotification('bench.tell', (payload: Sample) => {
        if (payload.attempt === 1) count++;
      });
      connection.onRequest('bench.count', () => count);
      connection.listen();
    });
  },
};

export const drive: Record<Exclude<Contestant, 'fan-out'>, (address: string) => Promise<End>> = {
  async ours(address) {
    const peer = await connectOurs(address);
    return {
      ask: (sample) => peer.request(ctx, 'bench.echo', sample),
      tell: (sample) => peer.notify('bench.tell', sample),
      drained: () => peer.drained(),
      count: async () => (await peer.request(ctx, 'bench.count')) as number,
    };
  },
  /** The least there is: a length, the bytes, and the same back. */
  async 'raw-socket'(address) {
    const socket = await connect(address);
    let answered: (frame: Buffer) => void = () => undefined;
    onFrames(socket, (frame) => answered(frame));
    return {
      ask: () =>
        new Promise((resolve) => {
          answered = resolve;
          const frame = Buffer.allocUnsafe(4 + sampleBytes.length);
          frame.writeUInt32BE(sampleBytes.length);
          sampleBytes.copy(frame, 4);
          socket.write(frame);
        }),
      tell: () => undefined,
      drained: async () => undefined,
      count: async () => 0,
    };
  },
  async 'vscode-jsonrpc'(address) {
    const socket = await connect(address);
    const connection = createMessageConnection(
      new StreamMessageReader(socket),
      new StreamMessageWriter(socket),
    );
    connection.listen();
    let sending: Promise<void>[] = [];
    return {
      ask: (sample) => connection.sendRequest('bench.echo', sample),
      tell: (sample) => void sending.push(connection.sendNotification('bench.tell', sample)),
      drained: async () => {
        await Promise.all(sending);
        sending = [];
      },
      count: () => connection.sendRequest('bench.count'),
    };
  },
};

function serveSocket(address: string, serve: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve) => void net.createServer(serve).listen(address, resolve));
}

function connect(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address, () => resolve(socket));
    socket.once('error', reject);
  });
}

function onFrames(socket: Socket, heard: (frame: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 4) {
      const end = 4 + held.readUInt32BE(0);
      if (held.length < end) return;
      heard(held.subarray(0, end));
      held = held.subarray(end);
    }
  });
}
