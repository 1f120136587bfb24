import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ctx, fingerprint, git, makeRepository, removeFolders, write } from '../git/fixture';
import { openCheckpoints } from './fixture';

const kills = process.env['SYMPHONY_TIER'] === 'long' ? 25 : 3;
const files = 150;

describe('a restore that is killed', function () {
  this.timeout(kills * 30_000);
  after(removeFolders);

  it('is gone on with, and takes nothing that was written meanwhile', async () => {
    let halfway = 0;
    for (let round = 0; round < kills; round++) {
      const names = Array.from({ length: files }, (_, i) => `src/${i % 7}/file${i}.txt`);
      const top = makeRepository(Object.fromEntries(names.map((name) => [name, `then ${name}\n`])));
      const opened = await openCheckpoints(top);
      const { checkpoint } = await opened.checkpoints.create(ctx, 'then');
      for (const name of names) writeFileSync(path.join(top, name), `now ${name}\n`);
      write(top, { 'later/new.txt': 'later\n' });
      git(top, 'add', '-A');
      const before = fingerprint(path.join(top, '.git'));
      const restored = () =>
        names.filter((name) => readFileSync(path.join(top, name), 'utf8').startsWith('then')).length;

      await killedAt(top, opened.home, checkpoint, () => restored() > (round * files) / kills);
      const done = restored();
      if (done > 0 && done < files) halfway++;
      const touched = names.find((name) => readFileSync(path.join(top, name), 'utf8').startsWith('now'));
      if (touched !== undefined) writeFileSync(path.join(top, touched), 'a person wrote this\n');

      const again = await openCheckpoints(top, opened.home);
      const finished = await again.checkpoints.recover(ctx);
      assert.equal(existsSync(opened.journal), false);
      if (finished === undefined) assert.equal(restored(), files, 'it had ended');
      for (const name of names)
        assert.equal(
          readFileSync(path.join(top, name), 'utf8'),
          name === touched ? 'a person wrote this\n' : `then ${name}\n`,
        );
      assert.equal(existsSync(path.join(top, 'later')), false);
      assert.deepEqual(fingerprint(path.join(top, '.git')), before);
      const left = Object.keys(fingerprint(top)).filter((name) => name.includes('.symphony-'));
      assert.deepEqual(left, [], 'no half-written file stays');
      assert.equal(await again.checkpoints.recover(ctx), undefined);
    }
    assert.ok(halfway > 0, 'no kill hit the middle');
  });
});

/** Starts a restore and kills it when `enough` says so; also when it ended before. */
async function killedAt(top: string, home: string, checkpoint: string, enough: () => boolean): Promise<void> {
  const runner = path.join(__dirname, 'killRunner.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', runner, top, home, checkpoint], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdout.on('data', () => {
    const timer = setInterval(() => {
      if (!enough()) return;
      clearInterval(timer);
      child.kill('SIGKILL');
    }, 1);
    void ended.then(() => clearInterval(timer));
  });
  await ended;
}
