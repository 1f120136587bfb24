import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../../server/base';
import { openFirings } from '../../server/storage';

const runner = path.join(__dirname, 'triggersRunner.ts');

describe('triggers whose process is killed', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'symphony-triggers-'));
  const [database, notes] = [path.join(folder, 'triggers.db'), path.join(folder, 'runs')];
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A life of the runner, killed `ms` after it began when that is given. */
  const live = (mode: 'fire' | 'settle', ms?: number): Promise<NodeJS.Signals | null> =>
    new Promise((resolve, reject) => {
      const args = ['--import', 'tsx', runner, database, notes, mode];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.once('data', () => {
        if (ms !== undefined) setTimeout(() => child.kill('SIGKILL'), ms);
      });
      child.once('error', reject);
      child.once('close', (_, signal) => resolve(signal));
    });

  it('start no run twice and lose none, ten times over', async () => {
    // Spread over the life of a firing by a fixed rule.
    for (let round = 0; round < 10; round++)
      assert.equal(await live('fire', 20 + ((round * 37) % 100)), 'SIGKILL');
    assert.equal(await live('settle'), null);
    const begun = readFileSync(notes, 'utf8').trim().split('\n');
    assert.equal(new Set(begun).size, begun.length, 'a run was started twice');
    const firings = await openFirings({ file: database, log: silentLog });
    const list = firings.list(10_000);
    firings.close();
    assert.ok(list.length > 20, `only ${list.length} firings`);
    assert.deepEqual(
      list.filter(({ state, run, key }) => state !== 'started' || run !== key),
      [],
    );
    assert.deepEqual(list.map(({ key }) => key).sort(), begun.sort());
  });
});
