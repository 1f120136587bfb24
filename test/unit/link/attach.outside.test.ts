import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { AttachError, dataHome, rootFile, type AttachOptions } from '../../../schemas/link';
import { isGone, waitUntil } from '../../sidecar/processes';
import { Workbench } from '../../sidecar/workbench';

describe('attach', function () {
  this.timeout(20_000);
  let bench: Workbench;
  beforeEach(() => (bench = new Workbench()));
  afterEach(() => bench.dispose());

  async function refused(options: AttachOptions): Promise<{ code: string; detail: string }> {
    try {
      await bench.attach(options);
    } catch (thrown) {
      if (!(thrown instanceof AttachError)) throw thrown;
      return { code: thrown.problem.code, detail: JSON.stringify(thrown.problem.args) };
    }
    throw new Error('it attached');
  }

  /** Short, but longer than a busy machine needs to start a process. */
  const fast = { patienceMs: 4000 };

  it('starts a sidecar, attaches to it again and again, and leaves it running when its client goes', async () => {
    const first = await bench.attach();
    assert.equal(first.started, true);
    for (let i = 0; i < 10; i++) {
      const again = await bench.attach();
      assert.equal(again.started, false);
      assert.equal(again.epoch, first.epoch);
      again.socket.destroy();
    }
    first.socket.destroy();
    assert.equal(isGone(first.endpoint.pid), false);
  });

  it('lets eight clients that come at once meet at one sidecar', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => bench.attach()));
    assert.equal(new Set(all.map((one) => one.epoch)).size, 1);
    assert.equal(new Set(all.map((one) => one.endpoint.pid)).size, 1);
  });

  it('keeps serving one client when another closes', async () => {
    const [one, two] = [await bench.attach(), await bench.attach()];
    one.socket.destroy();
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'run/list', params: {} });
    two.socket.write(`Content-Length: ${message.length}\r\n\r\n${message}`);
    let answer = '';
    two.socket.on('data', (data) => (answer += String(data)));
    await waitUntil(() => answer.includes('"runs":[]'));
  });

  it('starts a new life with another epoch after kill -9, and no socket of the old one remains', async () => {
    const first = await bench.attach();
    process.kill(first.endpoint.pid, 'SIGKILL');
    await waitUntil(() => isGone(first.endpoint.pid));
    assert.ok(existsSync(first.endpoint.address), 'a killed sidecar leaves its socket');
    const second = await bench.attach();
    assert.notEqual(second.epoch, first.epoch);
    assert.equal(second.workspace, first.workspace);
    const home = dataHome(bench.state, first.workspace);
    const sockets = readdirSync(home.folder).filter((name) => name.endsWith('.sock'));
    assert.deepEqual(sockets, [path.basename(second.endpoint.address)]);
  });

  it('finds nothing to start when it may not', async () => {
    assert.equal((await refused(bench.options({ start: false }))).code, 'sidecar.failed');
  });

  it('says what a sidecar that crashes at its start printed', async () => {
    const { code, detail } = await refused(bench.fake('crash'));
    assert.equal(code, 'sidecar.failed');
    assert.match(detail, /this sidecar is broken/);
  });

  it('passes on the problem a sidecar refuses to start with', async () => {
    assert.deepEqual(await refused(bench.fake('refuse')), {
      code: 'data.readOnly',
      detail: '{"path":"/nowhere"}',
    });
  });

  it('gives up on sidecars that never answer', async () => {
    for (const mode of ['neverListens', 'hang']) {
      const { code, detail } = await refused(bench.fake(mode, { patienceMs: 600 }));
      assert.equal(code, 'sidecar.failed');
      assert.match(detail, /did not answer in time/);
    }
  });

  it('names a protocol it cannot speak', async () => {
    assert.deepEqual(await refused(bench.fake('tooOld')), {
      code: 'sidecar.tooOld',
      detail: '{"found":0,"needed":1}',
    });
    await bench.dispose();
    bench = new Workbench();
    assert.deepEqual(await refused(bench.fake('tooNew')), {
      code: 'sidecar.tooNew',
      detail: '{"found":9,"needed":1}',
    });
  });

  for (const mode of ['rubbish', 'flood', 'wrongToken', 'hang'])
    it(`replaces one that listens but cannot prove itself (${mode})`, async () => {
      const squatter = await bench.squat(mode);
      const attachment = await bench.attach(bench.options());
      assert.notEqual(attachment.epoch, 'epoch-fake');
      assert.equal(isGone(squatter), false, 'it was alive all the time');
    });

  it('says that a squatter is not to be trusted when no sidecar can take its place', async () => {
    await bench.squat('wrongToken');
    assert.equal((await refused(bench.fake('lockHeld', fast))).code, 'sidecar.untrusted');
  });

  it('says who is in the way when the owner of the lock does not answer', async () => {
    const { pid } = (await bench.attach()).endpoint;
    process.kill(pid, 'SIGSTOP');
    const { code, detail } = await refused(bench.options({ patienceMs: 6000 }));
    assert.equal(code, 'sidecar.busy');
    assert.match(detail, new RegExp(String(pid)));
  });

  it('tries again when the sidecar in the way was just ending', async () => {
    const attachment = await bench.attach(bench.fake('secondTry'));
    assert.equal(attachment.epoch, 'epoch-fake');
  });

  it('starts anew after a sidecar that crashed on shutdown', async () => {
    const first = await bench.attach(bench.fake('crashOnShutdown'));
    process.kill(first.endpoint.pid, 'SIGTERM');
    await waitUntil(() => isGone(first.endpoint.pid));
    assert.equal((await bench.attach(bench.fake('good'))).started, true);
  });

  it('does not mind files that are damaged or addresses that are too long', async () => {
    const first = await bench.attach();
    process.kill(first.endpoint.pid, 'SIGKILL');
    const home = dataHome(bench.state, first.workspace);
    for (const damage of [
      'not json',
      '{}',
      JSON.stringify({ ...first.endpoint, address: `/tmp/${'x'.repeat(300)}` }),
      'x'.repeat(100_000),
    ]) {
      writeFileSync(home.endpoint, damage);
      const next = await bench.attach();
      process.kill(next.endpoint.pid, 'SIGKILL');
      await waitUntil(() => isGone(next.endpoint.pid));
    }
  });

  it('listens in a temporary folder of its own when the data folder’s path is too long', async () => {
    const plain = bench.options();
    const deep = path.join(bench.state, 'd'.repeat(100));
    const env = { ...plain.env, SYMPHONY_HOME: deep, TMPDIR: bench.folder };
    const { endpoint } = await bench.attach({ ...plain, env });
    assert.ok(endpoint.address.startsWith(path.join(bench.folder, 'symphony-')), endpoint.address);
    assert.equal((await bench.attach({ ...plain, env })).started, false);
    process.kill(endpoint.pid, 'SIGTERM');
    await waitUntil(() => isGone(endpoint.pid));
    assert.equal(existsSync(path.dirname(endpoint.address)), false, 'the folder goes with it');
  });

  it('refuses a data folder of a newer layout', async () => {
    await bench.attach(bench.fake('good'));
    const record = { layout: 2, workspace: 'ws-fake', root: bench.root };
    writeFileSync(rootFile(bench.state, bench.root), JSON.stringify(record));
    assert.equal((await refused(bench.options())).code, 'data.newer');
  });

  it('asks an older sidecar to hand over once, and attaches to its own', async () => {
    const older = await bench.attach(bench.fake('good'));
    let asked = 0;
    const newer = await bench.attach({
      ...bench.options(),
      build: { version: '0.0.2', stamp: 9 },
      handOver: async ({ socket }) => {
        asked++;
        process.kill(older.endpoint.pid, 'SIGKILL');
        return socket.writable;
      },
    });
    assert.equal(asked, 1);
    assert.notEqual(newer.endpoint.pid, older.endpoint.pid);
  });

  it('passes nothing secret to the sidecar', async () => {
    const options = bench.options();
    const env = { ...options.env, OPENAI_API_KEY: 'sk-secret', SYMPHONY_API_KEY: 'sk-secret', FOO: 'bar' };
    const { endpoint } = await bench.attach({ ...options, env });
    if (process.platform !== 'linux') return;
    const inherited = readFileSync(`/proc/${endpoint.pid}/environ`, 'utf8');
    assert.doesNotMatch(inherited, /sk-secret|FOO/);
    assert.doesNotMatch(readFileSync(`/proc/${endpoint.pid}/cmdline`, 'utf8'), /secret|token/);
  });

  it('can be aborted', async () => {
    const abort = new AbortController();
    const attaching = bench.attach(bench.fake('neverListens', { signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('enough')), 200);
    await assert.rejects(attaching, /enough/);
  });

  it('listens elsewhere when another server has taken what a stale endpoint names', async () => {
    const first = await bench.attach();
    process.kill(first.endpoint.pid, 'SIGKILL');
    await waitUntil(() => isGone(first.endpoint.pid));
    unlinkSync(first.endpoint.address);
    const squatter = createServer((socket) => socket.end('{"type":"challenge"}\n'));
    await new Promise<void>((resolve) => squatter.listen(first.endpoint.address, resolve));
    try {
      const second = await bench.attach();
      assert.notEqual(second.endpoint.address, first.endpoint.address);
    } finally {
      squatter.close();
    }
  });
});
