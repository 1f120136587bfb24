import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { ProblemError } from '../../../server/base';
import { fingerprintOf, inspectUserRepository } from '../../../server/git';
import { ctx, freshFolder, git, makeRepository, removeFolders, write } from './fixture';

describe('the user’s repository', () => {
  after(removeFolders);

  const refuses = async (folder: string, code: string) => {
    await assert.rejects(inspectUserRepository(ctx, folder), (thrown: unknown) => {
      assert.ok(thrown instanceof ProblemError);
      assert.deepEqual(thrown.problem, { code, args: { path: folder } });
      return true;
    });
  };

  it('is found from a folder below', async () => {
    const top = makeRepository({ 'src/a.txt': 'a' });
    const user = await inspectUserRepository(ctx, path.join(top, 'src'));
    assert.deepEqual(user, {
      top,
      gitDir: path.join(top, '.git'),
      commonDir: path.join(top, '.git'),
      head: git(top, 'rev-parse', 'HEAD').trim(),
      branch: 'main',
      shallow: false,
      objectFormat: 'sha1',
    });
  });

  it('is known when unborn, detached, shallow, linked, SHA-256, and by names with line breaks', async () => {
    const unborn = path.join(freshFolder(), 'a\nb');
    mkdirSync(unborn);
    git(unborn, 'init', '-q', '-b', 'trunk', '--object-format=sha256');
    const first = await inspectUserRepository(ctx, unborn);
    assert.deepEqual(
      [first.top, first.head, first.branch, first.objectFormat],
      [unborn, null, 'trunk', 'sha256'],
    );

    const top = makeRepository({ a: '1' });
    git(top, 'commit', '-q', '--allow-empty', '-m', 'second');
    git(top, 'worktree', 'add', '-q', '../linked');
    git(top, 'checkout', '-q', '--detach');
    assert.equal((await inspectUserRepository(ctx, top)).branch, null);
    const linked = await inspectUserRepository(ctx, path.join(top, '../linked'));
    assert.equal(linked.commonDir, path.join(top, '.git'));
    assert.equal(linked.gitDir, path.join(top, '.git/worktrees/linked'));
    const clone = path.join(top, '../clone');
    git(top, 'clone', '-q', '--depth=1', `file://${top}`, clone);
    assert.equal((await inspectUserRepository(ctx, clone)).shallow, true);
  });

  it('is refused where there is none or no files', async () => {
    const folder = freshFolder();
    await refuses(folder, 'workspace.notGit');
    await refuses(path.join(folder, 'missing'), 'workspace.notGit');
    const bare = path.join(folder, 'bare.git');
    git(folder, 'init', '-q', '--bare', bare);
    await refuses(bare, 'workspace.bare');
    const top = makeRepository({ a: '1' });
    await refuses(path.join(top, '.git'), 'workspace.notGit');
  });

  it('has its monitor and hooks left alone', async () => {
    const top = makeRepository({ a: '1' });
    const trace = path.join(top, '../ran');
    write(top, { '../payload.sh': { executable: `#!/bin/sh\ntouch ${trace}\n` } });
    git(top, 'config', 'core.fsmonitor', path.join(top, '../payload.sh'));
    await fingerprintOf(ctx, await inspectUserRepository(ctx, top));
    assert.equal(existsSync(trace), false);
  });

  it('needs a git, and one that is new enough', async () => {
    const top = makeRepository({ a: '1' });
    const tools = freshFolder();
    const own = process.env.PATH;
    const withPath = async (expected: object) => {
      process.env.PATH = tools;
      try {
        await assert.rejects(inspectUserRepository(ctx, top), (thrown: unknown) => {
          assert.deepEqual((thrown as ProblemError).problem, expected);
          return true;
        });
      } finally {
        process.env.PATH = own;
      }
    };
    await withPath({ code: 'workspace.gitMissing', args: {} });
    write(tools, { git: { executable: '#!/bin/sh\necho "git version 2.37.9 (Old)"\n' } });
    await withPath({ code: 'workspace.gitTooOld', args: { found: '2.37.9 (Old)', needed: '2.38' } });
  });

  it('is recognised after a move', async () => {
    const top = makeRepository({ a: '1' });
    const before = await fingerprintOf(ctx, await inspectUserRepository(ctx, top));
    renameSync(top, `${top}-moved`);
    const after = await fingerprintOf(ctx, await inspectUserRepository(ctx, `${top}-moved`));
    assert.deepEqual(after, before);
    assert.match(after.firstCommit ?? '', /^[0-9a-f]{40}$/);
  });
});
