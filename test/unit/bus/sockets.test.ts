import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { openStores, silentLog } from '../../../server/base';
import { systemClock, systemRandom } from '../../../server/base/node';
import {
  connectPeer,
  matches,
  type Bus,
  type BusEvent,
  type Peer,
  type PeerState,
} from '../../../server/bus';
import { ctx, everything, newBus, until } from './support';

const build = { version: '1.0.0', stamp: 0 };

describe('a bus on a socket', () => {
  let folder: string;
  let address: string;
  const closing: (() => unknown)[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bus-'));
    address = path.join(folder, 'bus.sock');
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
    assert.equal(openStores(), 0);
  });

  async function listening(bus: Bus, capabilities: object = everything): Promise<Bus> {
    closing.push(() => bus.close());
    const peers = { name: 'kit', capabilities };
    await bus.listen(ctx(), { address, token: 'secret', build, epoch: 'e', workspace: 'w', peers });
    return bus;
  }

  function connecting(token = 'secret'): Peer {
    const peer = connectPeer(
      { address, token, build },
      { clock: systemClock, random: systemRandom, log: silentLog },
    );
    closing.push(() => peer.close());
    return peer;
  }

  it('talks to who holds the token, under a name of its own', async () => {
    const bus = await listening(newBus());
    bus.handle('who', (_, call) => call.from);
    const [a, b] = [connecting(), connecting()];
    await Promise.all([a.connected(ctx()), b.connected(ctx())]);
    const names = await Promise.all([a.request(ctx(), 'who'), b.request(ctx(), 'who')]);
    assert.deepEqual(names.sort(), ['kit-1', 'kit-2']);
  });

  it('talks to nobody else', async () => {
    const bus = await listening(newBus());
    const peer = connecting('guess');
    await until(() => peer.state.name === 'reconnecting', 'the refusal');
    const rude = net.connect(address, () => rude.write('\0\0\0\x01\x99\n'));
    rude.on('error', () => undefined);
    await new Promise((resolve) => rude.once('close', resolve).resume());
    assert.equal(bus.stats().peers.length, 0);
  });

  it('says what is wrong with an address', async () => {
    const bus = newBus();
    const listen = {
      address: path.join(folder, 'no', 'such', 'folder'),
      token: 't',
      build,
      epoch: 'e',
      workspace: 'w',
    };
    await assert.rejects(
      bus.listen(ctx(), { ...listen, peers: { name: 'x', capabilities: {} } }),
      (thrown: { problem?: { code?: string } }) => thrown.problem?.code === 'bus.address',
    );
    await bus.close();
  });

  it('is found again after it was gone; what was published meanwhile comes, once each', async () => {
    const events: BusEvent[] = [];
    const journal = () => ({
      topics: ['run.#'],
      replay: (pattern: string, after: number, most: number) =>
        events.filter(({ topic, seq }) => seq > after && matches(pattern, topic)).slice(0, most),
      lastSeq: events.length,
    });
    const publish = (bus: Bus) => {
      const event = { topic: 'run.a', seq: events.length + 1, payload: events.length };
      events.push(event);
      bus.publish(event.topic, event.payload, { seq: event.seq });
    };
    let bus = await listening(newBus({ execution: journal() }));
    const peer = connecting();
    await peer.connected(ctx());
    const heard: number[] = [];
    await peer.subscribe('run.*', { event: ({ seq }) => void heard.push(seq) }).ready;
    await peer.handle('kit.ping', () => 'pong').ready;
    for (let life = 0; life < 3; life++) {
      for (let i = 0; i < 10; i++) publish(bus);
      await bus.close();
      await until(() => peer.state.name === 'reconnecting', 'the end');
      await assert.rejects(
        peer.request(ctx(), 'x'),
        (thrown: { problem?: { code?: string } }) => thrown.problem?.code === 'bus.closed',
      );
      // Nobody publishes to it meanwhile: this is found in the journal alone.
      for (let i = 0; i < 5; i++) events.push({ topic: 'run.a', seq: events.length + 1, payload: 0 });
      bus = await listening(newBus({ execution: journal() }));
      await peer.connected(ctx());
      await until(() => heard.length === events.length, 'what was missed');
    }
    assert.deepEqual(
      heard,
      events.map(({ seq }) => seq),
    );
    assert.equal(await bus.request(ctx(), 'kit.ping'), 'pong');
  });

  it('is given up after ten attempts', async () => {
    const waits: number[] = [];
    const clock = { ...systemClock, sleep: async (ms: number) => void waits.push(ms) };
    const random = { next: () => 0.5, bytes: (count: number) => new Uint8Array(count) };
    const peer = connectPeer({ address, token: 't', build }, { clock, random, log: silentLog });
    await assert.rejects(peer.connected(ctx()));
    assert.deepEqual(peer.state satisfies PeerState, { name: 'closed', reason: 'bus.unreachable' });
    assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
  });
});
