import { strict as assert } from 'node:assert';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {
  ctx,
  filesOf,
  fingerprint,
  freshFolder,
  git,
  makeRepository,
  open,
  removeFolders,
  treeNames,
  write,
} from './fixture';

const names = (list: readonly string[]) => list.map((line) => line.slice(7)).sort();

describe('a snapshot', function () {
  // Dozens of git processes each; other work on the computer can slow them down a lot.
  this.timeout(60_000);
  after(removeFolders);

  /** Sets a repository up, uses every function that reads it, and compares its `.git` byte for byte. */
  async function check(top: string, expected: readonly string[] | null, root = top): Promise<void> {
    const gitFolder = git(top, 'rev-parse', '--path-format=absolute', '--git-common-dir').trim();
    const before = { git: fingerprint(gitFolder), files: fingerprint(top, (name) => name === '.git') };
    const status = git(top, 'status', '--porcelain=v2', '--untracked-files=all');
    const afterStatus = fingerprint(gitFolder);
    const opened = await open(top, undefined, root);
    const { repository } = opened;
    const { commit, tree } = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
    assert.equal(await repository.readRef(ctx, 'refs/symphony/base'), commit);
    if (expected !== null) assert.deepEqual(names(treeNames(repository, tree)), [...expected].sort());
    const again = await repository.snapshot(ctx, 'refs/symphony/again', 'base');
    assert.deepEqual(again, { commit, tree }, 'an unchanged tree gives the same commit');
    const folder = opened.worktree('one');
    await repository.ensureWorktree(ctx, folder, commit);
    assert.equal(await repository.writeTree(ctx, folder), tree);
    write(folder, { 'agent.txt': 'work\n' });
    const changed = await repository.writeTree(ctx, folder);
    const made = await repository.commit(ctx, changed, [commit], 'agent', 0, 'refs/symphony/agent');
    const merged = await repository.merge(ctx, commit, made.commit, commit);
    assert.deepEqual(merged, { kind: 'clean', tree: changed });
    await repository.restoreTree(ctx, folder, tree);
    assert.equal(existsSync(path.join(folder, 'agent.txt')), false);
    await repository.removeWorktree(ctx, folder, commit);
    assert.deepEqual(fingerprint(gitFolder), afterStatus, 'nothing in .git changed');
    assert.deepEqual(
      before.files,
      fingerprint(top, (name) => name === '.git'),
    );
    assert.equal(git(top, 'status', '--porcelain=v2', '--untracked-files=all'), status);
  }

  const files = {
    'a.txt': 'one\n',
    'dir/b.txt': 'two\n',
    '.gitignore': 'ignored/\n*.log\n.planning/\n',
    gone: 'x',
  };

  it('holds staged, unstaged, new, forced and tracked-but-ignored files', async () => {
    const top = makeRepository(files);
    write(top, { 'kept.log': 'tracked though ignored', 'staged.txt': 's' });
    git(top, 'add', '-f', 'kept.log', 'staged.txt');
    git(top, 'stash', 'push', '-q', '-m', 'kept');
    git(top, 'stash', 'apply', '-q', '--index');
    write(top, {
      'a.txt': 'edited\n',
      'new file\n"ü".txt': 'n',
      '-dash': 'd',
      'ignored/x': 'i',
      'other.log': 'o',
    });
    write(top, {
      '.planning/ROADMAP.md': '# r',
      '.planning/phases/01/x.log': 'l',
      '.planning/.git/HEAD': 'no',
    });
    write(path.dirname(top), { excl: '*.mine\n', '.gitconfig': '[core]\n\texcludesFile = ~/excl\n' });
    write(top, { 'x.mine': 'm', 'y.own': 'y', '.git/info/exclude': '*.own\n' });
    rmSync(path.join(top, 'gone'));
    await check(top, [
      '.gitignore',
      '.planning/ROADMAP.md',
      '.planning/phases/01/x.log',
      '-dash',
      'a.txt',
      'dir/b.txt',
      'kept.log',
      'new file\n"ü".txt',
      'staged.txt',
    ]);
  });

  it('works without a commit, detached, shallow, in a linked worktree, with SHA-256', async () => {
    const unborn = path.join(freshFolder(), 'project');
    git(path.dirname(unborn), 'init', '-q', unborn);
    write(unborn, { 'n.txt': 'n' });
    await check(unborn, ['n.txt']);

    const top = makeRepository(files);
    git(top, 'commit', '-q', '--allow-empty', '-m', 'second');
    git(top, 'checkout', '-q', '--detach');
    await check(top, ['.gitignore', 'a.txt', 'dir/b.txt', 'gone']);

    git(top, 'worktree', 'add', '-q', '-b', 'side', '../linked');
    write(path.join(top, '../linked'), { 'new.txt': 'n' });
    await check(path.join(top, '../linked'), ['.gitignore', 'a.txt', 'dir/b.txt', 'gone', 'new.txt']);

    const clone = path.join(top, '../clone');
    git(top, 'clone', '-q', '--depth=1', '-b', 'side', `file://${top}`, clone);
    await check(clone, null);

    const modern = makeRepository(files, '--object-format=sha256');
    write(modern, { 'a.txt': 'edited' });
    await check(modern, ['.gitignore', 'a.txt', 'dir/b.txt', 'gone']);
  });

  it('works in the middle of a merge', async () => {
    const top = makeRepository(files);
    git(top, 'checkout', '-q', '-b', 'other');
    write(top, { 'a.txt': 'theirs\n' });
    git(top, 'commit', '-qam', 'theirs');
    git(top, 'checkout', '-q', 'main');
    write(top, { 'a.txt': 'ours\n' });
    git(top, 'commit', '-qam', 'ours');
    assert.throws(() => git(top, 'merge', 'other'));
    await check(top, ['.gitignore', 'a.txt', 'dir/b.txt', 'gone']);
  });

  it('keeps submodules, leaves nested repositories out, and takes .planning of a folder below', async () => {
    const inner = makeRepository({ 'i.txt': 'i' });
    const top = makeRepository(files);
    git(top, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'module');
    git(top, 'commit', '-qm', 'module');
    write(top, { 'module/edited.txt': 'e', 'nested/x.txt': 'x', 'app/.planning/p.md': 'p', 'app/a.ts': 'a' });
    git(path.join(top, 'nested'), 'init', '-q');
    await check(
      top,
      ['.gitignore', '.gitmodules', 'a.txt', 'app/.planning/p.md', 'app/a.ts', 'dir/b.txt', 'gone', 'module'],
      path.join(top, 'app'),
    );
  });

  it('sees files become folders, links and repositories, and back', async () => {
    const top = makeRepository({ ...files, 'd/x': 'x', 'd/y': 'y', e: 'e', f: 'f' });
    const { repository } = await open(top);
    const look = async () =>
      names(treeNames(repository, (await repository.snapshot(ctx, 'refs/symphony/s', 's')).tree));
    const rest = ['.gitignore', 'a.txt', 'dir/b.txt', 'gone'];
    assert.deepEqual(await look(), [...rest, 'd/x', 'd/y', 'e', 'f'].sort());
    rmSync(path.join(top, 'd'), { recursive: true });
    symlinkSync('dir', path.join(top, 'd'));
    rmSync(path.join(top, 'e'));
    write(top, { 'e/inner': 'i' });
    rmSync(path.join(top, 'f'));
    git(top, 'init', '-q', 'f');
    write(top, { 'f/z': 'z' });
    git(path.join(top, 'f'), 'add', '-A');
    git(path.join(top, 'f'), 'commit', '-qm', 'z');
    assert.deepEqual(await look(), [...rest, 'd', 'e/inner'].sort());
    const fresh = await open(top);
    const tree = (await fresh.repository.snapshot(ctx, 'refs/symphony/s', 's')).tree;
    assert.deepEqual(names(treeNames(fresh.repository, tree)), [...rest, 'd', 'e/inner'].sort());
    // A link whose target holds the very files that were tracked behind it.
    rmSync(path.join(top, 'd'));
    write(top, { 'elsewhere/x': 'x', 'elsewhere/y': 'y' });
    symlinkSync('elsewhere', path.join(top, 'd'));
    assert.deepEqual(await look(), [...rest, 'd', 'e/inner', 'elsewhere/x', 'elsewhere/y'].sort());
    write(top, { '.gitignore': 'e/\n' });
    assert.deepEqual(
      await look(),
      ['.gitignore', 'a.txt', 'd', 'dir/b.txt', 'elsewhere/x', 'elsewhere/y', 'gone'].filter(
        (name) => name !== '.planning/',
      ),
      'ignored since',
    );
  });

  it('does not take a repository in the place of a tracked file for a submodule', async () => {
    const top = makeRepository({ f: 'f', g: 'g' });
    rmSync(path.join(top, 'f'));
    git(top, 'init', '-q', 'f');
    git(path.join(top, 'f'), 'commit', '-q', '--allow-empty', '-m', 'inner');
    const { repository } = await open(top);
    for (let i = 0; i < 2; i++) {
      const { tree } = await repository.snapshot(ctx, 'refs/symphony/s', 's');
      assert.deepEqual(treeNames(repository, tree), ['100644 g']);
    }
  });

  it('stores and restores every byte', async () => {
    const trace = path.join(freshFolder(), 'ran');
    const odd = {
      'crlf.txt': 'a\r\nb\r\n',
      'mixed.txt': 'a\r\nb\nc\r',
      'eol.txt': 'x\ny\n',
      'bom.txt': '\uFEFFbom\r\n',
      'wide.txt': Buffer.from('\uFEFFwide\r\n', 'utf16le'),
      'ident.c': '/* $Id$ */\n/* $Id: old $ */\n',
      'large.bin': Buffer.from([0, 13, 10, 255, 254, 0]),
      'run.sh': { executable: '#!/bin/sh\r\n' },
      link: { link: 'crlf.txt' },
      dangling: { link: '../no/where' },
      'empty.txt': '',
    };
    const attributes = `*.txt text=auto eol=crlf\nwide.txt working-tree-encoding=UTF-16\n*.c ident\n*.bin filter=lfs diff=lfs merge=lfs -text\n`;
    const top = makeRepository({ '.gitattributes': attributes });
    write(top, odd);
    git(top, 'config', 'core.autocrlf', 'true');
    for (const name of ['clean', 'smudge', 'process'])
      git(top, 'config', `filter.lfs.${name}`, `touch ${trace}; cat`);
    git(top, 'config', 'filter.lfs.required', 'true');
    const { repository, worktree } = await open(top);
    const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
    await repository.ensureWorktree(ctx, worktree('a'), base.commit);
    assert.deepEqual(filesOf(worktree('a')), filesOf(top));
    assert.equal(await repository.writeTree(ctx, worktree('a')), base.tree);
    assert.equal(existsSync(trace), false, 'no filter ran');
    assert.equal(readFileSync(path.join(worktree('a'), 'crlf.txt'), 'utf8'), 'a\r\nb\r\n');
  });

  it('runs nothing that the user’s repository configures', async () => {
    const top = makeRepository(files);
    const trace = path.join(freshFolder(), 'ran');
    const payload = { executable: `#!/bin/sh\ntouch ${trace}\n` };
    const hooks = [
      'post-index-change',
      'reference-transaction',
      'post-checkout',
      'pre-commit',
      'post-commit',
    ];
    write(top, Object.fromEntries(hooks.map((name) => [`.git/hooks/${name}`, payload])));
    write(top, {
      '.git/monitor': payload,
      '.gitattributes': '* filter=f diff=f merge=f\n',
      'a.txt': 'edited',
    });
    const config = `[core]\n fsmonitor = ${top}/.git/monitor\n pager = touch ${trace}\n editor = touch ${trace}\n`;
    const drivers = ['clean', 'smudge', 'process'].map((name) => ` ${name} = touch ${trace}\n`).join('');
    write(top, {
      '.git/config': `${readFileSync(path.join(top, '.git/config'), 'utf8')}${config}[filter "f"]\n${drivers}[diff "f"]\n command = touch ${trace}\n textconv = touch ${trace}\n[merge "f"]\n driver = touch ${trace}\n`,
    });
    const { repository, worktree } = await open(top);
    const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
    const sides = [];
    for (const name of ['ours', 'theirs']) {
      await repository.ensureWorktree(ctx, worktree(name), base.commit);
      write(worktree(name), { 'a.txt': name });
      const tree = await repository.writeTree(ctx, worktree(name));
      sides.push(await repository.commit(ctx, tree, [base.commit], name, 0));
    }
    await repository.merge(ctx, base.commit, sides[0]!.commit, sides[1]!.commit);
    await repository.changes(ctx, base.commit, sides[0]!.commit);
    await repository.lineCounts(ctx, base.commit, sides[0]!.commit);
    assert.equal(existsSync(trace), false);
  });

  it('reads split, sparse and cached indexes', async () => {
    const top = makeRepository({ ...files, 'out/of/sight': 'x', 'in/sight': 'y' });
    git(top, 'update-index', '--split-index', '--untracked-cache');
    write(top, { 'new.txt': 'n' });
    await check(top, ['.gitignore', 'a.txt', 'dir/b.txt', 'gone', 'in/sight', 'new.txt', 'out/of/sight']);
    git(top, 'update-index', '--no-split-index');
    git(top, 'sparse-checkout', 'set', '--cone', '--sparse-index', 'in');
    await check(top, ['.gitignore', 'a.txt', 'gone', 'in/sight', 'new.txt']);
  });

  it('takes modes from the index where the disk has none', async () => {
    const top = makeRepository({ 'run.sh': { executable: 'x' }, plain: 'p' });
    git(top, 'config', 'core.fileMode', 'false');
    chmodSync(path.join(top, 'run.sh'), 0o644);
    write(top, { 'run.sh': 'edited', new: { executable: 'n' } });
    const { repository } = await open(top);
    for (let i = 0; i < 2; i++) {
      const { tree } = await repository.snapshot(ctx, 'refs/symphony/s', 's');
      assert.deepEqual(treeNames(repository, tree), ['100644 new', '100644 plain', '100755 run.sh']);
    }
  });

  it('is made of a repository with an odd name that someone else owns', async () => {
    const top = path.join(freshFolder(), '#a "b"\nc\\d');
    mkdirSync(top);
    git(top, 'init', '-q');
    write(top, { 'a.txt': 'a' });
    git(top, 'add', '-A');
    git(top, 'commit', '-qm', 'first');
    if (process.getuid?.() === 0) for (const name of [top, `${top}/.git`]) chownSync(name, 12345, 12345);
    const { repository, worktree } = await open(top);
    const { commit, tree } = await repository.snapshot(ctx, 'refs/symphony/s', 's');
    await repository.ensureWorktree(ctx, worktree('w'), commit);
    assert.equal(await repository.writeTree(ctx, worktree('w')), tree);
    await repository.readObject(
      ctx,
      git('/', `--git-dir=${repository.gitDir}`, 'rev-parse', `${tree}:a.txt`).trim(),
    );
  });

  it('follows a user who deepens a shallow clone and moves it', async () => {
    const origin = makeRepository(files);
    git(origin, 'commit', '-q', '--allow-empty', '-m', 'second');
    const top = path.join(freshFolder(), 'clone');
    git(path.dirname(top), 'clone', '-q', '--depth=1', `file://${origin}`, top);
    const opened = await open(top);
    const first = await opened.repository.snapshot(ctx, 'refs/symphony/s', 's');
    assert.ok(existsSync(path.join(opened.repository.gitDir, 'shallow')));
    git(top, 'fetch', '-q', '--unshallow');
    await opened.repository.snapshot(ctx, 'refs/symphony/s', 's');
    assert.equal(existsSync(path.join(opened.repository.gitDir, 'shallow')), false);
    renameSync(top, `${top}-moved`);
    const { repository } = await open(`${top}-moved`, opened.home);
    assert.deepEqual(await repository.snapshot(ctx, 'refs/symphony/s', 's'), first);
  });

  it('keeps names that are not UTF-8', async function () {
    if (process.platform !== 'linux') return this.skip();
    const top = makeRepository({ a: '1' });
    writeFileSync(Buffer.concat([Buffer.from(`${top}/`), Buffer.from([0xff, 0x61])]), 'x');
    const { repository } = await open(top);
    const { tree } = await repository.snapshot(ctx, 'refs/symphony/s', 's');
    assert.match(git('/', `--git-dir=${repository.gitDir}`, 'ls-tree', tree), /"\\377a"/);
  });
});
