import { strict as assert } from 'node:assert';
import { statSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Trigger } from '../../../schemas/melody';
import { problem, silentLog, type Log } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { mostBodyBytes, Webhooks, type Hook } from '../../../server/triggers/webhooks';
import { ctx, problemFrom, temporaryFolder, until, World } from './support';

const token = 'ab'.repeat(32);

interface Sent {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Sends one request and gives status, code (or run) and headers. */
function send(
  url: string,
  { method = 'POST', path, headers = {}, body }: Sent = {},
): Promise<{
  status: number;
  said: { code?: string; run?: string; args?: object };
  headers: IncomingHttpHeaders;
}> {
  const { hostname, port, pathname } = new URL(url);
  const all = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers };
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { hostname, port, path: path ?? pathname, method, headers: all, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => {
          const said = text === '' ? {} : (JSON.parse(text) as { code?: string });
          resolve({ status: answer.statusCode!, said, headers: answer.headers });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

describe('webhooks', function () {
  let hooks: Webhooks;
  let url = '';
  let calls: unknown[] = [];
  let logged: string[] = [];
  const log: Log = {
    ...silentLog,
    info: (message, facts) => void logged.push(message + JSON.stringify(facts)),
    warn: (message, facts) => void logged.push(message + JSON.stringify(facts)),
  };
  const hook = (path: string, more: Partial<Hook> = {}): Hook => ({
    path,
    token,
    call: async (inputs, key) => {
      calls.push(key === undefined ? inputs : { ...inputs, key });
      return { run: `run-${calls.length}` };
    },
    ...more,
  });

  beforeEach(async () => {
    calls = [];
    logged = [];
    hooks = new Webhooks({ clock: systemClock, log, port: undefined, onPort: () => undefined });
    await hooks.add(hook('deploy/it'));
    url = hooks.address('deploy/it')!;
  });
  afterEach(() => hooks.dispose());

  /** What a request is answered, and that nothing was called unless it was accepted. */
  async function check(sent: Sent, status: number, code?: string): Promise<void> {
    const answer = await send(url, sent);
    assert.deepEqual([answer.status, answer.said.code], [status, code], JSON.stringify(answer.said));
    assert.equal(calls.length, status === 202 ? 1 : 0);
  }

  it('start a run with the inputs of the body', async () => {
    const { status, said } = await send(url, { body: '{"ref":"main","n":1}' });
    assert.deepEqual([status, said, calls], [202, { run: 'run-1' }, [{ ref: 'main', n: 1 }]]);
  });

  it('take no body for no inputs, and the caller’s key', async () => {
    await send(url, { headers: { 'Idempotency-Key': 'k1' } });
    assert.deepEqual(calls, [{ key: 'k1' }]);
  });

  it('listen on the loopback address alone', () => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/hooks\/deploy\/it$/);
  });

  it('answer to their own host alone, and to no web page', async () => {
    await check({ headers: { Host: 'evil.example' } }, 403, 'hook.host');
    await check({ headers: { Host: `evil.example:${new URL(url).port}` } }, 403, 'hook.host');
    await check({ headers: { Host: '127.0.0.1' } }, 403, 'hook.host');
    await check({ headers: { Origin: 'http://127.0.0.1' } }, 403, 'hook.host');
    await check({ method: 'OPTIONS', headers: { Origin: 'http://x' } }, 403, 'hook.host');
    await check({ headers: { Host: `localhost:${new URL(url).port}` } }, 202);
  });

  it('tell a wrong token, a missing one and an unknown address by nothing', async () => {
    for (const sent of [
      { headers: { Authorization: `Bearer ${'cd'.repeat(32)}` } },
      { headers: { Authorization: token } },
      { headers: { Authorization: 'Bearer undefined' } },
      { headers: { Authorization: 'Bearer none' } },
      { path: '/hooks/other' },
      { path: '/' },
      { path: '/hooks/deploy/it?x' },
      { path: '/hooks/../hooks/deploy/it' },
    ] satisfies Sent[])
      await check(sent, 401, 'hook.unauthorized');
  });

  it('need the token of the very hook', async () => {
    await hooks.add(hook('other', { token: 'ef'.repeat(32) }));
    await check({ path: '/hooks/other' }, 401, 'hook.unauthorized');
  });

  it('take POST alone', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const { status, headers } = await send(url, { method });
      assert.deepEqual([status, headers.allow], [405, 'POST'], method);
    }
  });

