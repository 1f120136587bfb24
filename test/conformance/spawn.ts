import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { silentLog, type Context } from '../../server/base';
import type { runProgram } from '../../server/base/node';

/** What everything that runs programs must do. The programs are Node's own, so that they are on every computer. */
export function spawnConformance(run: typeof runProgram, folder: () => string): void {
  const ctx = (signal = new AbortController().signal): Context => ({ signal, log: silentLog });
  const node = (script: string, options: Partial<Parameters<typeof run>[3]> = {}, inner = ctx()) =>
    run(inner, process.execPath, ['-e', script], { env: {}, ...options });

  it('gives back the code, the bytes and the complaints', async () => {
    const script = `process.stdout.write(Buffer.from([0, 255, 10])); console.error('oh'); process.exitCode = 3`;
    const { code, stdout, stderr, timedOut } = await node(script);
    assert.deepEqual([code, [...stdout], stderr, timedOut], [3, [0, 255, 10], 'oh\n', false]);
  });

  it('passes arguments on as they are, through no shell', async () => {
    const args = ['$HOME', '`id`', 'a b', '"', "'", '; exit 1', '*', ''];
    const print = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const { stdout } = await run(ctx(), process.execPath, ['-e', print, '--', ...args], { env: {} });
    assert.deepEqual(JSON.parse(stdout.toString()), args);
  });

  it('hands on the environment it is given and nothing of its own', async () => {
    process.env['SYMPHONY_CONFORMANCE'] = 'secret';
    try {
      const { stdout } = await node('console.log(JSON.stringify(process.env))', { env: { ONLY: 'this' } });
      const found = JSON.parse(stdout.toString()) as Record<string, string>;
      assert.equal(found['ONLY'], 'this');
      assert.deepEqual([found['SYMPHONY_CONFORMANCE'], found['HOME']], [undefined, undefined]);
    } finally {
      delete process.env['SYMPHONY_CONFORMANCE'];
    }
  });

  it('begins where it is told, with what it is told', async () => {
    const script = `process.stdin.on('data', (some) => process.stdout.write(process.cwd() + ' ' + some))`;
    const { stdout } = await node(script, { cwd: folder(), input: 'said' });
    assert.equal(stdout.toString(), `${folder()} said`);
  });

  it('ends a program and its children when the time is over', async () => {
    const late = path.join(folder(), 'late');
    const child = `setTimeout(() => require('fs').writeFileSync(${JSON.stringify(late)}, ''), 1500)`;
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'ignore' });
      setInterval(() => {}, 1000)`;
    const { timedOut, code } = await node(script, { timeoutMs: 400 });
    assert.deepEqual([timedOut, code], [true, 137]);
    await new Promise((resolve) => setTimeout(resolve, 1800));
    assert.equal(existsSync(late), false, 'the child is gone too');
  }).timeout(10_000);

  it('ends a program that is called off, with the reason', async () => {
    const off = new AbortController();
    const reason = new Error('enough');
    const running = node('setInterval(() => {}, 1000)', {}, ctx(off.signal));
    setTimeout(() => off.abort(reason), 100);
    await assert.rejects(running, reason);
    await assert.rejects(node('', {}, ctx(off.signal)), reason);
  });

  it('refuses a flood, and says which program is not there', async () => {
    await assert.rejects(
      node(`process.stdout.write('x'.repeat(1e6))`, { maxBytes: 1000 }),
      /printed more than/,
    );
    await assert.rejects(run(ctx(), path.join(folder(), 'no such'), [], { env: {} }), { code: 'ENOENT' });
  });
}
