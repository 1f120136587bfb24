import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ProblemError } from '../../../server/base';
import { ctx, fingerprint, freshFolder, git, makeRepository, removeFolders, write } from '../git/fixture';
import { listed, openCheckpoints } from './fixture';

/** What people lost with other tools, tried on this one. */
describe('checkpoints and what others lost', function () {
  this.timeout(60_000);
  after(removeFolders);

  async function restored(top: string, between: () => void, root = top) {
    const opened = await openCheckpoints(top, undefined, { root });
    const { checkpoint } = await opened.checkpoints.create(ctx, 'then');
    between();
    const { from, files } = await opened.checkpoints.preview(ctx, { checkpoint });
    const done = await opened.checkpoints.restore(ctx, { checkpoint, from, dirty: [] });
    return { ...opened, ...done, shown: files };
  }
  const read = (top: string, name: string) => readFileSync(path.join(top, name), 'utf8');

  it('keeps new and ignored files that were there already, and those the rules hid then', async () => {
    const top = makeRepository({ 'a.txt': 'a\n', '.gitignore': '*.log\nsecrets/\n' });
    write(top, { 'notes.txt': 'mine\n', 'run.log': 'log\n', 'secrets/key': 'k\n' });
    const { files } = await restored(top, () => {
      write(top, { 'a.txt': 'b\n', '.gitignore': '', 'later.txt': 'l\n' });
    });
    assert.equal(read(top, 'notes.txt'), 'mine\n');
    assert.equal(read(top, 'run.log'), 'log\n');
    assert.equal(read(top, 'secrets/key'), 'k\n');
    assert.equal(read(top, 'a.txt'), 'a\n');
    assert.equal(existsSync(path.join(top, 'later.txt')), false);
    const left = files.filter(({ problem }) => problem !== null);
    assert.deepEqual(left.map(({ path: at, problem }) => `${at}: ${problem?.code}`).sort(), [
      'run.log: checkpoint.notKnown',
      'secrets/key: checkpoint.notKnown',
    ]);
  });

  it('brings back a file that was new at the checkpoint and removed since, and the removed later one too', async () => {
    const top = makeRepository({ 'a.txt': 'a\n' });
    write(top, { 'draft/new.txt': 'draft\n' });
    const { checkpoints, recovery } = await restored(top, () => {
      rmSync(path.join(top, 'draft'), { recursive: true });
      write(top, { 'later/x.txt': 'x\n' });
    });
    assert.equal(read(top, 'draft/new.txt'), 'draft\n');
    assert.equal(existsSync(path.join(top, 'later')), false);
    const { from } = await checkpoints.preview(ctx, recovery);
    await checkpoints.restore(ctx, { checkpoint: recovery.checkpoint, from, dirty: [] });
    assert.equal(read(top, 'later/x.txt'), 'x\n');
  });

  it('leaves commits made since on their branch, and the index, stash and refs as they are', async () => {
    const top = makeRepository({ 'a.txt': 'a\n' });
    write(top, { 'a.txt': 'stash me\n' });
    git(top, 'stash');
    let before: Record<string, string> = {};
    await restored(top, () => {
      write(top, { 'a.txt': 'committed\n' });
      git(top, 'commit', '-qam', 'the user’s own work');
      write(top, { 'b.txt': 'staged\n' });
      git(top, 'add', 'b.txt');
      before = fingerprint(path.join(top, '.git'));
    });
    assert.deepEqual(fingerprint(path.join(top, '.git')), before);
    assert.equal(git(top, 'log', '--format=%s', '-1').trim(), 'the user’s own work');
    assert.equal(read(top, 'a.txt'), 'a\n');
    assert.equal(git(top, 'show', 'HEAD:a.txt'), 'committed\n');
    assert.match(git(top, 'stash', 'list'), /stash@\{0\}/);
  });

  it('keeps what was staged, the sides of a merge and where the repository stood, even when git forgets them', async () => {
    const top = makeRepository({ 'a.txt': 'a\n' });
    git(top, 'checkout', '-qb', 'side');
    write(top, { 'a.txt': 'side\n' });
    git(top, 'commit', '-qam', 'side');
    git(top, 'checkout', '-q', 'main');
    write(top, { 'a.txt': 'ours\n' });
    git(top, 'commit', '-qam', 'ours');
    assert.throws(() => git(top, 'merge', 'side'));
    write(top, { 'only staged.txt': 'staged once\n' });
    git(top, 'add', 'only staged.txt');
    write(top, { 'only staged.txt': 'on disk\n' });
    const { checkpoints, repository } = await openCheckpoints(top);
    const { checkpoint, commit } = await checkpoints.create(ctx, 'in a merge');
    const { stood } = await checkpoints.show(ctx, { checkpoint });
    assert.deepEqual([stood?.doing, stood?.branch, stood?.staged], ['merge', 'main', 4]);
    git(top, 'reset', '-q', '--hard');
    git(top, 'branch', '-qD', 'side');
    git(top, 'reflog', 'expire', '--expire=now', '--all');
    git(top, 'gc', '-q', '--prune=now');
    const own = (name: string) => git(repository.gitDir, 'show', `${commit}^2:${name}`);
    assert.equal(own('staged/only staged.txt'), 'staged once\n');
    assert.equal(own('unmerged/3/a.txt'), 'side\n');
  });

  it('leaves files with unsaved changes, files that change meanwhile, submodules and repositories inside', async () => {
    const inner = makeRepository({ 'i.txt': 'i\n' });
    const top = makeRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
    git(top, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'sub');
    git(top, 'commit', '-qm', 'sub');
    mkdirSync(path.join(top, 'nested'));
    git(path.join(top, 'nested'), 'init', '-q');
    write(top, { 'nested/n.txt': 'n\n' });
    const { checkpoints } = await openCheckpoints(top);
    const { checkpoint } = await checkpoints.create(ctx, 'then');
    write(top, { 'a.txt': 'A\n', 'b.txt': 'B\n', 'nested/n.txt': 'N\n', 'sub/i.txt': 'I\n' });
    const { from } = await checkpoints.preview(ctx, { checkpoint });
    const { files } = await checkpoints.restore(ctx, { checkpoint, from, dirty: ['b.txt'] });
    assert.deepEqual(
      files.map(({ path: at, problem }) => `${at} ${problem?.code ?? 'done'}`),
      ['a.txt done', 'b.txt checkpoint.dirty'],
    );
    assert.equal(read(top, 'b.txt'), 'B\n');
    assert.equal(read(top, 'nested/n.txt'), 'N\n');
    assert.equal(read(top, 'sub/i.txt'), 'I\n');
    await assert.rejects(
      checkpoints.restore(ctx, { checkpoint, from, dirty: [] }),
      (thrown) => thrown instanceof ProblemError && thrown.problem.code === 'checkpoint.treeChanged',
    );
  });

  it('counts files outside a sparse checkout as there, then and now', async () => {
    const top = makeRepository({ 'in/a.txt': 'a\n', 'out/b.txt': 'b\n' });
    git(top, 'sparse-checkout', 'set', 'in');
    assert.equal(existsSync(path.join(top, 'out/b.txt')), false);
    const { files } = await restored(top, () => {
      write(top, { 'in/a.txt': 'A\n' });
      git(top, 'sparse-checkout', 'disable');
    });
    assert.deepEqual(
      files.map(({ path: at }) => at),
      ['in/a.txt'],
    );
    assert.equal(read(top, 'out/b.txt'), 'b\n');
    assert.equal(read(top, 'in/a.txt'), 'a\n');
  });

  it('touches nothing outside the open folder, and follows no link', async () => {
    const top = makeRepository({ 'app/a.txt': 'a\n', 'other/b.txt': 'b\n', 'app/d/c.txt': 'c\n' });
    const outside = freshFolder();
    const { files } = await restored(
      top,
      () => {
        write(top, { 'app/a.txt': 'A\n', 'other/b.txt': 'B\n' });
        renameSync(path.join(top, 'app/d'), path.join(outside, 'd'));
        write(top, { 'app/d': { link: path.join(outside, 'd') } });
        write(outside, { 'd/c.txt': 'theirs\n' });
      },
      path.join(top, 'app'),
    );
    assert.equal(read(top, 'other/b.txt'), 'B\n');
    assert.equal(read(top, 'app/a.txt'), 'a\n');
    assert.equal(read(outside, 'd/c.txt'), 'theirs\n');
    assert.deepEqual(
      files.filter(({ problem }) => problem !== null),
      [],
    );
    assert.ok(listed(top).has('app/d/c.txt'));
  });
});
