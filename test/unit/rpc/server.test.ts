import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { problem } from '../../../server/base';
import type { RecordedEvent } from '../../../schemas';
import { waitUntil } from '../../sidecar/processes';
import { fakeServer } from '../../sidecar/fake-server';
import { fakeService } from '../../sidecar/fake-service';

const silent = {
  signal: new AbortController().signal,
  log: { debug() {}, info() {}, warn() {}, error() {}, child: () => silent.log },
};

describe('rpc server', () => {
  let fake: ReturnType<typeof fakeService>;
  let host: Awaited<ReturnType<typeof fakeServer>>;
  async function begin(
    ...[overrides, more]: [Parameters<typeof fakeService>[0]?, Parameters<typeof fakeServer>[1]?]
  ) {
    fake = fakeService(overrides);
    host = await fakeServer(fake.service, more);
  }
  afterEach(() => host.dispose());

  const failure = async (asking: Promise<unknown>) => {
    try {
      await asking;
    } catch (thrown) {
      const { code, data } = thrown as { code: number; data?: { problem?: { code: string } } };
      return { code, problem: data?.problem?.code };
    }
    throw new Error('it was answered');
  };
  const open = (rpc: MessageConnection, languageModels = false) =>
    rpc.sendRequest<{ position: number }>('session/open', { languageModels });

  it('answers, explains and refuses requests by the registry', async () => {
    await begin({
      planning: async () => ({ wrong: true }) as never,
      check: () => Promise.reject(new TypeError('oops')),
    });
    const { rpc } = await host.client();
    assert.deepEqual(await rpc.sendRequest('review/content', { hash: 'a'.repeat(64) }), {
      base64: 'Ynl0ZXM=',
    });
    const check = async (method: string, params: object, expected: object) =>
      assert.deepEqual(await failure(rpc.sendRequest(method, params)), expected, method);
    await check('run/show', { run: 'r' }, { code: -32000, problem: 'run.unknown' });
    await check('run/show', { run: 7 }, { code: -32000, problem: 'request.invalid' });
    await check('review/content', { hash: '../../etc/passwd' }, { code: -32000, problem: 'request.invalid' });
    await check('no/such', {}, { code: -32601, problem: 'request.unknown' });
    await check('planning/show', {}, { code: -32000, problem: 'request.invalid' });
    await check('doctor/check', {}, { code: -32000, problem: 'internal.unexpected' });
  });

  it('serves a language client with minimal capabilities and survives its shutdown and exit', async () => {
    await begin();
    const { rpc, socket } = await host.client();
    const result = await rpc.sendRequest('initialize', { processId: 1, rootUri: null, capabilities: {} });
    assert.deepEqual(result, { capabilities: { textDocumentSync: 0 }, serverInfo: { name: 'symphony' } });
    await rpc.sendRequest('shutdown');
    await rpc.sendNotification('exit');
    await waitUntil(() => socket.destroyed);
    const again = await host.client();
    assert.ok(await again.rpc.sendRequest('sidecar/status', {}));
  });

  it('keeps the order of writes of one client and lets reads pass', async () => {
    const order: string[] = [];
    await begin({
      execute: async () => {
        await sleep(50);
        order.push('execute');
        return 'run-1';
      },
      command: async () => {
        order.push('cancel');
        return 'cancelling';
      },
      runs: async () => {
        order.push('list');
        return [];
      },
    });
    const { rpc } = await host.client();
    await Promise.all([
      rpc.sendRequest('run/execute', { phase: '1', approved: [] }),
      rpc.sendRequest('run/command', { run: 'run-1', command: 'cancel' }),
      rpc.sendRequest('run/list', {}),
    ]);
    assert.deepEqual(order, ['list', 'execute', 'cancel']);
  });

  it('cancels a read when the client is gone, never a write', async () => {
    const signals: Record<string, AbortSignal> = {};
    await begin({
      preview: async (ctx) => {
        signals.read = ctx.signal;
        return new Promise((_resolve, reject) =>
          ctx.signal.addEventListener('abort', () => reject(problem('cancelled'))),
        );
      },
      execute: async (ctx) => {
        signals.write = ctx.signal;
        await sleep(60);
        return 'run-1';
      },
    });
    const { rpc, socket } = await host.client();
    rpc.sendRequest('run/preview', { phase: '1' }).catch(() => undefined);
    rpc.sendRequest('run/execute', { phase: '1', approved: [] }).catch(() => undefined);
    await waitUntil(() => signals.read !== undefined && signals.write !== undefined);
    socket.destroy();
    await waitUntil(() => signals.read!.aborted);
    assert.equal(signals.write!.aborted, false);
  });

  it('loses and doubles no event over twenty random disconnects', async () => {
    await begin();
    const seen: number[] = [];
    let last = 0;
    const total = 2000;
    const writing = (async () => {
      while (fake.journal.length < total) {
        const some = 1 + Math.floor(Math.random() * 12);
        fake.append(...Array.from({ length: some }, () => ({ type: 'RunPaused' }) as const));
        await sleep(Math.random() * 3);
      }
    })();
    for (let life = 0; life <= 20; life++) {
      let caughtUp = false;
      const held: RecordedEvent[] = [];
      const take = (events: readonly RecordedEvent[]) => {
        for (const { position } of events) {
          if (position <= last) continue;
          seen.push(position);
          last = position;
        }
      };
      const { rpc, socket } = await host.client((connection) =>
        connection.onNotification('events/appended', ({ events }: { events: RecordedEvent[] }) => {
          const first = events[0]!.position;
          const before = held.at(-1)?.position ?? opened;
          assert.equal(first, before + 1, 'a connection has no gap and no double after its position');
          held.push(...events);
          if (caughtUp) take(events);
        }),
      );
      let opened = Number.NaN;
      opened = (await open(rpc)).position;
      for (let more = true; more;) {
        const missed = await rpc.sendRequest<{ events: RecordedEvent[]; more: boolean }>('events/since', {
          position: last,
          limit: 100,
        });
        take(missed.events);
        more = missed.more;
      }
      caughtUp = true;
      take(held);
      if (life < 20) await sleep(Math.random() * 25);
      else {
        await writing;
        await waitUntil(() => last >= fake.journal.length);
      }
      socket.destroy();
    }
    assert.deepEqual(
      seen,
      Array.from({ length: fake.journal.length }, (_, i) => i + 1),
    );
  });

  it('keeps nothing for a client that does not read, and gives it everything once it does', async () => {
    await begin();
    const got: number[] = [];
    const { rpc, socket } = await host.client((connection) =>
      connection.onNotification(
        'events/appended',
        ({ events }: { events: RecordedEvent[] }) => void got.push(...events.map(({ position }) => position)),
      ),
    );
    await open(rpc);
    socket.pause();
    const reason = 'x'.repeat(2000);
    for (let i = 0; i < 3000; i++) fake.append({ type: 'RunCancelRequested', reason });
    for (let i = 0; i < 3000; i++) fake.progress.fire({ run: 'r', node: 'n', text: reason, facts: {} });
    await sleep(50);
    socket.resume();
    await waitUntil(() => got.length >= 3000);
    assert.deepEqual(
      got,
      Array.from({ length: 3000 }, (_, i) => i + 1),
    );
  });

  it('lets patches follow a snapshot without losing those made meanwhile', async () => {
    const view = { run: 'r', title: '', state: 'running' as const, revision: 3, nodes: [], edges: [] };
    await begin({
      board: async () => {
        fake.patches.fire({ run: 'r', from: 2, to: 3, ops: [] });
        await sleep(10);
        fake.patches.fire({ run: 'r', from: 3, to: 4, ops: [] });
        return view;
      },
    });
    const heard: unknown[] = [];
    const { rpc } = await host.client((connection) =>
      connection.onNotification('board/patch', ({ from }: { from: number }) => void heard.push(from)),
    );
    heard.push(((await rpc.sendRequest('board/snapshot', { run: 'r' })) as { revision: number }).revision);
    fake.patches.fire({ run: 'r', from: 4, to: 5, ops: [] });
    fake.patches.fire({ run: 'other', from: 0, to: 1, ops: [] });
    await waitUntil(() => heard.length >= 3);
    assert.deepEqual(heard, [3, 3, 4]);
  });

  it('asks a connected editor for its models, and another one when its window closes', async () => {
    await begin();
    const chat = { messages: [], tools: [], maxOutputTokens: 10, idempotencyKey: 'k' };
    const gone = await failureOf(host.models.chat(silent, 'editor/x', chat, () => undefined));
    assert.equal(gone, 'model.editorGone');
    const usage = { inputTokens: 1, outputTokens: 1, cachedTokens: 0 };
    const one = await host.client((rpc) =>
      rpc.onRequest('lm/chat', async ({ stream }: { stream: number }) => {
        await rpc.sendNotification('lm/chunk', { stream, text: 'early' });
        return { text: 'answer', calls: [], usage, finish: 'stop' };
      }),
    );
    await open(one.rpc, true);
    const two = await host.client((rpc) => rpc.onRequest('lm/chat', () => new Promise(() => undefined)));
    await open(two.rpc, true);
    const pieces: string[] = [];
    const asking = host.models.chat(silent, 'editor/x', chat, (piece) => pieces.push(piece));
    await sleep(30);
    two.socket.destroy();
    assert.equal((await asking).text, 'answer');
    assert.deepEqual(pieces, ['early']);
    one.socket.destroy();
    await waitUntil(() => host.server.clients() === 0);
    assert.deepEqual(await host.models.list(silent), []);
  });

  it('ends when idle, and not while it works, waits for a trigger or has a client', async () => {
    await begin({}, { idleMs: 80 });
    fake.state.busy = true;
    await sleep(250);
    fake.state.busy = false;
    const { socket } = await host.client();
    await sleep(250);
    assert.equal(fake.state.stopped, 0);
    socket.destroy();
    assert.equal(await host.server.stopped, 'idle');
    assert.equal(fake.state.stopped, 1);
    assert.deepEqual(readdirSync(host.folder), [], 'no socket and no endpoint remain');
  });

  it('hands over to a newer build alone, and only when nobody needs it', async () => {
    await begin();
    const { rpc, socket } = await host.client();
    const ask = (stamp: number) =>
      rpc.sendRequest('sidecar/handOver', { build: { version: '1.0.0', stamp } });
    assert.deepEqual(await ask(5), { accepted: false, reason: 'notNewer' });
    assert.deepEqual(await ask(0), { accepted: false, reason: 'notNewer' });
    fake.state.busy = true;
    assert.deepEqual(await ask(6), { accepted: false, reason: 'working' });
    fake.state.busy = false;
    const other = await host.client();
    assert.deepEqual(await ask(6), { accepted: false, reason: 'attached' });
    other.socket.destroy();
    await waitUntil(() => host.server.clients() === 1);
    assert.deepEqual(await ask(6), { accepted: true, reason: 'ending' });
    assert.equal(await host.server.stopped, 'handedOver');
    await waitUntil(() => socket.destroyed);
  });

  it('listens on a private socket and turns strangers away', async () => {
    await begin();
    assert.equal(statSync(host.server.address).mode & 0o077, 0);
    assert.equal(statSync(path.join(host.folder, 'endpoint.json')).mode & 0o777, 0o600);
    const stranger = connect(host.server.address);
    stranger.on('error', () => undefined).resume();
    stranger.write('Content-Length: 2\r\n\r\n{}\n');
    await waitUntil(() => stranger.destroyed);
    assert.equal(host.server.clients(), 0);
    await host.server.stop('asked');
    assert.equal(existsSync(host.server.address), false);
  });

  it('drops a client that breaks the protocol and goes on with the others', async () => {
    await begin();
    const [good, bad] = [await host.client(), await host.client()];
    bad.socket.write('Content-Length: rubbish\r\n\r\n');
    bad.socket.write('\r\n\r\nxx');
    await sleep(50);
    assert.ok(await good.rpc.sendRequest('sidecar/status', {}));
  });
});

async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    return (thrown as { problem: { code: string } }).problem.code;
  }
  return 'none';
}
