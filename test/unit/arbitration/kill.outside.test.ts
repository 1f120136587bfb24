/** The process that merges is killed with SIGKILL at seeded random moments and begun again: it comes to the same tree. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { silentLog } from '../../../server/base';
import { openStore } from '../../../server/arbitration/store';
import { mulberry32 } from '../../e2e/headless/aftermath';
import { ctx, git, makeRepository, open, removeFolders } from '../git/fixture';
import { isLong } from './schedules';

const seed = Number(process.env['SYMPHONY_SEED'] ?? 20261120);
const least = isLong ? 50 : 3;
const merger = path.join(__dirname, 'merger.ts');
const changeCount = 8;

describe('kill -9 during merges', function () {
  this.timeout(isLong ? 900_000 : 120_000);
  after(removeFolders);

  it(`loses no merge that was told and ends in the same tree, ${least} times over (seed ${seed})`, async () => {
    const text = (line: number, words: string): string =>
      Array.from({ length: 60 }, (_, index) => (index === line ? words : `line ${index}`)).join('\n');
    const opened = await open(makeRepository({ 'a.txt': text(-1, ''), 'b.txt': text(-1, '') }));
    const { repository } = opened;
    const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
    const folder = opened.worktree('one');
    await repository.ensureWorktree(ctx, folder, base.commit);
    const commits: string[] = [];
    for (let index = 0; index < changeCount; index++) {
      await repository.restoreTree(ctx, folder, base.tree);
      writeFileSync(path.join(folder, 'a.txt'), text(index * 7, `change ${index}`));
      // Every second one meets the one before it.
      writeFileSync(path.join(folder, 'b.txt'), text((index >> 1) * 7, `change ${index}`));
      const tree = await repository.writeTree(ctx, folder);
      commits.push((await repository.commit(ctx, tree, [base.commit], `change ${index}`, 0)).commit);
    }

    /** One life of the process; what it told, and whether it came to its end. */
    const live = (
      name: string,
      killMs?: number,
    ): Promise<{ told: string[]; done: string | undefined; ms: number }> =>
      new Promise((resolve, reject) => {
        const args = ['--import', 'tsx', merger, opened.top, opened.home, name, base.commit, ...commits];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let said = '';
        let began = 0;
        child.stdout.on('data', (chunk: Buffer) => {
          if (said === '') {
            began = performance.now();
            if (killMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killMs);
          }
          said += chunk.toString();
        });
        child.once('error', reject);
        child.once('close', (code, signal) => {
          if (signal === null && code !== 0) return reject(new Error(`exit ${code}: ${said}`));
          const told = said.split('\n').slice(0, -1);
          const done = told.find((line) => line.startsWith('done '))?.slice(5);
          resolve({ told, done, ms: performance.now() - began });
        });
      });

    const whole = await live('undisturbed');
    assert.ok(whole.done);
    const random = mulberry32(seed);
    let kills = 0;
    for (let run = 0; kills < least; run++) {
      const name = `run-${run}`;
      const told = new Map<string, string>();
      for (let done: string | undefined; done === undefined;) {
        const life = await live(name, kills < least ? random() * whole.ms : undefined);
        ({ done } = life);
        if (done === undefined) kills++;
        for (const line of life.told) {
          const [what, id, commit] = line.split(' ');
          if (what !== 'merged') continue;
          assert.ok(!told.has(id!), `merge ${id} was told and done again`);
          told.set(id!, commit!);
        }
        for (const [id, commit] of told)
          assert.equal(
            await repository.readRef(ctx, `refs/symphony/${name}/${id}`),
            commit,
            `merge ${id} is there`,
          );
        // The same commits with the same parents: every byte of every tree on the way is the same.
        if (done !== undefined) assert.equal(done, whole.done);
      }
    }
    const store = openStore({ file: path.join(opened.home, 'arbitration.db'), log: silentLog });
    const kept = store.load()!;
    store.close();
    assert.deepEqual([kept.granted, kept.waiting], [[], []], 'nobody holds or wants anything');
    assert.equal(
      git('/', `--git-dir=${repository.gitDir}`, 'fsck', '--connectivity-only', '--no-dangling'),
      '',
    );
  });
});
