import { strict as assert } from 'node:assert';
import { mostFrameBytes, type Bus } from '../../../server/bus';
import { kinds } from '../../../server/bus/envelope';
import { pack } from '../../../server/bus/payload';
import { ManualClock, settled } from '../engine/support';
import { envelopes, framed, inFrame, payloads } from './corpus';
import { ctx, frame, join, joinRaw, newBus, until, type RawPeer } from './support';

/** The bus still serves somebody else. */
async function stillServes(bus: Bus): Promise<void> {
  const other = join(bus, 'other');
  await other.connected(ctx());
  const dispose = bus.handle('still.there', () => 'yes');
  assert.equal(await other.request(ctx(), 'still.there'), 'yes');
  dispose.dispose();
  other.close();
}

describe('a peer that breaks the rules', () => {
  let bus: Bus;
  const thrown: unknown[] = [];
  const note = (what: unknown): void => void thrown.push(what);
  before(() => void process.on('unhandledRejection', note).on('uncaughtException', note));
  after(() => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
    assert.deepEqual(thrown, []);
  });
  beforeEach(() => (bus = newBus()));
  afterEach(() => bus.close());

  /** What the bus says to whoever sends this, and that nobody else notices. */
  async function closes(say: (raw: RawPeer) => void, code: string, info = {}): Promise<void> {
    const raw = joinRaw(bus, 'bad', info);
    say(raw);
    await until(() => raw.goodbye !== undefined, `the goodbye ${code}`);
    assert.equal(raw.goodbye, code);
    await until(() => raw.closed, 'the end');
    assert.equal(bus.stats().violations[code], 1);
    await stillServes(bus);
    assert.deepEqual(
      bus.stats().peers.filter(({ name }) => name === 'bad'),
      [],
    );
  }

  it('by any frame of the corpus is closed with its code', async () => {
    const all = [
      ...payloads.map(({ name, body, fault }) => ({ name, bytes: inFrame(body), fault })),
      ...envelopes.map(({ name, body, fault }) => ({ name, bytes: framed(body), fault })),
    ];
    for (const { name, bytes, fault } of all) {
      const raw = joinRaw(bus, 'bad', { limits: { messageBytes: mostFrameBytes } });
      raw.stream.write(bytes);
      raw.say({ kind: kinds.ping, correlation: 9 });
      await until(() => raw.closed || raw.heard.length > 0, name);
      const answer = fault === undefined ? kinds.pong : kinds.bye;
      assert.equal(raw.heard[0]?.kind, answer, name);
      if (fault !== undefined) assert.equal(raw.goodbye, fault, name);
      raw.stream.destroy();
    }
    await stillServes(bus);
  });

  it('by lying about lengths is closed', async () => {
    await closes((raw) => raw.stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff])), 'frame.tooLong');
    await closes((raw) => raw.stream.write(Buffer.alloc(4)), 'frame.empty');
    const mebibyte = Buffer.alloc(4);
    mebibyte.writeUInt32BE(1024 * 1024 + 1);
    bus = newBus();
    await closes((raw) => raw.stream.write(mebibyte), 'frame.tooLong');
  });

  it('by ending in the middle of a frame is let go', async () => {
    const raw = joinRaw(bus, 'bad');
    raw.stream.end(frame({ kind: kinds.ping }).subarray(0, 6));
    await until(() => bus.stats().peers.length === 0, 'the end');
    await stillServes(bus);
  });

  it('by answering what nobody asked is closed', () =>
    closes((raw) => raw.say({ kind: kinds.reply, correlation: 77 }), 'reply.unasked'));

  it('by asking twice under one number is closed', async () => {
    bus.handle('never', () => new Promise(() => undefined));
    const asking = { kind: kinds.request, correlation: 1, type: 'never' } as const;
    await closes((raw) => raw.say(asking, asking), 'request.repeated');
  });

  it('by sending what only the bus may send is closed', () =>
    closes((raw) => raw.say({ kind: kinds.dropped, correlation: 1, count: 1 }), 'envelope.kind'));

  it('by publishing under a pattern is closed', () =>
    closes((raw) => raw.say({ kind: kinds.event, type: 'a.*' }), 'envelope.type'));

  it('by replying twice is counted; the second reply reaches nobody', async () => {
    const raw = joinRaw(bus, 'double');
    raw.say({ kind: kinds.handle, correlation: 1, type: 'x' });
    await until(() => raw.heard.length === 1, 'the answer');
    const asking = bus.request(ctx(), 'x');
    await until(() => raw.heard.length === 2, 'the request');
    const { correlation } = raw.heard[1]!;
    raw.say(
      { kind: kinds.reply, correlation: correlation!, payload: 1 },
      { kind: kinds.reply, correlation: correlation!, payload: 2 },
    );
    assert.equal(await asking, 1);
    await until(() => bus.stats().repliesDouble === 1, 'the count');
    await stillServes(bus);
  });

  it('by replying after it was cancelled is counted, once as late and then as double', async () => {
    const raw = joinRaw(bus, 'late');
    raw.say({ kind: kinds.handle, correlation: 1, type: 'x' });
    await until(() => raw.heard.length === 1, 'the answer');
    const stop = new AbortController();
    const asking = bus.request(ctx(stop.signal), 'x');
    await until(() => raw.heard.length === 2, 'the request');
    stop.abort();
    await assert.rejects(asking);
    await until(() => raw.heard.at(-1)!.kind === kinds.cancel, 'the cancellation');
    const reply = { kind: kinds.reply, correlation: raw.heard[1]!.correlation!, payload: 1 } as const;
    raw.say(reply, reply);
    await until(() => bus.stats().repliesDouble === 1, 'the counts');
    assert.equal(bus.stats().repliesLate, 1);
  });

  it('by sending more of a stream than there is credit for is closed, and the reader told', async () => {
    const raw = joinRaw(bus, 'bad');
    raw.say({ kind: kinds.handle, correlation: 1, type: 'x' });
    await until(() => raw.heard.length === 1, 'the answer');
    const reader = join(bus, 'reader');
    await reader.connected(ctx());
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const value of reader.stream(ctx(), 'x', undefined, { credit: 2 })) {
        seen.push(value);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    reading.catch(() => undefined);
    await until(() => raw.heard.length === 2, 'the request');
    const correlation = raw.heard[1]!.correlation!;
    raw.say(...[1, 2, 3, 4, 5].map((payload) => ({ kind: kinds.data, correlation, payload })));
    await until(() => raw.goodbye === 'stream.credit', 'the goodbye');
    await assert.rejects(
      reading,
      (thrown: { problem?: { code?: string } }) => thrown.problem?.code === 'bus.closed',
    );
    assert.deepEqual(seen, [1, 2]);
    reader.close();
  });

  it('by flooding waits for its turn; memory does not grow and others are served meanwhile', async function () {
    this.timeout(10_000);
    let heard = 0;
    bus.handle('flood', () => void heard++);
    const limits = { messagesPerSecond: 5000, burst: 100 };
    const raw = joinRaw(bus, 'flood', { limits });
    const many = Buffer.concat(
      Array.from({ length: 1000 }, () => frame({ kind: kinds.notification, type: 'flood' })),
    );
    const began = performance.now();
    let written = 0;
    for (let i = 0; i < 100; i++) if (raw.stream.write(many)) written++;
    assert.ok(written < 100, 'the stream pushes back');
    for (let i = 0; i < 5; i++) await stillServes(bus);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const most = limits.burst + ((performance.now() - began) / 1000) * limits.messagesPerSecond;
    // What a chunk holds is read to its end.
    assert.ok(heard <= most * 1.1 + 3000, `${heard} heard, ${most} allowed`);
    assert.ok(bus.stats().throttled > 0);
    raw.stream.destroy();
  });

  it('by asking without reading the answers gets no more of them, and is closed when it goes on', async () => {
    bus.handle('big', () => 'x'.repeat(10_000));
    const limits = { queuedBytes: 200_000, burst: 100_000 };
    const raw = joinRaw(bus, 'unread', { limits }, false);
    const ask = (from: number, count: number) =>
      raw.say(
        ...Array.from({ length: count }, (_, i) => ({
          kind: kinds.request,
          correlation: from + i,
          type: 'big',
        })),
      );
    ask(1, 500);
    await until(() => bus.stats().received === 500, 'the requests');
    const { waitingBytes } = bus.stats().peers[0]!;
    assert.ok(waitingBytes < 300_000, `${waitingBytes} bytes wait`);
    assert.ok(bus.stats().refused > 400);
    await stillServes(bus);
    for (let round = 0; round < 40 && bus.stats().violations['unread'] === undefined; round++) {
      ask(1000 + round * 500, 500);
      await settled(5);
    }
    assert.equal(bus.stats().violations['unread'], 1);
    raw.stream.destroy();
  });

  it('by having too many requests open is refused those', async () => {
    bus.handle('never', () => new Promise(() => undefined));
    const raw = joinRaw(bus, 'many', { limits: { requests: 10 } });
    raw.say(
      ...Array.from({ length: 12 }, (_, i) => ({ kind: kinds.request, correlation: i + 1, type: 'never' })),
    );
    await until(() => raw.heard.length === 2, 'the refusals');
    assert.deepEqual(
      raw.heard.map(({ kind, correlation }) => [kind, correlation]),
      [
        [kinds.error, 11],
        [kinds.error, 12],
      ],
    );
    assert.match(raw.heard[0]!.payload.toString('latin1'), /bus\.busy/);
  });

  it('by announcing too much is refused that', async () => {
    const raw = joinRaw(bus, 'many', { limits: { subscriptions: 1, handlers: 1 } });
    raw.say(
      ...[1, 2].map((correlation) => ({ kind: kinds.subscribe, correlation, type: 'a' })),
      ...[3, 4].map((correlation) => ({ kind: kinds.handle, correlation, type: `a.${correlation}` })),
    );
    await until(() => raw.heard.length === 4, 'the answers');
    const answers = raw.heard.map(({ kind, correlation }) => [correlation, kind]).sort();
    assert.deepEqual(answers, [
      [1, kinds.reply],
      [2, kinds.error],
      [3, kinds.reply],
      [4, kinds.error],
    ]);
  });

  describe('by taking its time', () => {
    it('over a frame is closed, however often it sends a byte', async () => {
      const clock = new ManualClock();
      bus = newBus({ clock });
      const raw = joinRaw(bus, 'slow');
      const bytes = frame({ kind: kinds.ping, type: 'x'.repeat(60) });
      for (let at = 0; at < 30 && raw.goodbye === undefined; at++) {
        raw.stream.write(bytes.subarray(at, at + 1));
        await settled(3);
        await clock.advance(1000);
      }
      assert.equal(raw.goodbye, 'frame.slow');
    });

    it('over reading is closed', async () => {
      const clock = new ManualClock();
      bus = newBus({ clock });
      const raw = joinRaw(bus, 'stalled', {}, false);
      raw.say({ kind: kinds.subscribe, correlation: 1, type: 'a' });
      await settled();
      for (let i = 0; i < 50; i++) bus.publish('a', pack('x'.repeat(10_000)));
      for (let i = 0; i < 15; i++) await clock.advance(1000);
      assert.equal(bus.stats().violations['stalled'], 1);
      assert.equal(bus.stats().peers.length, 0);
    });
  });
});
