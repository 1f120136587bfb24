import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import type { Bus, Peer } from '../../../server/bus';
import { kinds } from '../../../server/bus/envelope';
import { ManualClock, settled } from '../engine/support';
import { ctx, join, joinRaw, newBus, until, type RawPeer } from './support';

describe('a connection over time', () => {
  let bus: Bus;
  let clock: ManualClock;
  beforeEach(() => (bus = newBus({ clock: (clock = new ManualClock()) })));
  afterEach(() => bus.close());

  const seconds = async (count: number, each: () => void = () => undefined): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await clock.advance(1000);
      each();
      await settled(3);
    }
  };
  const answering = (raw: RawPeer) => () => {
    const pings = raw.heard.filter(({ kind }) => kind === kinds.ping);
    raw.say(...pings.map(({ correlation }) => ({ kind: kinds.pong, correlation: correlation! })));
  };

  it('that answers no pings is passed over for 30 s, and tried again', async () => {
    const silent = joinRaw(bus, 'silent');
    silent.say({ kind: kinds.handle, correlation: 1, type: 'work.now' });
    const deputy = join(bus, 'deputy', {}, clock);
    deputy.handle('work.*', () => 'deputy');
    await until(() => bus.stats().handlers === 2, 'both');
    const asked = () => silent.heard.filter(({ kind }) => kind === kinds.request).length;
    bus.request(ctx(), 'work.now').catch(() => undefined);
    await settled();
    assert.equal(asked(), 1);
    await seconds(23);
    assert.equal(bus.stats().peers.find(({ name }) => name === 'silent')!.health, 'down');
    assert.equal(bus.stats().peers.find(({ name }) => name === 'deputy')!.health, 'healthy');
    assert.equal(await bus.request(ctx(), 'work.now'), 'deputy');
    await seconds(33, answering(silent));
    assert.equal(bus.stats().peers.find(({ name }) => name === 'silent')!.health, 'healthy');
    bus.request(ctx(), 'work.now').catch(() => undefined);
    await settled();
    assert.equal(asked(), 2);
    deputy.close();
  });

  it('gives up what it asked at its deadline, also across the bus, and forgets it', async () => {
    const silent = joinRaw(bus, 'silent');
    silent.say({ kind: kinds.handle, correlation: 1, type: 'work' });
    const asking = joinRaw(bus, 'asking');
    await until(() => bus.stats().handlers === 1, 'the handler');
    asking.say({ kind: kinds.request, correlation: 5, type: 'work', deadline: 2_000_000 });
    asking.say({ kind: kinds.request, correlation: 6, type: 'work' });
    await until(
      () => silent.heard.filter(({ kind }) => kind === kinds.request).length === 2,
      'both requests',
    );
    await seconds(31, answering(silent));
    // Without a limit of its own a request has 30 s.
    const told = asking.heard.filter(({ kind }) => kind === kinds.error);
    assert.deepEqual(
      told.map(({ correlation }) => correlation),
      [6],
    );
    assert.match(told[0]!.payload.toString('latin1'), /bus\.timeout/);
    assert.equal(silent.heard.filter(({ kind }) => kind === kinds.cancel).length, 1);
    assert.equal(bus.stats().peers.find(({ name }) => name === 'asking')!.requestsOpen, 1);
  });

  it('is not asked what is over when it comes', async () => {
    let handled = 0;
    bus.handle('work', () => ++handled);
    const raw = joinRaw(bus, 'late');
    // It was sent at 1 and had 10 ms; the clock begins at 1,000,000.
    raw.say({ kind: kinds.request, correlation: 1, type: 'work', deadline: 10 });
    await until(() => raw.heard.length === 1, 'the answer');
    assert.match(raw.heard[0]!.payload.toString('latin1'), /bus\.timeout/);
    assert.equal(handled, 0);
  });

  it('lets what is urgent overtake while it does not read', async () => {
    const raw = joinRaw(bus, 'slow', {}, false);
    raw.say({ kind: kinds.subscribe, correlation: 1, type: 'a.*' });
    await until(() => bus.stats().subscriptions === 1, 'the subscription');
    const text = 'x'.repeat(20_000);
    // The first fill the stream.
    for (let i = 0; i < 50; i++) {
      bus.publish('a.filling', { text }, { priority: 'low' });
      if (i % 10 === 0) await settled(2);
    }
    bus.publish('a.low', 1, { priority: 'low' });
    bus.publish('a.normal', 1);
    bus.publish('a.critical', 1, { priority: 'critical' });
    raw.read();
    await until(() => raw.heard.some(({ type }) => type === 'a.low'), 'all of them');
    const order = raw.heard
      .map(({ type }) => type)
      .filter((type) => type !== 'a.filling' && type !== 'a.*' && type !== '');
    assert.deepEqual(order, ['a.critical', 'a.normal', 'a.low']);
    const last = raw.heard.findLastIndex(({ type }) => type === 'a.filling');
    assert.ok(raw.heard.findIndex(({ type }) => type === 'a.critical') < last);
  });
});

