import { strict as assert } from 'node:assert';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { OpenBuffer, UnitResult } from '../../../schemas/wire/units';
import { Reviews } from '../../../server/review';
import { withEdits } from '../../../server/review/algebra/buffer';
import { ctx, freshFolder, removeFolders } from '../git/fixture';
import { changesetOf, reviewsOf, text, type Change } from './fixture';

const set = { changeset: 'set-1' };
const lines = (...items: string[]): string => items.map((item) => `${item}\n`).join('');
const base = lines('1', '2', '3', '4', '5', '6', '7', '8');
const proposal = base.replace('2\n', 'two\n').replace('7\n', 'seven\n');
const change = (form: (content: string) => string | Buffer = (content) => content): Change => ({
  path: 'f',
  baseline: text(form(base)),
  proposal: text(form(proposal)),
});

/** A review of `changes` over a fresh folder that holds their baselines. */
async function begin(...changes: readonly Change[]) {
  const root = freshFolder();
  for (const { path: name, from, baseline } of changes) {
    if (baseline === null) continue;
    mkdirSync(path.dirname(path.join(root, from ?? name)), { recursive: true });
    writeFileSync(path.join(root, from ?? name), baseline.bytes, {
      mode: baseline.mode === '100755' ? 0o755 : 0o644,
    });
  }
  const made = await reviewsOf(root, changes);
  const review = await made.reviews.open(ctx, 'set-1');
  const keep = (name: string, which: number, buffers: readonly OpenBuffer[] = []) =>
    made.reviews.decide(ctx, {
      ...{ ...set, decision: 'keep', buffers },
      units: [{ path: name, unit: review.units(name)[which]!.unit }],
    });
  const at = (name: string): string => path.join(root, name);
  const read = (name: string): string => readFileSync(at(name), 'latin1');
  return { ...made, root, review, keep, at, read };
}

const brief = ({ result, problem }: UnitResult): string =>
  problem === null ? result : `${result} ${problem.code}`;

