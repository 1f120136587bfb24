import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { ReviewUnit } from '../../../../schemas/wire';
import {
  compose,
  countsOf,
  divide,
  linesOf,
  spanOf,
  step,
  touches,
  unitsOf,
  type At,
} from '../../../../client/review/lines';

type State = ReviewUnit['state'];

/** A hunk: `unit('a', 2, 4, 2, 5)` replaces baseline lines 2 and 3 by proposal lines 2 to 4. */
function unit(
  id: string,
  b0: number,
  b1: number,
  a0: number,
  a1: number,
  state: State = 'undecided',
): ReviewUnit {
  return {
    unit: id,
    kind: 'lines',
    before: { start: b0, end: b1 },
    after: { start: a0, end: a1 },
    state,
    edited: null,
    reviewed: false,
    flags: [],
    sources: [],
  };
}

const baseline = linesOf('a\nb\nc\nd\ne\n');
const proposal = linesOf('a\nB\nB2\nc\ne\nf\n');
/** `b` becomes two lines, `d` goes, `f` comes. */
const units = [unit('b', 1, 2, 1, 3), unit('d', 3, 4, 4, 4), unit('f', 5, 5, 5, 6)];

describe('lines of a review', () => {
  it('break where the editor breaks them, and join to the same text', () => {
    assert.deepEqual(linesOf('a\r\nb\rc\n\nd'), ['a\r\n', 'b\r', 'c\n', '\n', 'd']);
    assert.deepEqual(linesOf(''), []);
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\r', '\n', '\r\n', 'ü')), (parts) => {
        assert.equal(linesOf(parts.join('')).join(''), parts.join(''));
      }),
    );
  });

  describe('put together', () => {
    const check = (chosen: string, expected: string) => {
      const { lines, spans } = compose(baseline, proposal, units, ({ unit: id }) =>
        chosen.includes(id) ? 'proposal' : 'baseline',
      );
      assert.equal(lines.join('').replaceAll('\n', ' ').trim(), expected);
      for (const each of units) {
        const { start, end } = spans.get(each.unit)!;
        const from = chosen.includes(each.unit) ? proposal : baseline;
        const span = chosen.includes(each.unit) ? each.after : each.before;
        assert.deepEqual(lines.slice(start, end), from.slice(span.start, span.end), each.unit);
      }
    };
    it('are the baseline with nothing, the proposal with everything, and each mixture', () => {
      check('', 'a b c d e');
      check('bdf', 'a B B2 c e f');
      check('b', 'a B B2 c d e');
      check('d', 'a b c e');
      check('f', 'a b c d e f');
      check('df', 'a b c e f');
    });

    it('take edited words in place of proposed ones', () => {
      const edited = { ...units[0]!, edited: 'hash' };
      const { lines } = compose(
        baseline,
        proposal,
        [edited],
        () => 'proposal',
        new Map([['hash', 'x\ny\n']]),
      );
      assert.equal(lines.join(''), 'a\nx\ny\nc\nd\ne\n');
    });
  });

  it('are met by a cursor on them, and between two lines from either side', () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((line) => touches({ start: 2, end: 4 }, line, line)),
      [false, true, true, false],
    );
    assert.deepEqual(
      [0, 1, 2, 3].map((line) => touches({ start: 2, end: 2 }, line, line)),
      [false, true, true, false],
    );
    assert.ok(touches({ start: 2, end: 4 }, 0, 9));
  });

  it('are stepped through forwards and backwards', () => {
    const places: At[] = [unit('x', 0, 1, 0, 0), unit('y', 5, 8, 0, 0)].map((each) => ({
      unit: each,
      ...each.before,
    }));
    const go = (line: number, forward: boolean) => step(places, line, forward)?.unit.unit;
    assert.deepEqual(
      [go(-1, true), go(0, true), go(5, true), go(9, false), go(6, false), go(0, false)],
      ['x', 'y', undefined, 'y', 'x', undefined],
    );
  });

  it('are counted', () => {
    const states: State[] = ['kept', 'dropped', 'undecided', 'kept'];
    assert.deepEqual(countsOf(states.map((state) => ({ state }))), {
      all: 4,
      kept: 2,
      dropped: 1,
      undecided: 1,
    });
  });

  it('are divided at a line inside of them alone', () => {
    const even = unit('e', 10, 14, 20, 24);
    assert.deepEqual(divide(even, 'proposal', 22), { before: 12, after: 22 });
    assert.deepEqual(divide(even, 'baseline', 13), { before: 13, after: 23 });
    assert.equal(divide(even, 'proposal', 20), undefined);
    assert.equal(divide(even, 'proposal', 24), undefined);
    assert.deepEqual(divide(unit('o', 10, 11, 20, 24), 'proposal', 23), { before: 11, after: 23 });
  });
});

// Pitfall 1: the editor hands over lines and an index alone, and these may be those of a moment ago.
describe('the hunk of the editor’s peek', () => {
  const change = (o0: number, o1: number, m0: number, m1: number) => ({
    originalStartLineNumber: o0,
    originalEndLineNumber: o1,
    modifiedStartLineNumber: m0,
    modifiedEndLineNumber: m1,
  });
  const places: At[] = units.map((each) => ({ unit: each, ...each.after }));
  const originals = new Map(units.map((each) => [each.unit, each.before]));
  const check = (...[o0, o1, m0, m1]: [number, number, number, number]) =>
    unitsOf(change(o0, o1, m0, m1), places, originals)?.map((each) => each.unit);

  it('counts as the editor does: from 1, with 0 where there is nothing', () => {
    assert.deepEqual(spanOf(3, 4), { start: 2, end: 4 });
    assert.deepEqual(spanOf(3, 0), { start: 3, end: 3 });
    assert.deepEqual(spanOf(0, 0), { start: 0, end: 0 });
  });

  it('is found for a change, a removal and an addition', () => {
    assert.deepEqual(check(2, 2, 2, 3), ['b']);
    assert.deepEqual(check(4, 4, 4, 0), ['d']);
    assert.deepEqual(check(5, 0, 6, 6), ['f']);
  });

  it('may be two units joined by the editor', () => assert.deepEqual(check(2, 4, 2, 4), ['b', 'd']));

  it('is refused where the editor shows an older state, or a change of the person’s own', () => {
    assert.equal(check(2, 2, 8, 9), undefined, 'lines were typed above meanwhile');
    assert.equal(check(1, 1, 1, 1), undefined, 'no unit is there');
    assert.equal(check(5, 0, 2, 3), undefined, 'both sides name different units');
  });
});
