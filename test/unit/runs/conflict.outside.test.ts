/** What two agents did that cannot be joined is named for what it is, and a side that is taken is taken whole. */
import { strict as assert } from 'node:assert';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { conflictIn, layOutSides } from '../../../server/runs/conflict';
import { ctx, freshFolder, git, makeRepository, open, removeFolders, type Opened } from '../git/fixture';

type Work = (at: (name: string) => string) => void;

const long = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');

describe('a conflict of two agents', function () {
  this.timeout(30_000);
  let opened: Opened;
  let base: { commit: string; tree: string };
  let count = 0;

  before(async () => {
    opened = await open(
      makeRepository({
        'a.txt': long,
        'b.txt': long.replaceAll('line', 'row'),
        'logo.png': Buffer.from([0, 1, 2]),
        'dir/x.txt': 'x\n',
      }),
    );
    const start = opened.worktree('start');
    const first = await opened.repository.snapshot(ctx, 'refs/symphony/base', 'base');
    await opened.repository.ensureWorktree(ctx, start, first.commit);
    symlinkSync('a.txt', path.join(start, 'link'));
    base = await opened.repository.commit(
      ctx,
      await opened.repository.writeTree(ctx, start),
      [first.commit],
      'base',
      0,
    );
  });
  after(removeFolders);

  async function agent(work: Work): Promise<{ commit: string; tree: string }> {
    const folder = opened.worktree(`agent-${++count}`);
    await opened.repository.ensureWorktree(ctx, folder, base.commit);
    work((name) => path.join(folder, name));
    return opened.repository.commit(
      ctx,
      await opened.repository.writeTree(ctx, folder),
      [base.commit],
      'agent',
      0,
    );
  }

  /** Merges two agents' work; `expected` are the kinds by path, none where all can be joined. Taking a side gives that side. */
  async function check(
    one: Work,
    other: Work,
    expected: Record<string, string>,
    whole = true,
  ): Promise<string> {
    const { repository } = opened;
    const [ours, theirs] = [await agent(one), await agent(other)];
    const result = await repository.merge(ctx, base.commit, ours.commit, theirs.commit);
    const sides = { base: base.commit, ours, theirs };
    const conflict = await conflictIn(ctx, repository, sides, result);
    assert.deepEqual(conflict?.kinds ?? {}, expected);
    if (conflict !== undefined && whole)
      for (const side of [ours, theirs])
        assert.equal(await repository.takePaths(ctx, result.tree, side.tree, conflict.take), side.tree);
    const folder = path.join(freshFolder(), 'sides');
    if (conflict !== undefined) await layOutSides(ctx, repository, sides, conflict, folder);
    return folder;
  }

  const writes =
    (name: string, content: string | Buffer): Work =>
    (at) => {
      mkdirSync(path.dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
    };
  const renames =
    (from: string, to: string): Work =>
    (at) =>
      renameSync(at(from), at(to));

  it('is none where they wrote apart', async () => {
    const folder = await check(writes('a.txt', `first\n${long}`), writes('a.txt', `${long}last\n`), {});
    assert.equal(existsSync(folder), false);
  });

  it('over lines shows base and both sides', async () => {
    const changed = (words: string) => long.replace('line 7', words);
    const folder = await check(writes('a.txt', changed('seven')), writes('a.txt', changed('VII')), {
      'a.txt': 'lines',
    });
    const text = (side: string) => readFileSync(path.join(folder, side, 'a.txt'), 'utf8');
    assert.deepEqual(
      [text('base'), text('integrated'), text('plan')],
      [long, changed('seven'), changed('VII')],
    );
  });

  it('over two new names of one file', async () => {
    const folder = await check(renames('a.txt', 'c.txt'), renames('a.txt', 'd.txt'), {
      ...{ 'a.txt': 'renamed', 'c.txt': 'renamed', 'd.txt': 'renamed' },
    });
    assert.equal(readFileSync(path.join(folder, 'integrated/c.txt'), 'utf8'), long);
    assert.equal(existsSync(path.join(folder, 'integrated/a.txt')), false);
    assert.equal(existsSync(path.join(folder, 'plan/c.txt')), false);
  });

  it('over a renamed file takes the former name along', async () => {
    const both =
      (words: string): Work =>
      (at) => {
        writeFileSync(at('a.txt'), long.replace('line 7', words));
        if (words === 'seven') renameSync(at('a.txt'), at('new.txt'));
      };
    await check(both('seven'), both('VII'), { 'new.txt': 'lines' });
  });

  it('over one new name for two files', async () => {
    await check(renames('a.txt', 'new.txt'), renames('b.txt', 'new.txt'), { 'new.txt': 'renamed' });
  });

  it('over bytes', async () => {
    const folder = await check(
      writes('logo.png', Buffer.from([0, 9])),
      writes('logo.png', Buffer.from([0, 8])),
      {
        'logo.png': 'binary',
      },
    );
    assert.deepEqual(readFileSync(path.join(folder, 'plan/logo.png')), Buffer.from([0, 8]));
  });

  it('over where a link points to; a link is laid out as text', async () => {
    const points =
      (to: string): Work =>
      (at) => {
        rmSync(at('link'));
        symlinkSync(to, at('link'));
      };
    const folder = await check(points('b.txt'), points('/etc/passwd'), { link: 'symlink' });
    assert.ok(lstatSync(path.join(folder, 'plan/link')).isFile());
    assert.equal(readFileSync(path.join(folder, 'plan/link'), 'utf8'), '/etc/passwd');
  });

  it('over a link and a file of one name', async () => {
    await check((at) => symlinkSync('a.txt', at('new')), writes('new', 'text\n'), { new: 'type' });
  });

  it('over a file where the other needs a folder', async () => {
    await check(writes('lib', 'one file\n'), writes('lib/deep/x.txt', 'below\n'), { lib: 'folder' });
    await check(writes('lib/x.txt', 'below\n'), writes('lib', 'one file\n'), { lib: 'folder' });
  });

  it('over a file one changed and the other removed', async () => {
    await check(writes('a.txt', `${long}more\n`), (at) => rmSync(at('a.txt')), { 'a.txt': 'deleted' });
  });

  it('over names that are one on many disks, which git lets both stand', async () => {
    const folder = await check(writes('Notes.md', 'left\n'), writes('notes.md', 'right\n'), {
      ...{ 'Notes.md': 'caseTwins', 'notes.md': 'caseTwins' },
    });
    assert.equal(readFileSync(path.join(folder, 'plan/notes.md'), 'utf8'), 'right\n');
    // Not where one of the two is gone in the end.
    await check(renames('dir/x.txt', 'dir/X.txt'), writes('dir/x.txt', 'x\n'), {});
  });

  it('leaves the repository as it was', () => {
    assert.equal(git(opened.top, 'status', '--porcelain'), '');
  });
});
