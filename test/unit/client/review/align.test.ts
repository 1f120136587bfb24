import { strict as assert } from 'node:assert';
import { align, find, nearest } from '../../../../client/review/align';

/** Letters are lines. Where the span of the first text is in the second, or `gone`. */
function check(base: string, now: string, [start, end]: readonly [number, number], expected: string): void {
  const runs = align([...base], [...now]);
  const found = find(runs, { start, end }, base.length, now.length);
  assert.equal(found ? `${found.start}-${found.end}` : 'gone', expected, `${base} → ${now}`);
}

describe('finding lines in a text that has changed', () => {
  it('finds what stayed', () => {
    check('abcdef', 'abcdef', [2, 4], '2-4');
    check('abcdef', 'xxabcdef', [2, 4], '4-6');
    check('abcdef', 'abcdxx', [0, 2], '0-2');
  });

  it('finds nothing where the lines were changed or parted', () => {
    check('abcdef', 'abxdef', [2, 4], 'gone');
    check('abcdef', 'abcxdef', [2, 4], 'gone');
    check('abc', '', [0, 1], 'gone');
  });

  it('finds the place between two lines while they are neighbours, or one of them is gone', () => {
    check('abcdef', 'xabcdef', [3, 3], '4-4');
    check('abcdef', 'abcxdef', [3, 3], 'gone');
    check('abcdef', 'abcef', [3, 3], '3-3');
    check('abc', 'xabc', [0, 0], 'gone');
    check('abc', 'abcx', [3, 3], 'gone');
    check('abc', 'abc', [3, 3], '3-3');
    check('', '', [0, 0], '0-0');
  });

  it('names the nearest line for one that is gone', () => {
    const runs = align([...'abcdef'], [...'xabef']);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((line) => nearest(runs, line)),
      [1, 2, 3, 3, 3, 4],
    );
  });
});