  it('refuse bodies that are no object', async () => {
    for (const body of ['[1]', '"x"', 'null', '{', '{"a":1}x', Buffer.from([0x7b, 0xff, 0x7d])])
      await check({ body }, 400, 'hook.body');
    await check({ body: '{}', headers: { 'Content-Type': 'text/plain' } }, 415, 'hook.body');
  });

  it('refuse bodies that are too large, told or not', async () => {
    const text = Buffer.alloc(mostBodyBytes + 1, 'x');
    await check({ body: text, headers: { 'Content-Length': String(text.length) } }, 413, 'hook.tooLarge');
    await check({ body: text, headers: { 'Transfer-Encoding': 'chunked' } }, 413, 'hook.tooLarge');
    const most = `{"a":"${'x'.repeat(mostBodyBytes - 8)}"}`;
    await check({ body: most }, 202);
  });

  it('answer what kept the run from starting', async () => {
    await hooks.add(hook('failing', { call: () => Promise.reject(problem('trigger.restricted')) }));
    const { status, said } = await send(url, { path: '/hooks/failing' });
    assert.deepEqual([status, said.code], [422, 'trigger.restricted']);
  });

  it('are called sixty times a minute at most, each', async () => {
    for (let i = 0; i < 60; i++) assert.equal((await send(url)).status, 202);
    const { status, headers } = await send(url);
    assert.deepEqual([status, headers['retry-after']], [429, '60']);
    await hooks.add(hook('other'));
    assert.equal((await send(url, { path: '/hooks/other' })).status, 202);
  });

  it('slow down guessing, not those who know', async () => {
    const wrong = { headers: { Authorization: `Bearer ${'0'.repeat(64)}` } };
    const statuses = new Set<number>();
    for (let i = 0; i < 65; i++) statuses.add((await send(url, wrong)).status);
    assert.deepEqual([...statuses], [401, 429]);
    assert.equal((await send(url)).status, 202);
  });

  it('never log a token or a body', async () => {
    await send(url, { headers: { Authorization: `Bearer ${'cd'.repeat(32)}` }, body: '{"secret":1}' });
    assert.equal(logged.length, 1);
    assert.doesNotMatch(logged.join(), /cdcd|abab|secret/);
  });

  it('drop a caller that sends no more', async function () {
    this.timeout(15_000);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let closed = false;
    socket.on('close', () => (closed = true)).on('error', () => undefined);
    socket.write('POST /hooks/deploy/it HTTP/1.1\r\nHost: 1');
    await until(() => closed, 'the end of the connection', 9000);
  });

  it('keep their port, and take another when that is taken', async () => {
    const { port } = new URL(url);
    hooks.dispose();
    await until(() => hooks.address('deploy/it') === undefined, 'the end of the server');
    const told: number[] = [];
    const again = async (): Promise<Webhooks> => {
      const made = new Webhooks({ clock: systemClock, log, port: Number(port), onPort: (p) => told.push(p) });
      await made.add(hook('deploy/it'));
      return made;
    };
    const same = await again();
    assert.deepEqual([new URL(same.address('deploy/it')!).port, told], [port, []]);
    same.dispose();
    const taken = createServer();
    await until(() => same.address('deploy/it') === undefined, 'the end of the server');
    await new Promise<void>((resolve) => taken.listen(Number(port), '127.0.0.1', resolve));
    const other = await again();
    assert.deepEqual(told, [Number(new URL(other.address('deploy/it')!).port)]);
    assert.notEqual(told[0], Number(port));
    other.dispose();
    taken.close();
  });