describe('bad input of reviews', () => {
  after(removeFolders);

  it('an open document with unsaved changes gets edits of its own text, never the disk', async () => {
    const forms: readonly (readonly [string, (content: string) => Buffer])[] = [
      ['utf8', (content) => Buffer.from(content.replaceAll('\n', '\r\n'))],
      ['utf8bom', (content) => Buffer.from(`\ufeff${content}`)],
      ['utf16le', (content) => Buffer.from(`\ufeff${content}`, 'utf16le')],
      ['utf16be', (content) => Buffer.from(`\ufeff${content}`, 'utf16le').swap16()],
      ['iso88591', (content) => Buffer.from(content.replace('8', '\xe9'), 'latin1')],
    ];
    for (const [encoding, form] of forms) {
      const { keep, read, reviews, review } = await begin(change(form));
      const shown = (content: string): string => {
        const bytes = form(content);
        if (encoding === 'utf16le') return bytes.toString('utf16le').slice(1);
        if (encoding === 'utf16be') return bytes.swap16().toString('utf16le').slice(1);
        return encoding === 'iso88591'
          ? bytes.toString('latin1')
          : bytes.toString('utf8').replace('\ufeff', '');
      };
      const unsaved = shown(base.replace('5\n', 'unsaved\nand more\n'));
      const { op, files } = await keep('f', 1, [{ path: 'f', text: unsaved, encoding }]);
      assert.equal(brief(files[0]!), 'edits', encoding);
      const expected = shown(proposal.replace('two', '2').replace('5\n', 'unsaved\nand more\n'));
      assert.equal(withEdits(unsaved, files[0]!.edits!), expected, encoding);
      assert.equal(read('f'), form(base).toString('latin1'), 'the disk is as it was');
      const again = await keep('f', 0);
      assert.equal(brief(again.files[0]!), 'refused review.waiting');
      await reviews.applied(ctx, { ...set, op: op!, path: 'f', applied: false });
      assert.equal(
        review.book.standing('f', review.units('f')[1]!.unit).state,
        'undecided',
        'it was not made',
      );
    }
  });

  it('a document that could not be saved as it would have to be is refused with the reason', async () => {
    const mixed = (content: string): Buffer => Buffer.from(content.replace('3\n', '3\r\n'));
    const cases: readonly (readonly [Change, string])[] = [
      [change(mixed), 'utf8'],
      [change((content) => Buffer.from(content.replace('8', '\xe9'), 'latin1')), 'utf8'],
      [change(), 'shiftjis'],
      [change((content) => Buffer.from(`\ufeff${content}`)), 'utf8'],
    ];
    for (const [one, encoding] of cases) {
      const { keep, read } = await begin(one);
      const { op, files } = await keep('f', 0, [{ path: 'f', text: `${base}unsaved\n`, encoding }]);
      assert.equal(brief(files[0]!), 'refused review.encoding');
      assert.equal(op, null);
      assert.equal(read('f'), one.baseline!.bytes.toString('latin1'));
    }
    const gone: Change = { path: 'f', baseline: text(base), proposal: null };
    const { keep } = await begin(gone);
    const { files } = await keep('f', 0, [{ path: 'f', text: `${base}unsaved\n`, encoding: 'utf8' }]);
    assert.equal(brief(files[0]!), 'refused review.dirtyBuffer');
  });

  it('a document whose unsaved lines are in the way is a conflict with three sides', async () => {
    const { keep, blobs } = await begin(change());
    const mine = base.replace('2\n', 'mine\n');
    const { op, files } = await keep('f', 0, [{ path: 'f', text: mine, encoding: 'utf8' }]);
    assert.equal(brief(files[0]!), 'conflict review.overlap');
    assert.equal(files[0]!.problem?.args['lines'], '2');
    assert.equal(op, null);
    const side = (hash: string) => Buffer.from(blobs.held.get(hash)!).toString();
    const { base: first, yours, proposed } = files[0]!.conflict!;
    assert.deepEqual([side(first), side(yours), side(proposed)], [base, mine, base.replace('2\n', 'two\n')]);
  });

  it('a formatter’s work after keeping stays, and undoing takes only the decision back', async () => {
    const { keep, reviews, at, read } = await begin(change());
    const { op } = await keep('f', 0);
    writeFileSync(at('f'), read('f').replace('4\n', '  4\n'));
    const { files } = await reviews.undo(ctx, { ...set, op: op!, buffers: [] });
    assert.equal(brief(files[0]!), 'merged review.merged');
    assert.equal(read('f'), base.replace('4\n', '  4\n'));
  });

  it('line ends that were changed as a whole meanwhile are those of what is kept', async () => {
    const { keep, at, read } = await begin(change());
    writeFileSync(at('f'), base.replaceAll('\n', '\r\n'));
    await keep('f', 1);
    assert.equal(read('f'), base.replace('7', 'seven').replaceAll('\n', '\r\n'));
  });

  it('a created file that was worked on is not deleted by undoing; an untouched one is', async () => {
    const { keep, reviews, at } = await begin({ path: 'd/new', baseline: null, proposal: text('new\n') });
    const { op } = await keep('d/new', 0);
    writeFileSync(at('d/new'), 'new\nmine\n');
    const { files } = await reviews.undo(ctx, { ...set, op: op!, buffers: [] });
    assert.equal(brief(files[0]!), 'refused review.changedMeanwhile');
    assert.equal(readFileSync(at('d/new'), 'utf8'), 'new\nmine\n');
    writeFileSync(at('d/new'), 'new\n');
    await reviews.undo(ctx, { ...set, op: op!, buffers: [] });
    assert.ok(!existsSync(at('d/new')));
  });

  it('files that are gone, read-only, links or rebased away are refused and left alone', async () => {
    const { keep, at } = await begin(change());
    rmSync(at('f'));
    assert.equal(brief((await keep('f', 0)).files[0]!), 'refused review.changedMeanwhile');
    assert.ok(!existsSync(at('f')));
    const readOnly = await begin(change());
    chmodSync(readOnly.at('f'), 0o444);
    assert.equal(brief((await readOnly.keep('f', 0)).files[0]!), 'refused review.readOnly');
    assert.equal(readOnly.read('f'), base);
    // The commit the proposal was made on is gone: other lines are there now.
    const rebased = await begin(change());
    writeFileSync(rebased.at('f'), 'something\nelse\n');
    assert.equal(brief((await rebased.keep('f', 0)).files[0]!), 'conflict review.overlap');
    const gone = await begin(change());
    const { proposal: hash } = gone.changeset.files[0]!;
    gone.blobs.held.delete(hash!);
    assert.equal(brief((await gone.keep('f', 0)).files[0]!), 'refused review.writeFailed');
  });

  it('two changesets on one file: both are kept where they lie apart, and neither overwrites the other', async () => {
    const { keep, log, blobs, ports, read, review } = await begin(change());
    const other = {
      ...(await changesetOf(blobs, [
        { ...change(), proposal: text(base.replace('4\n', 'four\n').replace('7\n', 'other\n')) },
      ])),
    };
    const blob = await blobs.put(Buffer.from(JSON.stringify({ ...other, changeset: 'set-2' })));
    log.offer({ changeset: 'set-2', run: 'run-2', blob, at: 1, former: null });
    const reviews = new Reviews(ports);
    await keep('f', 1);
    const second = await reviews.open(ctx, 'set-2');
    const asked = (unit: string) => ({
      changeset: 'set-2',
      decision: 'keep' as const,
      units: [{ path: 'f', unit }],
      buffers: [],
    });
    const [four, seven] = second.units('f');
    assert.equal(brief((await reviews.decide(ctx, asked(four!.unit))).files[0]!), 'merged review.merged');
    assert.equal(brief((await reviews.decide(ctx, asked(seven!.unit))).files[0]!), 'conflict review.overlap');
    assert.equal(read('f'), base.replace('7', 'seven').replace('4', 'four'));
    assert.equal(review.book.ops.size, 1);
  });

  it('an old review does not revert newer work, and units that are gone are stale', async () => {
    const { keep, reviews, at, read } = await begin(change());
    await keep('f', 0);
    const newer = read('f').replace('two\n', 'two and newer\n');
    writeFileSync(at('f'), newer);
    const units = [{ path: 'f', unit: 'nothing' }];
    const stale = await reviews.decide(ctx, { ...set, decision: 'drop', units, buffers: [] });
    assert.equal(brief(stale.files[0]!), 'refused review.stale');
    const dropped = await reviews.decide(ctx, { ...set, decision: 'undecide', buffers: [] });
    assert.equal(brief(dropped.files[0]!), 'conflict review.overlap');
    assert.equal(read('f'), newer);
  });

  it('what a person merged by hand is recorded, and nothing is written', async () => {
    const { reviews, review, at, read } = await begin(change());
    const [one] = review.units('f');
    writeFileSync(at('f'), base.replace('2\n', 'mine and two\n'));
    const units = [{ path: 'f', unit: one!.unit }];
    const done = await reviews.decide(ctx, { ...set, decision: 'keep', units, buffers: [], settled: true });
    assert.equal(brief(done.files[0]!), 'recorded');
    assert.equal(read('f'), base.replace('2\n', 'mine and two\n'));
    assert.equal(review.book.standing('f', one!.unit).state, 'kept');
  });

  it('edits and chosen lines are kept in the file’s encoding and with its line ends', async () => {
    const form = (content: string): Buffer =>
      Buffer.from(content.replace('8', '\xe9').replaceAll('\n', '\r\n'), 'latin1');
    const { reviews, review, read } = await begin(change(form));
    const [one, two] = review.units('f').map(({ unit }) => unit);
    const edit = (words: string) =>
      reviews.edit(ctx, { ...set, path: 'f', unit: one!, text: words, buffers: [] });
    await edit('zw\xf6lf\n');
    await assert.rejects(edit('十二\n'), /review\.encoding/);
    await reviews.keepLines(ctx, { ...set, path: 'f', unit: two!, added: [6], removed: [], buffers: [] });
    assert.equal(
      read('f'),
      form(base.replace('2\n', 'zw\xf6lf\n').replace('7\n', '7\nseven\n')).toString('latin1'),
    );
  });
});