describe('many requests at once', () => {
  it('on one signal warn of nothing', async () => {
    const warnings: unknown[] = [];
    const note = (warning: unknown): void => void warnings.push(warning);
    process.on('warning', note);
    const bus = newBus();
    bus.handle('echo', async (payload) => payload);
    const peer = join(bus, 'peer');
    await peer.connected(ctx());
    const one = ctx();
    const answers = await Promise.all(Array.from({ length: 900 }, (_, i) => peer.request(one, 'echo', i)));
    assert.deepEqual(
      answers,
      Array.from({ length: 900 }, (_, i) => i),
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    assert.deepEqual(warnings, []);
    peer.close();
    await bus.close();
  });

  it('are cancelled also in the turn they were made: nothing about a request overtakes it', async () => {
    const bus = newBus();
    const asked: AbortSignal[] = [];
    bus.handle('never', (_, call) => {
      asked.push(call.signal);
      return new Promise(() => undefined);
    });
    const peer = join(bus, 'peer');
    await peer.connected(ctx());
    const stop = new AbortController();
    const asking = peer.request(ctx(stop.signal), 'never', 1, { priority: 'low' });
    stop.abort();
    await assert.rejects(asking);
    await until(() => asked.length === 1 && asked[0]!.aborted, 'the cancellation');
    peer.close();
    await bus.close();
  });

  it('each end once, whatever happens to whoever answers them, and leave nothing behind', async function () {
    this.timeout(120_000);
    const act = fc.record({
      do: fc.constantFrom('ask', 'ask', 'ask', 'stream', 'cancel', 'leave', 'publish', 'wait'),
      who: fc.nat(2),
      type: fc.constantFrom('quick', 'slow', 'never', 'fails', 'nobody'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const bus = newBus();
        const enter = async (at: number): Promise<Peer> => {
          const peer = join(bus, `p${at}`);
          await peer.connected(ctx());
          peer.handle(`of${at}.quick`, (payload) => payload);
          peer.handle(`of${at}.slow`, async (payload) => (await settled(2), payload));
          peer.handle(`of${at}.never`, () => new Promise(() => undefined));
          await peer.handle(`of${at}.fails`, () => Promise.reject(new Error('no'))).ready;
          peer.handle(`of${at}.stream`, async function* () {
            for (let i = 0; i < 20; i++) yield i;
          });
          return peer;
        };
        const peers = await Promise.all([0, 1, 2].map(enter));
        const stop = new AbortController();
        const stops: AbortController[] = [];
        const ends: Promise<unknown>[] = [];
        let ended = 0;
        const end = () => void ended++;
        for (const each of acts) {
          const from = peers[each.who]!;
          const to = `of${(each.who + 1) % 3}`;
          const own = new AbortController();
          const signal = AbortSignal.any([own.signal, stop.signal]);
          if (each.do === 'ask') {
            stops.push(own);
            ends.push(from.request(ctx(signal), `${to}.${each.type}`, 'x').then(end, end));
          } else if (each.do === 'stream') {
            stops.push(own);
            const read = async () => {
              for await (const value of from.stream(ctx(signal), `${to}.stream`, undefined, { credit: 3 }))
                if (value === 15 && each.type === 'quick') break;
            };
            ends.push(read().then(end, end));
          } else if (each.do === 'cancel') stops.pop()?.abort();
          else if (each.do === 'leave') {
            from.close();
            await settled(2);
            peers[each.who] = await enter(each.who);
          } else if (each.do === 'publish') bus.publish('topic', 1);
          else await settled(2);
        }
        await settled(5);
        stop.abort();
        await Promise.all(ends);
        assert.equal(ended, ends.length);
        await until(() => bus.stats().peers.every(({ requestsOpen }) => requestsOpen === 0), 'the requests');
        assert.deepEqual(Object.keys(bus.stats().violations), []);
        for (const peer of peers) peer.close();
        await bus.close();
      }),
      { numRuns: process.env['SYMPHONY_TIER'] === 'long' ? 400 : 25 },
    );
  });
});