  it('listen no more when the last hook is gone', async () => {
    const only = new Webhooks({ clock: systemClock, log, port: undefined, onPort: () => undefined });
    const added = await only.add(hook('x'));
    const there = only.address('x')!;
    added.dispose();
    await until(() => only.address('x') === undefined, 'the end of the server');
    await assert.rejects(send(there), /ECONNREFUSED/);
  });
});

describe('a webhook that is armed', () => {
  const folder = temporaryFolder();
  const file = 'deploy.melody.json';
  const trigger: Trigger = { on: 'webhook', id: 'w', path: 'deploy', inputs: { target: 'test' } };
  let world: World;

  beforeEach(async () => {
    world = new World(systemClock, folder.at('triggers.db'));
    world.melody(file, [trigger, { on: 'webhook', id: 'v', path: 'deploy' }]);
    await world.open();
    await world.triggers.arm(ctx, file, 'w');
  });
  afterEach(() => world.close());

  const call = (sent: Sent = {}) => {
    const { url, token: secret } = world.triggers.webhook(file, 'w');
    return send(url, { ...sent, headers: { Authorization: `Bearer ${secret}`, ...sent.headers } });
  };

  it('starts a run with its own inputs and the caller’s', async () => {
    const { status, said } = await call({ body: '{"ref":"main"}' });
    assert.deepEqual([status, said.run], [202, 'run-1']);
    assert.deepEqual(world.started[0]!.inputs, { target: 'test', ref: 'main' });
    assert.equal((await call({ body: '{"target":"live"}' })).said.code, 'trigger.inputFixed');
  });

  it('gives one run for one key of the caller', async () => {
    const headers = { 'Idempotency-Key': 'one' };
    const answers = await Promise.all([call({ headers }), call({ headers })]);
    assert.deepEqual(
      [...answers, await call({ headers })].map(({ said }) => said.run),
      Array(3).fill('run-1'),
    );
    assert.equal(world.started.length, 1);
  });

  it('keeps its token over restarts and arming, in a file of its owner; disarmed, it forgets it', async () => {
    const first = world.triggers.webhook(file, 'w');
    await world.close();
    await world.open();
    assert.deepEqual(world.triggers.webhook(file, 'w'), first);
    if (process.platform !== 'win32')
      for (const suffix of ['', '-wal', '-shm'])
        assert.equal(statSync(folder.at('triggers.db') + suffix).mode & 0o777, 0o600);
    await world.triggers.arm(ctx, file, 'w');
    assert.equal(world.triggers.webhook(file, 'w').token, first.token);
    await world.triggers.disarm(ctx, file, 'w');
    await problemFrom('trigger.notArmed', () => world.triggers.webhook(file, 'w'));
    await world.triggers.arm(ctx, file, 'w');
    assert.notEqual(world.triggers.webhook(file, 'w').token, first.token);
    assert.doesNotMatch(JSON.stringify(await world.triggers.list(ctx)), new RegExp(first.token));
  });

  it('does not share its address', async () => {
    const { args } = await problemFrom('trigger.pathTaken', () => world.triggers.arm(ctx, file, 'v'));
    assert.deepEqual(args, { path: 'deploy', other: `w (${file})` });
  });

  it('outlives a body that is deeper than can be written down', async () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    assert.ok((await call({ body: deep })).status >= 400);
    assert.equal((await call({ body: '{}' })).status, 202);
    assert.equal(world.started.length, 1);
  });

  it('says why there is no run', async () => {
    world.instead = () => Promise.reject(problem('melody.empty', { file }));
    assert.deepEqual((await call()).said, { code: 'melody.empty', args: { file } });
    world.melody(file, [trigger], 'b'.repeat(64));
    assert.equal((await call()).said.code, 'trigger.changed');
    await world.triggers.settled();
    assert.equal(world.triggers.armed(), false);
  });
});
