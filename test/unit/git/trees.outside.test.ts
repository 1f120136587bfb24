import { strict as assert } from 'node:assert';
import { ProblemError } from '../../../server/base';
import {
  ctx,
  git,
  makeRepository,
  open,
  removeFolders,
  treeNames,
  write,
  type Content,
  type Opened,
} from './fixture';
import { rmSync } from 'node:fs';
import path from 'node:path';

type Side = Readonly<Record<string, Content | null>>;
const lines = (...items: string[]) => items.map((item) => `${item}\n`).join('');

describe('trees', () => {
  let opened: Opened;
  let base: { commit: string; tree: string };
  let counter = 0;
  const text = lines('1', '2', '3', '4', '5', '6', '7', '8');

  before(async () => {
    const top = makeRepository({
      'a.txt': text,
      'b.txt': text.replaceAll('\n', '\r\n'),
      'c.bin': Buffer.from([0, 1, 2]),
      'dir/d.txt': lines('d'),
      '.gitattributes': '*.txt merge=ours diff=x\n',
    });
    opened = await open(top);
    base = await opened.repository.snapshot(ctx, 'refs/symphony/base', 'base');
  });
  after(removeFolders);

  /** Commits `side` (null deletes) on top of `parent`. */
  async function commit(side: Side, parent = base.commit): Promise<{ commit: string; tree: string }> {
    const { repository, worktree } = opened;
    const folder = worktree(`w${++counter}`);
    await repository.ensureWorktree(ctx, folder, parent);
    for (const [name, content] of Object.entries(side)) {
      rmSync(path.join(folder, name), { force: true, recursive: true });
      if (content !== null) write(folder, { [name]: content });
    }
    return repository.commit(ctx, await repository.writeTree(ctx, folder), [parent], 'side', 0);
  }

  async function check(ours: Side, theirs: Side, expected: Record<string, string> | string[]): Promise<void> {
    const { repository } = opened;
    const [a, b] = [await commit(ours), await commit(theirs)];
    const result = await repository.merge(ctx, base.commit, a.commit, b.commit);
    if (Array.isArray(expected)) {
      assert.equal(result.kind, 'conflict');
      assert.deepEqual([...(result.kind === 'conflict' ? result.files : [])].sort(), expected);
      return;
    }
    assert.equal(result.kind, 'clean');
    for (const [name, content] of Object.entries(expected)) {
      const held = git('/', `--git-dir=${repository.gitDir}`, 'show', `${result.tree}:${name}`);
      assert.equal(held, content, name);
    }
  }

  it('merge cleanly where changes lie apart, byte for byte', async () => {
    const edit = (from: string, to: string) => text.replace(from, to);
    await check(
      { 'a.txt': edit('1', 'one') },
      { 'a.txt': edit('8', 'eight') },
      {
        'a.txt': edit('1', 'one').replace('8', 'eight'),
      },
    );
    const crlf = (value: string) => value.replaceAll('\n', '\r\n');
    await check(
      { 'b.txt': crlf(edit('1', 'one')) },
      { 'b.txt': crlf(edit('8', 'eight')) },
      {
        'b.txt': crlf(edit('1', 'one').replace('8', 'eight')),
      },
    );
    await check(
      { 'a.txt': null, 'moved/a.txt': edit('1', 'one') },
      { 'a.txt': edit('8', 'eight') },
      {
        'moved/a.txt': edit('1', 'one').replace('8', 'eight'),
      },
    );
  });

  it('name the files in conflict', async () => {
    await check({ 'a.txt': 'x\n' }, { 'a.txt': 'y\n' }, ['a.txt']);
    await check({ 'c.bin': Buffer.from([0, 9]) }, { 'c.bin': Buffer.from([0, 8]) }, ['c.bin']);
    await check({ 'a.txt': null }, { 'a.txt': 'y\n' }, ['a.txt']);
    await check({ 'n ew\n.txt': 'x' }, { 'n ew\n.txt': 'y' }, ['n ew\n.txt']);
  });

  it('merge over the base that was given, whatever history says', async () => {
    const { repository } = opened;
    const first = await commit({ 'a.txt': text.replace('1', 'one') });
    const second = await commit({ 'b.txt': 'second\n' }, first.commit);
    // History says `first`; over `base` both sides hold its change, which is no conflict.
    const result = await repository.merge(ctx, base.commit, first.commit, second.commit);
    assert.deepEqual(result, { kind: 'clean', tree: second.tree });
    const lone = await repository.commit(ctx, second.tree, [], 'without parents', 0);
    assert.deepEqual(await repository.merge(ctx, base.commit, first.commit, lone.commit), result);
  });

  it('take one side of a conflict', async () => {
    const { repository } = opened;
    const ours = await commit({ 'a.txt': 'x\n', 'dir/d.txt': null });
    const theirs = await commit({ 'a.txt': 'y\n', 'dir/d.txt': 'changed\n', 'new -f': 'n' });
    const merged = await repository.merge(ctx, base.commit, ours.commit, theirs.commit);
    assert.ok(merged.kind === 'conflict');
    assert.equal(await repository.takePaths(ctx, merged.tree, theirs.tree, merged.files), theirs.tree);
    const left = await repository.takePaths(ctx, merged.tree, ours.commit, [...merged.files, 'new -f']);
    assert.equal(left, ours.tree);
    assert.ok(treeNames(repository, theirs.tree).includes('100644 new -f'));
  });

  it('say what changed and how many lines', async () => {
    const { repository } = opened;
    const side = await commit({
      'a.txt': null,
      'e/a2.txt': `${text}9\n`,
      'b.txt': { link: 'dir/d.txt' },
      'c.bin': Buffer.from([0, 1, 3]),
      'dir/d.txt': null,
      'tab\t\n.txt': 'n\nm\n',
    });
    const changes = await repository.changes(ctx, base.commit, side.commit);
    const brief = changes.map((c) => [
      c.change,
      c.from,
      c.path,
      c.before?.mode ?? null,
      c.after?.mode ?? null,
    ]);
    assert.deepEqual(brief, [
      ['modified', null, 'b.txt', '100644', '120000'],
      ['modified', null, 'c.bin', '100644', '100644'],
      ['deleted', null, 'dir/d.txt', '100644', null],
      ['renamed', 'a.txt', 'e/a2.txt', '100644', '100644'],
      ['added', null, 'tab\t\n.txt', null, '100644'],
    ]);
    const counts = Object.fromEntries(await repository.lineCounts(ctx, base.tree, side.tree));
    assert.deepEqual(counts['e/a2.txt'], { added: 1, removed: 0 });
    assert.deepEqual(counts['c.bin'], { added: null, removed: null });
    assert.deepEqual(counts['tab\t\n.txt'], { added: 2, removed: 0 });
    const bytes = await Promise.all(
      changes.flatMap((c) => (c.after ? [repository.readObject(ctx, c.after.object)] : [])),
    );
    assert.deepEqual(
      bytes.map((item) => Buffer.from(item).toString('latin1')),
      ['dir/d.txt', '\0\x01\x03', `${text}9\n`, 'n\nm\n'],
    );
    await assert.rejects(repository.readObject(ctx, '0'.repeat(40)), ProblemError);
  });

  it('keep refs to our own names', async () => {
    const { repository } = opened;
    assert.equal(await repository.readRef(ctx, 'refs/symphony/none'), null);
    await assert.rejects(repository.setRef(ctx, 'refs/heads/main', base.commit), /not a ref of ours/);
    await assert.rejects(repository.setRef(ctx, 'refs/symphony/../heads/x', base.commit));
    await assert.rejects(repository.treeOf(ctx, '--help'), /not an object id/);
  });
});
