import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { ProblemError } from '../../../server/base';
import { inspectUserRepository, prepareDependencies } from '../../../server/git';
import { ctx, filesOf, git, makeRepository, open, removeFolders, treeNames, write } from './fixture';

const files = {
  'a.txt': 'one\n',
  'dir/b.txt': 'two\n',
  'run.sh': { executable: '#!/bin/sh\n' },
  link: { link: 'a.txt' },
  '.gitignore': 'node_modules/\n*.log\n.planning\n',
};

/** A repository with a base and one worktree at it. */
async function ready() {
  const top = makeRepository(files);
  write(top, { '.planning/STATE.md': 's' });
  const opened = await open(top);
  const base = await opened.repository.snapshot(ctx, 'refs/symphony/base', 'base');
  const folder = opened.worktree('plan-1');
  await opened.repository.ensureWorktree(ctx, folder, base.commit);
  const records = path.join(opened.repository.gitDir, 'worktrees');
  return { ...opened, top, base, folder, records: path.join(records, readdirSync(records)[0]!) };
}

const problemCode = (code: string) => (thrown: unknown) => {
  assert.ok(thrown instanceof ProblemError, String(thrown));
  assert.equal(thrown.problem.code, code);
  return true;
};

describe('worktrees', () => {
  after(removeFolders);

  it('are worktrees to git itself', async () => {
    const { repository, folder, base } = await ready();
    const listed = git('/', `--git-dir=${repository.gitDir}`, 'worktree', 'list', '--porcelain');
    assert.ok(listed.includes(`worktree ${folder}\nHEAD ${base.commit}\ndetached\n`), listed);
    assert.equal(git(folder, 'status', '--porcelain'), '');
    assert.equal(git(folder, 'rev-parse', 'HEAD').trim(), base.commit);
    git('/', `--git-dir=${repository.gitDir}`, 'fsck', '--strict', '--no-dangling');
    write(folder, { 'a.txt': 'edited\n' });
    assert.equal(git(folder, 'status', '--porcelain'), ' M a.txt\n');
    assert.deepEqual(await repository.worktrees(ctx), [{ path: folder, commit: base.commit }]);
  });

  it('give the tree of new, changed and deleted files, and forced .planning', async () => {
    const { repository, folder, base } = await ready();
    write(folder, {
      'new/é.txt': 'n',
      'x.log': 'ignored',
      'node_modules/m/i.js': 'dep',
      '.planning/SUMMARY.md': 'done',
    });
    unlinkSync(path.join(folder, 'a.txt'));
    const tree = await repository.writeTree(ctx, folder);
    assert.deepEqual(treeNames(repository, tree), [
      '100644 .gitignore',
      '100644 .planning/STATE.md',
      '100644 .planning/SUMMARY.md',
      '100644 dir/b.txt',
      '120000 link',
      '100644 new/é.txt',
      '100755 run.sh',
    ]);
    // What was new and is ignored since does not belong, however the cache remembers it.
    write(folder, { '.gitignore': 'node_modules/\n*.log\n.planning\nnew/\n' });
    const without = await repository.writeTree(ctx, folder);
    assert.ok(!treeNames(repository, without).some((name) => name.includes('new/')));
    await repository.restoreTree(ctx, folder, tree);
    assert.equal(await repository.writeTree(ctx, folder), tree);
    await repository.restoreTree(ctx, folder, base.tree);
    assert.equal(await repository.writeTree(ctx, folder), base.tree);
    assert.ok(existsSync(path.join(folder, 'x.log')) && existsSync(path.join(folder, 'node_modules/m/i.js')));
    assert.equal(existsSync(path.join(folder, 'new')), false);
  });

  it('are restored whatever kind of thing is in the way', async () => {
    const { repository, folder, base, top } = await ready();
    rmSync(path.join(folder, 'dir'), { recursive: true });
    symlinkSync(top, path.join(folder, 'dir'));
    unlinkSync(path.join(folder, 'a.txt'));
    write(folder, { 'a.txt/inner/deep.txt': 'd' });
    unlinkSync(path.join(folder, 'link'));
    write(folder, { link: 'now a file' });
    const before = filesOf(top);
    await repository.restoreTree(ctx, folder, base.tree);
    assert.deepEqual(filesOf(folder), before);
    assert.deepEqual(filesOf(top), before, 'nothing was written through the link');
  });

  it('are completed from whatever a killed process left', async () => {
    const spoil: Record<string, (at: Awaited<ReturnType<typeof ready>>) => void> = {
      'no folder': ({ folder }) => rmSync(folder, { recursive: true }),
      'no records': ({ records }) => rmSync(records, { recursive: true }),
      'no .git file': ({ folder }) => unlinkSync(path.join(folder, '.git')),
      'half a .git file': ({ folder }) => writeFileSync(path.join(folder, '.git'), 'gitd'),
      'empty HEAD': ({ records }) => writeFileSync(path.join(records, 'HEAD'), ''),
      'no commondir': ({ records }) => unlinkSync(path.join(records, 'commondir')),
      'half a gitdir': ({ records }) => writeFileSync(path.join(records, 'gitdir'), '/no'),
      'lock of the index': ({ records }) => writeFileSync(path.join(records, 'index.lock'), ''),
      'damaged index': ({ records }) => writeFileSync(path.join(records, 'index'), 'DIRC rubbish'),
      'no index': ({ records }) => unlinkSync(path.join(records, 'index')),
      'half checked out': ({ folder }) => {
        unlinkSync(path.join(folder, 'a.txt'));
        writeFileSync(path.join(folder, 'dir/b.txt'), '');
      },
      'damaged cache': ({ home }) => {
        const caches = path.join(home, 'repository.git/symphony');
        for (const name of readdirSync(caches)) writeFileSync(path.join(caches, name), 'rubbish');
      },
      'cache of another state': ({ home, records }) => {
        const caches = path.join(home, 'repository.git/symphony');
        for (const name of readdirSync(caches))
          copyFileSync(path.join(records, 'index'), path.join(caches, name));
      },
      'lock of the cache': ({ home }) => {
        const caches = path.join(home, 'repository.git/symphony');
        for (const name of readdirSync(caches)) writeFileSync(path.join(caches, `${name}.lock`), '');
      },
      'lock of a ref': ({ home }) =>
        writeFileSync(path.join(home, 'repository.git/refs/symphony/base.lock'), ''),
    };
    let at = await ready();
    for (const [what, damage] of Object.entries(spoil)) {
      damage(at);
      // Half of them in the same life, half after a restart.
      if (what.length % 2 === 0) at = { ...at, ...(await open(at.top, at.home)) };
      const { repository } = at;
      await repository.ensureWorktree(ctx, at.folder, at.base.commit);
      assert.equal(await repository.writeTree(ctx, at.folder), at.base.tree, what);
      assert.deepEqual(filesOf(at.folder), filesOf(at.top), what);
      await repository.setRef(ctx, 'refs/symphony/base', at.base.commit);
      assert.equal(git(at.folder, 'status', '--porcelain'), '', what);
    }
  }).timeout(90_000);

  it('survive kill -9 at any moment of their making', async () => {
    const top = makeRepository(
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, `${i}\n`])),
    );
    const { repository, home, worktree } = await open(top);
    const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
    const script = path.join(home, 'ensure.ts');
    const room = path.resolve(__dirname, '../../../server/git/index.ts');
    writeFileSync(
      script,
      `import { openPrivateRepository, inspectUserRepository } from ${JSON.stringify(room)};
      const log = { debug() {}, info() {}, warn() {}, error() {}, child() { return log; } };
      const ctx = { signal: new AbortController().signal, log };
      const clock = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };
      void (async () => {
        const user = await inspectUserRepository(ctx, ${JSON.stringify(top)});
        const repository = await openPrivateRepository(ctx, { gitDir: ${JSON.stringify(repository.gitDir)}, user, userRoot: user.top, clock });
        console.log('ready');
        await repository.ensureWorktree(ctx, ${JSON.stringify(worktree('w'))}, ${JSON.stringify(base.commit)});
        console.log('done');
      })();`,
    );
    for (let i = 0; i < 5; i++) {
      rmSync(worktree('w'), { recursive: true, force: true });
      rmSync(path.join(repository.gitDir, 'worktrees'), { recursive: true, force: true });
      const child = spawn(process.execPath, ['--import', 'tsx', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      setTimeout(() => child.kill('SIGKILL'), i * 30);
      await ended;
      const again = await open(top, home);
      await again.repository.ensureWorktree(ctx, worktree('w'), base.commit);
      assert.equal(await again.repository.writeTree(ctx, worktree('w')), base.tree);
    }
  }).timeout(90_000);

  it('never run what an agent put into a nested .git', async () => {
    const { repository, folder, base, home } = await ready();
    const trace = path.join(home, 'ran');
    const nest = (at: string) => {
      mkdirSync(at, { recursive: true });
      git(at, 'init', '-q');
      git(at, 'config', 'core.fsmonitor', `touch ${trace}`);
      write(at, { '.git/hooks/post-checkout': { executable: `#!/bin/sh\ntouch ${trace}\n` }, inner: 'x' });
    };
    const refused = async (at: string) => {
      const check = (thrown: unknown) => {
        problemCode('git.nested')(thrown);
        assert.equal((thrown as ProblemError).problem.args.path, at);
        return true;
      };
      await assert.rejects(repository.writeTree(ctx, folder), check);
      await assert.rejects(repository.restoreTree(ctx, folder, base.tree), check);
      await assert.rejects(repository.ensureWorktree(ctx, folder, base.commit), check);
      await assert.rejects(repository.removeWorktree(ctx, folder, base.commit), check);
      assert.equal(existsSync(trace), false);
    };
    nest(path.join(folder, 'sub/deep'));
    await refused('sub/deep/.git');
    write(folder, { 'sub/.gitignore': '*\n' });
    await refused('sub/deep/.git');
    rmSync(path.join(folder, 'sub'), { recursive: true });
    nest(path.join(folder, 'vendor/x'));
    await refused('vendor/x');
    rmSync(path.join(folder, 'vendor'), { recursive: true });
    unlinkSync(path.join(folder, '.git'));
    nest(folder);
    await refused('.git');
    rmSync(path.join(folder, '.git'), { recursive: true });
    writeFileSync(path.join(folder, '.git'), `gitdir: ${home}/elsewhere\n`);
    assert.equal(await repository.writeTree(ctx, folder).then((tree) => tree !== ''), true);
    assert.match(readFileSync(path.join(folder, '.git'), 'utf8'), /repository\.git\/worktrees\//);
  });

  it('are removed only when everything in them is recorded', async () => {
    const { repository, folder, base, home, records } = await ready();
    write(folder, { 'work.txt': 'w' });
    await assert.rejects(
      repository.removeWorktree(ctx, folder, base.commit),
      problemCode('git.worktreeChanged'),
    );
    const tree = await repository.writeTree(ctx, folder);
    const { commit } = await repository.commit(ctx, tree, [base.commit], 'w', 0);
    await repository.removeWorktree(ctx, folder, commit);
    await repository.removeWorktree(ctx, folder, commit);
    assert.deepEqual([existsSync(folder), existsSync(records)], [false, false]);
    assert.deepEqual(readdirSync(path.join(home, 'worktrees')), []);
    await assert.rejects(repository.restoreTree(ctx, path.join(home, 'other'), tree), /is not below/);
    await assert.rejects(
      repository.restoreTree(ctx, path.join(home, 'worktrees/../../x'), tree),
      /is not below/,
    );
  });

  it('get ignored dependency folders of the user’s tree, once', async () => {
    const { top, folder, repository, base, home } = await ready();
    write(top, {
      'node_modules/m/run': { executable: 'x' },
      'node_modules/.bin/m': { link: '../m/run' },
      'packages/p/node_modules/q/i.js': 'q',
      'dist.log': 'no dependency',
    });
    write(path.join(home, 'worktrees'), { '.incoming-x/half': 'h' });
    const user = await inspectUserRepository(ctx, top);
    const bring = () => prepareDependencies(ctx, { user, worktree: folder, environment: { HOME: home } });
    assert.deepEqual((await bring()).sort(), ['node_modules', 'packages/p/node_modules']);
    assert.deepEqual(await bring(), []);
    assert.equal(filesOf(folder)['node_modules/.bin/m'], 'link ../m/run');
    assert.equal(filesOf(folder)['node_modules/m/run'], filesOf(top)['node_modules/m/run']);
    assert.equal(await repository.writeTree(ctx, folder), base.tree);
    await open(top, home);
    assert.deepEqual(readdirSync(path.join(home, 'worktrees')), ['plan-1']);
  });

  it('stop when cancelled and work again afterwards', async () => {
    const { repository, folder, base } = await ready();
    const stop = new AbortController();
    const work = repository.writeTree({ ...ctx, signal: stop.signal }, folder);
    stop.abort();
    await assert.rejects(work, { name: 'AbortError' });
    assert.equal(await repository.writeTree(ctx, folder), base.tree);
  });
});
