import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { decideWhole, wholeDecisions } from '../../../server/review';
import { diffLines } from '../../../server/review/algebra/diff';
import { linesOf } from '../../../server/review/algebra/lines';
import { rebaseText } from '../../../server/review/algebra/rebase';
import { lookAt, putVersion, removeVersion, ChangedMeanwhile } from '../../../server/review/disk';
import { ctx, freshFolder, removeFolders } from '../git/fixture';
import { reviewsOf, text } from './fixture';

/** Lines that all differ, so that there is one way to see what became of each. */
const document = fc
  .constantFrom('\n', '\r\n')
  .map((end) => Array.from({ length: 8 }, (_, i) => `line ${i}${end}`));

/** An edit of a document: for each line keep, replace, remove, or insert before it. */
const edit = (who: string) =>
  fc
    .array(fc.constantFrom('keep', 'keep', 'keep', 'keep', 'keep', 'keep', 'replace', 'remove', 'insert'), {
      minLength: 8,
      maxLength: 8,
    })
    .map(
      (actions) => (lines: readonly string[]) =>
        lines
          .flatMap((line, i) => {
            if (actions[i] === 'remove') return [];
            if (actions[i] === 'replace') return [`${who} ${line}`];
            return actions[i] === 'insert' ? [`${who} new ${line}`, line] : [line];
          })
          .join(''),
    );

/** The change from `base` to `theirs`, made in `ours`; null where they are in each other's way. */
function mergeLines(base: Uint8Array, ours: Uint8Array, theirs: Uint8Array): Uint8Array | null {
  const before = linesOf(base).lines;
  const after = linesOf(theirs).lines;
  const edits = diffLines(before, after).map((hunk) => ({
    ...hunk.before,
    lines: after.slice(hunk.after.start, hunk.after.end),
  }));
  const merged = rebaseText(base, ours, edits);
  return merged.ok ? merged.bytes : null;
}

describe('any mixture of edits', () => {
  after(removeFolders);

  it('merges as git does, or not at all', () => {
    const folder = freshFolder();
    const names = ['ours', 'base', 'theirs'].map((name) => path.join(folder, name));
    let clean = 0;
    fc.assert(
      fc.property(document, edit('mine'), edit('agent'), (lines, mine, agent) => {
        const versions = [mine(lines), lines.join(''), agent(lines)].map((value) => Buffer.from(value));
        const merged = mergeLines(versions[1]!, versions[0]!, versions[2]!);
        if (merged === null) return;
        versions.forEach((bytes, i) => writeFileSync(names[i]!, bytes));
        const git = spawnSync('git', ['merge-file', '-p', ...names], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        // Git calls changes of neighbouring lines a conflict; here they are none.
        if (git.status !== 0) return;
        clean++;
        assert.equal(Buffer.from(merged).toString(), git.stdout.toString());
      }),
      { numRuns: 150, seed: 7 },
    );
    assert.ok(clean > 20, `only ${clean} merges were clean`);
  });

  it('ends as the model says, and nothing of the user’s is lost', async () => {
    const version = fc.oneof(
      fc.constant('absent' as const),
      edit('agent'),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from([0, ...bytes])),
    );
    const user = fc.oneof(
      fc.constantFrom('baseline' as const, 'proposal' as const, 'absent' as const),
      edit('mine'),
    );
    await fc.assert(
      fc.asyncProperty(document, version, version, user, fc.boolean(), async (lines, b, p, u, dirty) => {
        const bytesOf = (item: typeof b) =>
          item === 'absent' ? null : Buffer.isBuffer(item) ? item : Buffer.from(item(lines));
        const baseline = b === 'absent' ? null : typeof b === 'function' ? Buffer.from(lines.join('')) : b;
        const proposal = bytesOf(p);
        const same = (x: Buffer | null, y: Buffer | null) =>
          x === null || y === null ? x === y : x.equals(y);
        if (same(baseline, proposal)) return;
        const disk =
          u === 'baseline'
            ? baseline
            : u === 'proposal'
              ? proposal
              : u === 'absent'
                ? null
                : Buffer.from(u(lines));

        const root = freshFolder();
        if (disk !== null) writeFileSync(path.join(root, 'f'), disk);
        const of = (bytes: Buffer | null) => (bytes === null ? null : text(bytes));
        const { reviews, changeset } = await reviewsOf(root, [
          { path: 'f', baseline: of(baseline), proposal: of(proposal) },
        ]);
        const asked = { changeset: changeset.changeset, decision: 'accept' as const, paths: ['f'] };
        const [result] = await decideWhole(ctx, reviews, { ...asked, dirty: dirty ? ['f'] : [] });
        const recorded = wholeDecisions(await reviews.open(ctx, changeset.changeset), ['f']);
        const now = existsSync(path.join(root, 'f')) ? readFileSync(path.join(root, 'f')) : null;
        const text3 = baseline !== null && proposal !== null && disk !== null;
        const merged =
          text3 && ![baseline, proposal, disk].some((x) => x.includes(0))
            ? mergeLines(baseline, disk, proposal)
            : null;
        let expected: Buffer | null = disk;
        let refused = false;
        if (dirty) refused = true;
        else if (same(disk, proposal) || same(disk, baseline)) expected = proposal;
        else if (merged !== null) expected = Buffer.from(merged);
        else refused = true;
        assert.equal(result?.result === 'refused', refused);
        assert.ok(same(now, expected), `disk ${String(now)} expected ${String(expected)}`);
        assert.equal(recorded.length, refused ? 0 : 1);
        rmSync(root, { recursive: true });
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it('refuses to write when the disk changed after the decision', async () => {
    const root = freshFolder();
    mkdirSync(path.join(root, 'd'));
    const file = path.join(root, 'd/f');
    writeFileSync(file, 'seen');
    const seen = await lookAt(root, 'd/f');
    const gone = { kind: 'absent' } as const;
    writeFileSync(file, 'mine');
    const version = { kind: 'file' as const, bytes: Buffer.from('p'), executable: false };
    await assert.rejects(putVersion(root, 'd/f', version, seen), ChangedMeanwhile);
    await assert.rejects(putVersion(root, 'd/f', version, gone), ChangedMeanwhile);
    await assert.rejects(removeVersion(root, 'd/f', seen), ChangedMeanwhile);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
  });
});
