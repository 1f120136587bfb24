import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Transform } from '../../../schemas/melody';
import type { Json } from '../../../server/base';
import { expressionsOf } from '../../../server/controls';
import { outcomeOf } from './support';

const expressions = expressionsOf();
const failed = (op: string, detail: string) => ({ code: 'melody.transformFailed', op, detail });

/** What becomes of a value; twice, because the second time the expression is understood already. */
function check(what: string, how: Transform, value: Json, expected: Json): void {
  it(what, async () => {
    for (const time of ['first', 'second'])
      assert.deepEqual(await outcomeOf(() => expressions.transform(how, value)), expected, time);
  });
}

describe('transforms', () => {
  check('map', { op: 'map', each: 'item * 2' }, [1, 2], [2, 4]);
  check('filter', { op: 'filter', keep: 'item.n > 1' }, [{ n: 1 }, { n: 2 }], [{ n: 2 }]);
  check('reduce', { op: 'reduce', initial: 1, next: 'total * item' }, [2, 3], 6);
  check('reduce of nothing', { op: 'reduce', initial: { a: [] }, next: 'total' }, [], { a: [] });
  check('flatten, one level', { op: 'flatten' }, [[1, [2]], [], 3], [1, [2], 3]);
  check('pick', { op: 'pick', path: ['a', 1, 'b'] }, { a: [0, { b: null }] }, null);
  const none = (detail: string) => failed('pick', detail);
  check('pick what is not there', { op: 'pick', path: ['a'] }, {}, none('an object has no “a”'));
  check(
    'pick what is inherited',
    { op: 'pick', path: ['toString'] },
    {},
    none('an object has no “toString”'),
  );
  check('pick from a list by name', { op: 'pick', path: ['length'] }, [1], none('a list has no “length”'));
  check('pick beyond the end', { op: 'pick', path: [1] }, [1], none('a list has no [1]'));
  check('pick from a text', { op: 'pick', path: [0] }, 'x', none('a text has no [0]'));
  check('no list', { op: 'map', each: 'item' }, 'x', failed('map', 'it needs a list, but got a text'));
  check('no yes or no', { op: 'filter', keep: 'item' }, ['x'], {
    code: 'melody.expressionFailed',
    expression: 'item',
    detail: 'it gives a text, but yes or no is asked',
  });
  const spent = (expression: string) => ({ code: 'melody.expressionBudget', expression, most: 100_000 });
  const long = new Array<Json>(100_001).fill(1);
  check('one budget for the whole list', { op: 'map', each: 'item' }, long, spent('item'));
  check(
    'doubling again and again',
    { op: 'reduce', initial: [1], next: '[total, total]' },
    new Array<Json>(100).fill(1),
    spent('[total, total]'),
  );
  check(
    'a long text doubled again and again',
    { op: 'reduce', initial: 'x'.repeat(1000), next: 'total + total' },
    new Array<Json>(100).fill(1),
    spent('total + total'),
  );
});

describe('conditions', () => {
  const of = (text: string, outputs: Readonly<Record<string, Json>>) =>
    outcomeOf(() => expressions.condition('edge', text, { outputs }));

  it('are yes or no', async () => {
    assert.equal(await of('outputs.n > 1', { n: 2 }), true);
    assert.equal(await of('outputs.n > 1', { n: 1 }), false);
    assert.deepEqual(await of('outputs.n', { n: 1 }), {
      code: 'melody.expressionFailed',
      expression: 'outputs.n',
      detail: 'it gives a number, but yes or no is asked',
    });
  });

  it('of a loop know its round', () => {
    const values = { inputs: {}, outputs: { done: false }, iteration: 3 };
    assert.equal(expressions.condition('loop', 'iteration == 3 && !outputs.done', values), true);
  });

  it('one after the other do not spend each other’s budget, and equal values give equal answers', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer(), { maxLength: 5 }), { maxLength: 20 }), (lists) => {
        const fresh = expressionsOf();
        for (const list of lists) {
          const expected = list.some((item) => item > 3);
          for (const one of [expressions, fresh])
            assert.equal(
              one.condition('edge', 'outputs.l.exists(i, i > 3)', { outputs: { l: list } }),
              expected,
            );
        }
      }),
    );
    const big = new Array<Json>(60_000).fill(1);
    for (let time = 0; time < 3; time++)
      assert.equal(expressions.condition('edge', 'outputs.l.all(i, i == 1)', { outputs: { l: big } }), true);
  });

  it('are understood anew when there are too many to keep', () => {
    for (let count = 0; count < 2100; count++)
      assert.equal(
        expressions.condition('edge', `outputs.n == ${count}`, { outputs: { n: 0 } }),
        count === 0,
      );
    assert.equal(expressions.condition('edge', 'outputs.n == 0', { outputs: { n: 0 } }), true);
  });
});
