import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { silentLog, type Context } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { Pool, processResource } from '../../../server/pool';

const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** A server that says it is ready, names the child it started, and says each line back. */
const program = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log('ready ' + child.pid);
  process.stdin.on('data', (line) => process.stdout.write(line));
`;

function serverOf(script = program) {
  const started: number[] = [];
  const resource = processResource({
    ...{ id: 'kit:echo', kind: 'kit', label: 'Echo', file: process.execPath, args: ['-e', script] },
    env: { PATH: process.env['PATH'] ?? '' },
    bytes: 50 * 1024 ** 2,
    endMs: 500,
    ready: async (_ctx, child) => {
      const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
      started.push(Number(line.split(' ')[1]));
    },
  });
  const pool = new Pool({ clock: systemClock, ctx, limits: { count: 4, bytes: 1024 ** 3 } });
  pool.register(resource);
  return { pool, resource, started };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(what: string, ms: number, holds: () => boolean): Promise<number> {
  const began = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - began < ms, `${what} within ${ms} ms`);
    await systemClock.sleep(10);
  }
  return performance.now() - began;
}

describe('a process in the pool', () => {
  it('is found dead within a second after kill -9, and started again with nothing left behind', async () => {
    const { pool, resource, started } = serverOf();
    const lease = await pool.allocate(ctx, 'kit:echo');
    assert.ok(resource.memory() > 1024 ** 2);
    const first = resource.child!;
    process.kill(first.pid!, 'SIGKILL');
    await until('the death is noticed', 1000, () => lease.lost.aborted);
    lease.release();
    await until('it is back', 10_000, () => pool.state('kit:echo') === 'hot');
    assert.notEqual(resource.child!.pid, first.pid);
    await until('its child is gone', 2000, () => !isAlive(started[0]!));
    const again = await pool.allocate(ctx, 'kit:echo');
    const answer = once(resource.child!.stdout!, 'data');
    resource.child!.stdin!.write('hello\n');
    assert.equal(String((await answer)[0]), 'hello\n');
    again.release();
    await pool.drain(ctx);
    await until('everything has ended', 2000, () => started.every((pid) => !isAlive(pid)));
    assert.equal(resource.child, undefined);
  }).timeout(30_000);

  it('is killed when it does not end by itself', async () => {
    const { pool, resource } = serverOf(
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); ${program}`,
    );
    (await pool.allocate(ctx, 'kit:echo')).release();
    const { pid } = resource.child!;
    await pool.drain(ctx);
    await until('it is gone', 1000, () => !isAlive(pid!));
  }).timeout(30_000);

  it('says how it ended where it cannot be started', async () => {
    const { pool } = serverOf('process.exit(3)');
    await assert.rejects(pool.allocate(ctx, 'kit:echo'), /pool\.failed.*exit code 3/);
    await pool.drain(ctx);
  }).timeout(30_000);
});
