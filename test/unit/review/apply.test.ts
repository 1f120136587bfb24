import { strict as assert } from 'node:assert';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../../server/base/node';
import { decideWhole, wholeDecisions } from '../../../server/review';
import { ctx, freshFolder, removeFolders } from '../git/fixture';
import { linkTo, reviewsOf, text, type Change, type Held } from './fixture';

type Disk = Readonly<Record<string, Held | 'folder'>>;

function lay(root: string, disk: Disk): void {
  for (const [name, held] of Object.entries(disk)) {
    const file = path.join(root, name);
    mkdirSync(held === 'folder' ? file : path.dirname(file), { recursive: true });
    if (held === 'folder') continue;
    if (held.mode === '120000') symlinkSync(held.bytes.toString(), file);
    else {
      writeFileSync(file, held.bytes);
      chmodSync(file, held.mode === '100755' ? 0o755 : 0o644);
    }
  }
}

/** Files and links as `mode content`. */
function read(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (below: string): void => {
    for (const entry of readdirSync(path.join(root, below), { withFileTypes: true })) {
      const name = path.join(below, entry.name);
      const file = path.join(root, name);
      if (entry.isDirectory()) visit(name);
      else if (entry.isSymbolicLink()) found[name] = `120000 ${readlinkSync(file)}`;
      else {
        const mode = lstatSync(file).mode & 0o100 ? '100755' : '100644';
        found[name] = `${mode} ${readFileSync(file, 'latin1')}`;
      }
    }
  };
  visit('');
  return found;
}

const show = (disk: Disk): Record<string, string> =>
  Object.fromEntries(
    Object.entries(disk).flatMap(([name, held]) =>
      held === 'folder' ? [] : [[name, `${held.mode} ${held.bytes.toString('latin1')}`]],
    ),
  );

interface Case {
  readonly changes: readonly Change[];
  readonly disk: Disk;
  readonly after: Disk;
  /** `result` or `refused code` per file. */
  readonly results: readonly string[];
  readonly dirty?: readonly string[];
  readonly paths?: readonly string[];
  readonly decision?: 'accept' | 'reject';
}

async function check(it: Case): Promise<void> {
  const root = freshFolder();
  lay(root, it.disk);
  const { reviews, changeset } = await reviewsOf(root, it.changes);
  const asked = {
    changeset: changeset.changeset,
    decision: it.decision ?? ('accept' as const),
    dirty: it.dirty ?? [],
    paths: it.paths,
  };
  const results = await decideWhole(ctx, reviews, asked);
  const brief = (list: typeof results) =>
    list.map(({ result, problem }) => (result === 'refused' ? `refused ${problem?.code}` : result));
  assert.deepEqual(brief(results), it.results);
  assert.deepEqual(read(root), show(it.after));
  const review = await reviews.open(ctx, changeset.changeset);
  const paths = results.filter(({ result }) => result !== 'refused').map((one) => one.path);
  const recorded = wholeDecisions(review, paths);
  assert.deepEqual(
    recorded.map((item) => item.path),
    paths,
  );
  for (const { path: name, written, decision } of recorded) {
    const held = it.after[name];
    const none = decision === 'rejected' || held === undefined || held === 'folder';
    assert.equal(written, none ? null : sha256(held.bytes), name);
  }
  // The same call again changes nothing and agrees.
  const again = await decideWhole(ctx, reviews, {
    ...asked,
    paths: asked.paths ?? results.map((one) => one.path),
  });
  assert.deepEqual(
    again.map(({ result }) => result === 'refused'),
    results.map(({ result }) => result === 'refused'),
  );
  assert.deepEqual(read(root), show(it.after));
}

const lines = (...items: string[]) => items.map((item) => `${item}\n`).join('');
const base = lines('1', '2', '3', '4', '5', '6');
const modify = (proposal: Held, baseline: Held = text(base)): Change => ({ path: 'a', baseline, proposal });

