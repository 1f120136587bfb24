import { strict as assert } from 'node:assert';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { takeLock } from '../../../server/storage';
import { problemFrom, temporaryFolder } from './support';

const folder = temporaryFolder();
const file = () => folder.at('lock.db');

/** Another process that takes the lock, says so, and lives until it is killed. */
async function holder(): Promise<ChildProcess> {
  const script = `
    const { takeLock } = require(${JSON.stringify(path.resolve(__dirname, '../../../server/storage'))});
    console.log(takeLock(${JSON.stringify(file())}).taken);
    setInterval(() => undefined, 1000);`;
  const args = ['--import', 'tsx', '--eval', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  assert.equal(said.toString().trim(), 'true');
  return child;
}

describe('the lock', () => {
  it('has one owner, here and now', () => {
    const first = takeLock(file());
    assert.ok(first.taken);
    assert.deepEqual(takeLock(file()), { taken: false, pid: process.pid });
    assert.deepEqual(takeLock(file()), { taken: false, pid: process.pid });
    first.lock.release();
    first.lock.release();
    const second = takeLock(file());
    assert.ok(second.taken);
    second.lock.release();
  });

  it('is held against other processes, and dies with its owner', async () => {
    const child = await holder();
    assert.deepEqual(takeLock(file()), { taken: false, pid: child.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const mine = takeLock(file());
    assert.ok(mine.taken, 'a killed owner leaves no stale lock');
    mine.lock.release();
  });

  it('does not take a strange file for its own', async () => {
    writeFileSync(file(), 'not a database, and long enough to be looked at'.repeat(50));
    await problemFrom('data.corrupt', () => takeLock(file()));
    await problemFrom('data.readOnly', () => takeLock(folder.at('nowhere', 'lock.db')));
  });
});
