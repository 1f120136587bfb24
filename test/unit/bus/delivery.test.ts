import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import type { BusEvent, ReplaySource } from '../../../server/bus';
import { matches } from '../../../server/bus';
import { kinds, Envelope, Names, readEnvelope, type Kind } from '../../../server/bus/envelope';
import { Outbox, type QueueOwner } from '../../../server/bus/outbox';
import { Deque } from '../../../server/bus/deque';
import { FrameSplitter } from '../../../server/bus/frames';
import { noPayload, unpack } from '../../../server/bus/payload';
import { ctx, join, joinRaw, newBus, until } from './support';

describe('the outbox', () => {
  const add = (
    outbox: Outbox,
    priority: number,
    correlation: number,
    now: number,
    owner?: QueueOwner,
  ): void => outbox.add(kinds.event, priority, correlation, 0, 0, 0, 't', noPayload, 0, 1, now, owner);
  const taken = (outbox: Outbox, now: number, most = Infinity): number[] => {
    const found: number[] = [];
    const splitter = new FrameSplitter();
    for (const piece of outbox.take(now, most))
      splitter.push(piece, (bytes, start, end) => {
        const envelope = new Envelope();
        readEnvelope(bytes, start, end, envelope, new Names());
        found.push(envelope.correlation);
        return true;
      });
    return found;
  };

  it('gives what is urgent first, and in order what is equally urgent', () => {
    const outbox = new Outbox();
    [3, 2, 1, 0, 3, 2, 1, 0].forEach((priority, at) => add(outbox, priority, at, 0));
    assert.deepEqual(taken(outbox, 0), [3, 7, 2, 6, 1, 5, 0, 4]);
    assert.deepEqual([outbox.count, outbox.bytes], [0, 0]);
  });

  it('does not let what is not urgent wait for ever', () => {
    const outbox = new Outbox();
    add(outbox, 3, 1, 0);
    // Something critical comes again and again, faster than it can be written.
    for (let now = 0; ; now += 10) {
      add(outbox, 0, 0, now);
      add(outbox, 0, 0, now);
      if (taken(outbox, now, 1).includes(1)) {
        assert.ok(now >= 300 && now <= 700, `after ${now} ms`);
        break;
      }
      assert.ok(now < 1000, 'it starves');
    }
  });

  it('gives neighbours as one piece', () => {
    const outbox = new Outbox();
    for (let i = 0; i < 50; i++) add(outbox, 2, i, 0);
    assert.equal(outbox.take(0, Infinity).length, 1);
  });

  it('loses and doubles nothing but what is dropped, whatever is asked of it', () => {
    const act = fc.oneof(
      fc.record({ do: fc.constant('add' as const), priority: fc.nat(3), owner: fc.nat(3) }),
      fc.record({ do: fc.constant('drop' as const), owner: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ do: fc.constant('take' as const), most: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
        const outbox = new Outbox();
        const owners = [1, 2, 3].map((): QueueOwner => ({ waiting: new Deque(), queued: 0 }));
        const waiting = new Map<number, number>();
        let next = 0;
        const leave = (ids: readonly number[]) => {
          for (const id of ids) assert.ok(waiting.delete(id), `${id} came and did not wait`);
        };
        for (const [now, each] of acts.entries()) {
          if (each.do === 'add') {
            waiting.set(++next, each.owner);
            add(outbox, each.priority, next, now, owners[each.owner - 1]);
          } else if (each.do === 'drop') {
            const oldest = [...waiting].find(([, owner]) => owner === each.owner)?.[0];
            assert.equal(outbox.dropOldest(owners[each.owner - 1]!), oldest !== undefined);
            if (oldest !== undefined) waiting.delete(oldest);
          } else leave(taken(outbox, now, each.most));
          assert.equal(outbox.count, waiting.size);
          owners.forEach(({ queued }, at) =>
            assert.equal(queued, [...waiting.values()].filter((owner) => owner === at + 1).length),
          );
        }
        leave(taken(outbox, 1e6));
        assert.equal(waiting.size, 0);
        assert.equal(outbox.bytes, 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a slow subscriber', () => {
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it('of an ordinary topic loses the oldest and is told how many; a quick one loses nothing', async () => {
    const bus = newBus();
    const limits = { queuedMessages: 100 };
    const slow = joinRaw(bus, 'slow', { limits }, false);
    const quick = join(bus, 'quick');
    await quick.connected(ctx());
    slow.say({ kind: kinds.subscribe, correlation: 1, type: 'a' });
    const heard: unknown[] = [];
    await quick.subscribe('a', { event: ({ payload }) => void heard.push((payload as { i: number }).i) })
      .ready;
    await until(() => bus.stats().subscriptions === 2, 'both');
    const text = 'x'.repeat(2000);
    for (let i = 1; i <= 1000; i++) {
      bus.publish('a', { i, text });
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => heard.length === 1000, 'the quick one');
    const { dropped } = bus.stats();
    assert.ok(dropped > 500, `${dropped} dropped`);
    slow.read();
    await until(() => slow.heard.some(({ kind }) => kind === kinds.dropped), 'the number');
    const events = slow.heard
      .filter(({ kind }) => kind === kinds.event)
      .map(({ payload }) => (unpack(payload, 0, payload.length) as { i: number }).i);
    const told = slow.heard
      .filter(({ kind }) => kind === kinds.dropped)
      .reduce((sum, { count }) => sum + count!, 0);
    assert.equal(told, dropped);
    assert.equal(events.length + told, 1000);
    // The newest are there, and in order.
    assert.deepEqual(events.slice(-100), numbers(901, 1000));
    assert.deepEqual(
      events,
      [...events].sort((a, b) => a - b),
    );
    quick.close();
    await bus.close();
  });

  /** A journal that is read in small parts, and not at once. */
  function journal() {
    const events: BusEvent[] = [];
    let reads = 0;
    const replay: ReplaySource = async (pattern, after, most) => {
      reads++;
      await new Promise((resolve) => setImmediate(resolve));
      return events
        .filter(({ topic, seq }) => seq > after && matches(pattern, topic))
        .slice(0, Math.min(most, 37));
    };
    return { events, replay, reads: () => reads };
  }

  it('of an execution topic gets every event once and in order', async () => {
    const { events, replay, reads } = journal();
    const bus = newBus({ execution: { topics: ['run.#'], replay } });
    const slow = joinRaw(bus, 'slow', { limits: { queuedMessages: 20 } }, false);
    slow.say({ kind: kinds.subscribe, correlation: 1, type: 'run.*' });
    await until(() => bus.stats().subscriptions === 1, 'the subscription');
    const publish = (seq: number) => {
      const event = { topic: `run.${seq % 3}`, seq, payload: { seq, text: 'x'.repeat(2000) } };
      events.push(event);
      bus.publish(event.topic, event.payload, { seq });
    };
    for (let seq = 1; seq <= 300; seq++) {
      publish(seq);
      if (seq % 25 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    slow.read();
    for (let seq = 301; seq <= 600; seq++) {
      publish(seq);
      if (seq % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => slow.heard.filter(({ kind }) => kind === kinds.event).length >= 600, 'all of them');
    assert.deepEqual(
      slow.heard.filter(({ kind }) => kind === kinds.event).map(({ count }) => count),
      numbers(1, 600),
    );
    assert.ok(reads() > 3);
    assert.equal(bus.stats().dropped, 0);
    // Caught up, it is live again: nothing more is read.
    const before = reads();
    publish(601);
    await until(() => slow.heard.at(-1)!.count === 601, 'the live one');
    assert.equal(reads(), before);
    await bus.close();
  });

  it('can begin anywhere in the past', async () => {
    const { events, replay } = journal();
    const bus = newBus({ execution: { topics: ['run.#'], replay, lastSeq: 50 } });
    for (let seq = 1; seq <= 50; seq++) events.push({ topic: 'run.a', seq, payload: seq });
    const peer = join(bus, 'peer');
    await peer.connected(ctx());
    const [all, late, live]: [number[], number[], number[]] = [[], [], []];
    const into = (list: number[]) => ({ event: ({ seq }: BusEvent) => void list.push(seq) });
    peer.subscribe('run.#', into(all), { after: 0 });
    peer.subscribe('run.a', into(late), { after: 45 });
    await peer.subscribe('run.a', into(live)).ready;
    events.push({ topic: 'run.a', seq: 51, payload: 51 });
    bus.publish('run.a', 51, { seq: 51 });
    await until(() => all.length === 51 && late.length === 6 && live.length === 1, 'all three');
    assert.deepEqual(all, numbers(1, 51));
    assert.deepEqual(late, numbers(46, 51));
    peer.close();
    await bus.close();
  });

  it('is closed, and not served with a gap, when the source does not have what was published', async () => {
    const bus = newBus({ execution: { topics: ['run.#'], replay: () => Promise.reject(new Error('disk')) } });
    const raw = joinRaw(bus, 'raw');
    raw.say({ kind: kinds.subscribe, correlation: 1, type: 'run.a', count: 1 });
    await until(() => raw.goodbye === 'replay', 'the goodbye');
    await bus.close();
  });

  it('numbers of execution topics must go up, and others have none', async () => {
    const bus = newBus({ execution: { topics: ['run.#'], replay: () => [] } });
    bus.publish('run.a', 1, { seq: 5 });
    for (const options of [{ seq: 5 }, { seq: 4 }, {}])
      assert.throws(() => bus.publish('run.a', 1, options), /bus\.sequence/);
    assert.throws(() => bus.publish('other', 1, { seq: 9 }), /bus\.sequence/);
    assert.throws(() => bus.publish('not a topic', 1), /bus\.topic/);
    const raw = joinRaw(bus, 'raw');
    let heard = 0;
    bus.subscribe('run.#', { event: () => void heard++ });
    raw.say({ kind: kinds.event, type: 'run.a' satisfies string, correlation: 0 } as { kind: Kind });
    await until(() => bus.stats().forbidden === 1, 'the refusal');
    assert.equal(heard, 0);
    await bus.close();
  });
});
