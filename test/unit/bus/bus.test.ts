import { strict as assert } from 'node:assert';
import { problem } from '../../../server/base';
import type { Bus, BusEvent, Peer } from '../../../server/bus';
import { ctx, join, newBus, until } from './support';

describe('a bus', () => {
  let bus: Bus;
  let peers: Peer[];
  const peer = (name: string, info = {}): Peer => {
    const made = join(bus, name, info);
    peers.push(made);
    return made;
  };
  beforeEach(() => {
    bus = newBus();
    peers = [];
  });
  afterEach(async () => {
    for (const each of peers) each.close();
    await bus.close();
  });

  describe('requests', () => {
    it('go from a peer to the sidecar and back', async () => {
      bus.handle('math.add', (payload) => {
        const { a, b } = payload as { a: number; b: number };
        return { sum: a + b };
      });
      const a = peer('a');
      await a.connected(ctx());
      assert.deepEqual(await a.request(ctx(), 'math.add', { a: 2, b: 3 }), { sum: 5 });
    });

    it('go from the sidecar to a peer, and from peer to peer', async () => {
      const a = peer('a');
      const b = peer('b');
      await Promise.all([a.connected(ctx()), b.connected(ctx())]);
      await b.handle('echo.*', (payload, call) => ({ payload, type: call.type })).ready;
      assert.deepEqual(await bus.request(ctx(), 'echo.x', 1), { payload: 1, type: 'echo.x' });
      assert.deepEqual(await a.request(ctx(), 'echo.y', [1, 'ü']), { payload: [1, 'ü'], type: 'echo.y' });
    });

    it('fail with the code of what the handler threw', async () => {
      bus.handle('fail.known', () => {
        throw problem('bus.noRoute', { type: 'deeper' });
      });
      bus.handle('fail.unknown', async () => Promise.reject(new Error('no')));
      const a = peer('a');
      await a.connected(ctx());
      await assert.rejects(a.request(ctx(), 'fail.known'), {
        problem: { code: 'bus.noRoute', args: { type: 'deeper' } },
      });
      await assert.rejects(a.request(ctx(), 'fail.unknown'), {
        problem: { code: 'internal.unexpected', args: { detail: 'no' } },
      });
      await assert.rejects(a.request(ctx(), 'fail.nobody'), {
        problem: { code: 'bus.noRoute', args: { type: 'fail.nobody' } },
      });
    });

    it('end at their deadline, and the late reply is dropped and counted', async () => {
      let answer: ((value: unknown) => void) | undefined;
      let aborted = false;
      const b = peer('b');
      await b.connected(ctx());
      await b.handle('slow', (_, call) => {
        call.signal.addEventListener('abort', () => (aborted = true));
        return new Promise((resolve) => (answer = resolve));
      }).ready;
      await assert.rejects(bus.request(ctx(), 'slow', undefined, { timeoutMs: 20 }), {
        problem: { code: 'bus.timeout', args: { type: 'slow', milliseconds: 20 } },
      });
      await until(() => aborted, 'the handler to be told');
      answer?.(1);
      assert.equal(bus.stats().timeouts, 1);
      assert.equal(bus.stats().peers[0]!.requestsOpen, 0);
    });

    it('are cancelled by their signal, through the bus to the handler', async () => {
      const a = peer('a');
      const b = peer('b');
      await Promise.all([a.connected(ctx()), b.connected(ctx())]);
      let aborted = false;
      let asked = false;
      await b.handle('long', (_, call) => {
        asked = true;
        return new Promise((_resolve, reject) =>
          call.signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('stopped'));
          }),
        );
      }).ready;
      const stop = new AbortController();
      const asking = a.request(ctx(stop.signal), 'long');
      await until(() => asked, 'the handler');
      stop.abort(problem('cancelled'));
      await assert.rejects(asking, { problem: { code: 'cancelled', args: {} } });
      await until(() => aborted, 'the handler to be told');
    });

    it('end when the connection of whoever answers does', async () => {
      const a = peer('a');
      const b = peer('b');
      await Promise.all([a.connected(ctx()), b.connected(ctx())]);
      await b.handle('never', () => new Promise(() => undefined)).ready;
      const asking = a.request(ctx(), 'never');
      await new Promise((resolve) => setTimeout(resolve, 10));
      b.close();
      await assert.rejects(
        asking,
        (thrown: { problem?: { code?: string } }) => thrown.problem?.code === 'bus.closed',
      );
    });
  });

  describe('streams', () => {
    it('come value by value, never further ahead than credit was given', async () => {
      let made = 0;
      const b = peer('b');
      const a = peer('a');
      await Promise.all([a.connected(ctx()), b.connected(ctx())]);
      let ended = false;
      await b.handle('count', async function* () {
        try {
          for (let i = 0; i < 1000; i++) {
            made = i + 1;
            yield { i };
          }
        } finally {
          ended = true;
        }
      }).ready;
      let seen = 0;
      for await (const value of a.stream(ctx(), 'count', undefined, { credit: 8 })) {
        assert.deepEqual(value, { i: seen++ });
        assert.ok(made - seen <= 10, `${made} made when ${seen} were seen`);
        if (seen % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (seen === 500) break;
      }
      await until(() => ended, 'the source to be closed');
      assert.ok(made < 520);
      let all = 0;
      for await (const _ of bus.stream(ctx(), 'count')) all++;
      assert.equal(all, 1000);
    });

    it('fail where their source fails, after what came before', async () => {
      bus.handle('broken', async function* () {
        yield 1;
        throw problem('bus.payload', { detail: 'x' });
      });
      const a = peer('a');
      await a.connected(ctx());
      const seen: unknown[] = [];
      await assert.rejects(
        async () => {
          for await (const value of a.stream(ctx(), 'broken')) seen.push(value);
        },
        { problem: { code: 'bus.payload', args: { detail: 'x' } } },
      );
      assert.deepEqual(seen, [1]);
      await assert.rejects(a.request(ctx(), 'broken'), {
        problem: { code: 'bus.stream', args: { type: 'broken' } },
      });
    });
  });

  describe('topics', () => {
    it('reach those who subscribed to them or a pattern, and no longer once they have left', async () => {
      const a = peer('a');
      const b = peer('b');
      await Promise.all([a.connected(ctx()), b.connected(ctx())]);
      const heard: string[] = [];
      const hear = (who: string) => ({
        event: ({ topic, payload }: BusEvent) => void heard.push(`${who} ${topic} ${payload}`),
      });
      const exact = a.subscribe('file.changed', hear('exact'));
      const many = b.subscribe('file.#', hear('many'));
      bus.subscribe('*.changed', hear('local'));
      await Promise.all([exact.ready, many.ready]);
      b.publish('file.changed', 1);
      b.publish('file.moved.away', 2);
      await until(() => heard.length === 4, 'the events');
      assert.deepEqual(heard.sort(), [
        'exact file.changed 1',
        'local file.changed 1',
        'many file.changed 1',
        'many file.moved.away 2',
      ]);
      many.dispose();
      await a.request(ctx(), 'nobody').catch(() => undefined);
      await b.request(ctx(), 'nobody').catch(() => undefined);
      assert.equal(bus.publish('file.changed', 3), 2);
    });
  });

  describe('notifications', () => {
    it('reach all who handle them', async () => {
      const a = peer('a');
      const b = peer('b');
      await Promise.all([a.connected(ctx()), b.connected(ctx())]);
      const heard: unknown[] = [];
      await b.handle('note.#', (payload) => void heard.push(payload)).ready;
      bus.handle('note.x', (payload) => void heard.push(payload));
      a.notify('note.x', 'here');
      await until(() => heard.length === 2, 'both');
      assert.deepEqual(heard, ['here', 'here']);
    });
  });

  describe('permissions', () => {
    it('refuse what was not granted', async () => {
      bus.handle('open.door', () => true);
      const a = peer('a', { capabilities: { subscribe: ['mine.#'] } });
      await a.connected(ctx());
      await assert.rejects(a.request(ctx(), 'open.door'), {
        problem: { code: 'bus.forbidden', args: { action: 'request', type: 'open.door' } },
      });
      await assert.rejects(a.subscribe('#', { event: () => undefined }).ready);
      await assert.rejects(a.handle('x', () => 1).ready);
      await a.subscribe('mine.*', { event: () => undefined }).ready;
      assert.equal(bus.stats().forbidden, 3);
    });
  });
});
