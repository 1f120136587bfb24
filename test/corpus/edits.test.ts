import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ProblemError } from '../../server/base';
import {
  type Splice,
  fieldValue,
  markRequirement,
  parseDocument,
  requirementStates,
  setField,
  spliceBytes,
  tickPlan,
} from '../../server/planning';
import { readRoadmap } from '../../server/planning/roadmap';
import { invertSplices } from '../../server/planning/text/splice';
import { decodeText } from '../../server/planning/text/bytes';
import { corpusFolder, filesBelow } from './files';

const trees = corpusFolder('planning');

interface Tally {
  made: number;
  readonly refused: Map<string, number>;
}

describe('edits of real trees', function () {
  this.timeout(60_000);
  before(function () {
    if (trees === undefined) {
      console.log('      skipped: SYMPHONY_CORPUS names no folder with real trees');
      this.skip();
    }
  });

  it('of a STATE field change its lines alone', () => {
    const tally = eachFile(/(?:^|\/)STATE\.md$/, (document, edit) => {
      for (const name of ['Last activity', 'Status', 'Phase', 'Stopped at']) {
        if (fieldValue(document.blocks, name) === undefined) continue;
        edit(
          () => setField(document.blocks, { file: document.path, name, value: '2026-05-06 — changed' }),
          (removed, added) => {
            assert.equal(added.length, 1);
            assert.match(removed[0]!.replaceAll('_', ' '), new RegExp(`^\\W*${name}\\b`, 'i'));
            assert.ok(removed.slice(1).every((line) => line.trim() !== ''));
          },
        );
      }
    });
    assert.ok(tally.made > 40, `${tally.made} edits`);
  });

  it('of a plan change its row alone', () => {
    const tally = eachFile(/(?:^|\/)ROADMAP\.md$/, (document, edit) => {
      for (const { id, done } of readRoadmap(document.blocks, document.path).planRows) {
        edit(
          () => tickPlan(document.blocks, { file: document.path, plan: id, done: done !== true }),
          (removed, added) => {
            assert.deepEqual([removed.length, added.length], [1, 1]);
            assert.equal(added[0]!.replace(/\[[ x]\] ?/, ''), removed[0]!.replace(/\[.\] ?/, ''));
          },
        );
      }
    });
    assert.ok(tally.made > 300, `${tally.made} edits`);
  });

  it('of a requirement change its box and row alone', () => {
    const tally = eachFile(/(?:^|\/|-)REQUIREMENTS\.md$/, (document, edit) => {
      for (const [id, { ticked, complete }] of requirementStates(document.blocks)) {
        if (ticked === undefined && complete === undefined) continue;
        const done = !(ticked ?? complete);
        edit(
          () => markRequirement(document.blocks, { file: document.path, id, done }),
          (removed, added) => {
            assert.equal(removed.length, added.length);
            const changed = removed.filter((line, index) => line !== added[index]);
            assert.ok(
              changed.length >= 1 &&
                changed.length <= 2 &&
                changed.every((line) => line.toUpperCase().includes(id)),
              changed.join('\n'),
            );
          },
        );
      }
    });
    assert.ok(tally.made > 300, `${tally.made} edits`);
  });
});

/** Gives every matching file to `visit` with a function that makes an edit, undoes it, and shows what changed. */
function eachFile(
  pattern: RegExp,
  visit: (
    document: ReturnType<typeof parseDocument>,
    edit: (make: () => readonly Splice[], verify: (removed: string[], added: string[]) => void) => void,
  ) => void,
): Tally {
  const tally: Tally = { made: 0, refused: new Map() };
  for (const project of readdirSync(trees!)) {
    const root = path.join(trees!, project, '.planning');
    for (const file of filesBelow(root).filter((name) => pattern.test(name))) {
      const bytes = new Uint8Array(readFileSync(path.join(root, file)));
      visit(parseDocument(file, bytes), (make, verify) => {
        try {
          const splices = make();
          const edited = spliceBytes(bytes, splices);
          const undone = spliceBytes(edited, invertSplices(decodeText(bytes), splices));
          assert.ok(Buffer.compare(undone, bytes) === 0);
          verify(...changedLines(decodeText(bytes), decodeText(edited)));
          tally.made += 1;
        } catch (error) {
          if (!(error instanceof ProblemError)) throw new Error(`${project} ${file}`, { cause: error });
          const { code } = error.problem;
          tally.refused.set(code, (tally.refused.get(code) ?? 0) + 1);
        }
      });
    }
  }
  console.log(`      ${tally.made} edits, refused: ${JSON.stringify([...tally.refused])}`);
  return tally;
}

function changedLines(before: string, after: string): [string[], string[]] {
  const left = before.split('\n');
  const right = after.split('\n');
  let head = 0;
  while (head < Math.min(left.length, right.length) && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(left.length, right.length) - head && left.at(-1 - tail) === right.at(-1 - tail))
    tail += 1;
  return [left.slice(head, left.length - tail), right.slice(head, right.length - tail)];
}