describe('accepting', () => {
  after(removeFolders);

  it('writes what is as the run began, and finds what is there already', async () => {
    await check({
      changes: [modify(text('p'))],
      disk: { a: text(base) },
      after: { a: text('p') },
      results: ['written'],
    });
    await check({
      changes: [modify(text('p'))],
      disk: { a: text('p') },
      after: { a: text('p') },
      results: ['written'],
    });
    const added: Change = { path: 'd/e/n', baseline: null, proposal: text('n', '100755') };
    await check({
      changes: [added],
      disk: {},
      after: { 'd/e/n': text('n', '100755') },
      results: ['written'],
    });
    await check({
      changes: [added],
      disk: { 'd/e/n': text('n') },
      after: { 'd/e/n': text('n', '100755') },
      results: ['written'],
    });
    const deleted: Change = { path: 'a', baseline: text(base), proposal: null };
    await check({
      changes: [deleted],
      disk: { a: text(base), b: text('b') },
      after: { b: text('b') },
      results: ['written'],
    });
    await check({ changes: [deleted], disk: {}, after: {}, results: ['written'] });
    const link: Change = { path: 'l', baseline: null, proposal: linkTo('../out/side') };
    await check({ changes: [link], disk: {}, after: { l: linkTo('../out/side') }, results: ['written'] });
  });

  it('keeps both changes where they lie apart, with line ends, marks and modes', async () => {
    const mine = base.replace('1', 'mine');
    const theirs = base.replace('6', 'theirs');
    const both = mine.replace('6', 'theirs');
    const forms: ((value: string) => Buffer)[] = [
      (value) => Buffer.from(value),
      (value) => Buffer.from(`\uFEFF${value.replaceAll('\n', '\r\n')}`),
      (value) => Buffer.from(value.replace('3', '\xe9'), 'latin1'),
      (value) => Buffer.from(value.slice(0, -1)),
    ];
    for (const form of forms) {
      await check({
        changes: [modify(text(form(theirs)), text(form(base)))],
        disk: { a: text(form(mine), '100755') },
        after: { a: text(form(both), '100755') },
        results: ['merged'],
      });
    }
    await check({
      changes: [modify(text(base, '100755'))],
      disk: { a: text(mine) },
      after: { a: text(mine, '100755') },
      results: ['merged'],
    });
  });

  it('refuses what was changed meanwhile in the same place', async () => {
    const refuses = (change: Change, disk: Disk) =>
      check({ changes: [change], disk, after: disk, results: ['refused review.changedMeanwhile'] });
    await refuses(modify(text('p')), { a: text('mine') });
    await refuses(modify(text('p')), {});
    await refuses(modify(text('p')), { a: linkTo('b'), b: text(base) });
    await refuses(modify(text('p')), { 'a/b': text(base) });
    await refuses(modify(text('p\0'), text('b\0')), { a: text('c\0') });
    await refuses(
      modify(text(base.replace('6', 'x').replaceAll('\n', '\n\0')), text(base.replaceAll('\n', '\n\0'))),
      {
        a: text(base.replace('1', 'y').replaceAll('\n', '\n\0')),
      },
    );
    await refuses({ path: 'a', baseline: null, proposal: text('p') }, { a: text('mine') });
    await refuses({ path: 'a', baseline: null, proposal: text('p') }, { 'a/b': text('mine') });
    await refuses({ path: 'a/b', baseline: null, proposal: text('p') }, { a: text('mine') });
    await refuses({ path: 'a', baseline: text(base), proposal: null }, { a: text(base.replace('1', 'x')) });
    await refuses({ path: 'l', baseline: linkTo('x'), proposal: linkTo('y') }, { l: linkTo('z') });
    await refuses({ path: 'l', baseline: text(base), proposal: linkTo('y') }, { l: text('mine') });
    await refuses(
      { path: 'n', from: 'a', baseline: text(base), proposal: text('p') },
      { a: text(base), n: text('mine') },
    );
    await refuses({ path: 'n', from: 'a', baseline: text(base), proposal: text('p') }, {});
    await refuses({ path: 'n', from: 'a', baseline: text(base), proposal: text('p') }, { a: text('mine') });
  });

  it('renames, with the user’s own edits', async () => {
    const change: Change = {
      path: 'new/n',
      from: 'a',
      baseline: text(base),
      proposal: text(base.replace('6', 'six')),
    };
    const done = { 'new/n': text(base.replace('6', 'six')) };
    await check({ changes: [change], disk: { a: text(base) }, after: done, results: ['written'] });
    await check({ changes: [change], disk: { a: text(base), ...done }, after: done, results: ['written'] });
    await check({ changes: [change], disk: done, after: done, results: ['written'] });
    const cased: Change = { ...change, path: 'A' };
    await check({
      changes: [cased],
      disk: { a: text(base) },
      after: { A: done['new/n'] },
      results: ['written'],
    });
  });

  it('merges a renamed file’s edits', async () => {
    const change: Change = {
      path: 'n',
      from: 'a',
      baseline: text(base),
      proposal: text(base.replace('6', 'six')),
    };
    const root = freshFolder();
    lay(root, { a: text(base.replace('1', 'mine')) });
    const { reviews, changeset } = await reviewsOf(root, [change]);
    const asked = { changeset: changeset.changeset, decision: 'accept' as const, dirty: [] };
    const [result] = await decideWhole(ctx, reviews, asked);
    assert.equal(result?.result, 'merged');
    assert.deepEqual(read(root), show({ n: text(base.replace('1', 'mine').replace('6', 'six')) }));
  });

  it('lets files and folders take each other’s place', async () => {
    const intoFolder: Change[] = [
      { path: 'a/b', baseline: null, proposal: text('b') },
      { path: 'a', baseline: text(base), proposal: null },
    ];
    await check({
      changes: intoFolder,
      disk: { a: text(base) },
      after: { 'a/b': text('b') },
      results: ['written', 'written'],
    });
    const intoFile: Change[] = [
      { path: 'd', baseline: null, proposal: text('file') },
      { path: 'd/e/f', baseline: text('f'), proposal: null },
      { path: 'd/g', baseline: text('g'), proposal: null },
    ];
    const disk = { 'd/e/f': text('f'), 'd/g': text('g') };
    await check({
      changes: intoFile,
      disk,
      after: { d: text('file') },
      results: ['written', 'written', 'written'],
    });
    const kept = { ...disk, 'd/mine': text('m') };
    await check({
      changes: intoFile,
      disk: kept,
      after: { 'd/mine': text('m') },
      results: ['refused review.changedMeanwhile', 'written', 'written'],
    });
    await check({
      changes: [modify(linkTo('t'))],
      disk: { a: text(base) },
      after: { a: linkTo('t') },
      results: ['written'],
    });
    await check({
      changes: [modify(text('f'), linkTo('t'))],
      disk: { a: linkTo('t') },
      after: { a: text('f') },
      results: ['written'],
    });
  });

  it('never goes through a link', async () => {
    const outside = freshFolder();
    writeFileSync(path.join(outside, 'f'), base);
    const changes: Change[] = [
      { path: 'd/f', baseline: text(base), proposal: text('p') },
      { path: 'd/new', baseline: null, proposal: text('p') },
      { path: 'd/gone', from: 'd/f', baseline: text(base), proposal: text('p') },
    ];
    const disk = { d: linkTo(outside) };
    await check({ changes, disk, after: disk, results: Array<string>(3).fill('refused review.link') });
    assert.deepEqual(read(outside), { f: `100644 ${base}` });
  });

  it('leaves unsaved files, unnamed files and rejected files alone', async () => {
    const changes: Change[] = [modify(text('p')), { path: 'b', baseline: null, proposal: text('b') }];
    const disk = { a: text(base) };
    await check({
      changes,
      disk,
      dirty: ['a'],
      after: { ...disk, b: text('b') },
      results: ['refused review.dirtyBuffer', 'written'],
    });
    await check({ changes, disk, paths: ['b'], after: { ...disk, b: text('b') }, results: ['written'] });
    await check({ changes, disk, paths: ['zzz'], after: disk, results: ['refused review.unknown'] });
    await check({ changes, disk, decision: 'reject', after: disk, results: ['rejected', 'rejected'] });
  });

  it('goes on after a file that cannot be written', async () => {
    const long = 'x'.repeat(300);
    await check({
      changes: [{ path: long, baseline: null, proposal: text('l') }, modify(text('p'))],
      disk: { a: text(base) },
      after: { a: text('p') },
      results: ['refused review.writeFailed', 'written'],
    });
  });

  it('keeps permission bits and clears what a killed process left', async () => {
    const root = freshFolder();
    writeFileSync(path.join(root, 'a'), base);
    chmodSync(path.join(root, 'a'), 0o640);
    const temporary = path.join(root, `.symphony-${sha256('a').slice(0, 16)}.tmp`);
    writeFileSync(temporary, 'half');
    const { reviews, changeset } = await reviewsOf(root, [
      modify(text('p')),
      { path: 'b', baseline: null, proposal: text('b') },
    ]);
    const asked = { changeset: changeset.changeset, decision: 'accept' as const, dirty: [], paths: ['a'] };
    await decideWhole(ctx, reviews, asked);
    assert.equal(lstatSync(path.join(root, 'a')).mode & 0o777, 0o640);
    assert.deepEqual(Object.keys(read(root)), ['a']);
  });

  it('does not take back what was accepted', async () => {
    const root = freshFolder();
    lay(root, { a: text(base) });
    const { reviews, changeset } = await reviewsOf(root, [modify(text('p'))]);
    const asked = { changeset: changeset.changeset, dirty: [] };
    await decideWhole(ctx, reviews, { ...asked, decision: 'accept' });
    assert.deepEqual(
      await decideWhole(ctx, reviews, { ...asked, decision: 'reject' }),
      [],
      'no undecided file',
    );
    const [result] = await decideWhole(ctx, reviews, { ...asked, decision: 'reject', paths: ['a'] });
    assert.equal(result?.problem?.code, 'review.accepted');
    rmSync(root, { recursive: true });
  });
});
