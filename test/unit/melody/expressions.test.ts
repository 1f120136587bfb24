import { strict as assert } from 'node:assert';
import { ProblemError } from '../../../server/base';
import { evaluateExpression, type Scope } from '../../../server/melody';

describe('expressions', () => {
  /** What an expression gives over values, or the code and detail of why it gives nothing. */
  function check(
    text: string,
    values: Record<string, never | unknown>,
    expected: unknown,
    scope: Scope = 'item',
  ): void {
    it(`${text.slice(0, 80)} gives ${JSON.stringify(expected)}`, () => {
      let given: unknown;
      try {
        given = evaluateExpression(text, scope, values as never);
      } catch (thrown) {
        if (!(thrown instanceof ProblemError)) throw thrown;
        given = { [thrown.problem.code]: thrown.problem.args['detail'] ?? thrown.problem.args['most'] };
      }
      assert.deepEqual(given, expected);
    });
  }
  const failed = (detail: string) => ({ 'melody.expressionFailed': detail });

  check('item + 1', { item: 2 }, 3);
  check('item * 1.5 == 3', { item: 2 }, true);
  check('((item) + 1) * 2 + (item + (3))', { item: 2 }, 11);
  check('10 / 4', {}, 2);
  check('item % 3 == 1 && 7 % item == 3 && item % item == 0 && 7 % 4 == 3', { item: 4 }, true);
  check('7 - item == 3 && 2 * item == 8 && [1 + item][0] == 5', { item: 4 }, true);
  check('item % 0', { item: 4 }, failed('the result is no JSON value'));
  check('10.0 / 4', {}, 2.5);
  check('3 == 3.0 && item != 3', { item: 4 }, true);
  check('[1, "a", null]', {}, [1, 'a', null]);
  check('{"n": item.size(), "first": item[0]}', { item: ['x'] }, { n: 1, first: 'x' });
  check('item.map(i, (i) + 1)', { item: [1, 2] }, [2, 3]);
  check('item.filter(i, i > 1).map(i, i * i)', { item: [1, 2, 3] }, [4, 9]);
  check('item.exists(i, i == 2) && !item.all(i, i == 2)', { item: [1, 2] }, true);
  check('item.map(i, i > 1, i + i)', { item: [1, 2] }, [4]);
  check('has(item.a) ? item.a : "none"', { item: {} }, 'none');
  check('item.name.startsWith("é") ? "yes" : "no"', { item: { name: 'été' } }, 'yes');
  check('"a" + \'b\' + r"\\d"', {}, 'ab\\d');
  check(
    'iteration < 3 && outputs.ok == false',
    { iteration: 2, inputs: {}, outputs: { ok: false } },
    true,
    'loop',
  );
  check('inputs["in"] > 1', { inputs: { in: 2 } }, true, 'branch');
  check('total + item', { total: 1, item: 2 }, 3, 'reduce');
  check('item.a', { item: {} }, failed('No such key: a'));
  check('1 / 0', {}, failed('division by zero'));
  check('duration("1s")', {}, failed('the result is no JSON value'));
  check('9007199254740993', {}, failed('the result is no JSON value'));

  describe('reach nothing of the program', () => {
    check('item.constructor', { item: {} }, failed('No such key: constructor'));
    check('item.__proto__', { item: {} }, failed('No such key: __proto__'));
    check('item.toString', { item: '' }, failed('No such key: toString'));
    check('process', {}, failed('Unknown variable: process'));
    check('symphonyStep()', {}, failed('symphonyStep is not offered here'));
    check('"x".matches("(a+)+$")', {}, failed('matches is not offered here'));
    check('cel.bind(x, 1, x)', {}, failed('bind is not offered here'));
  });

  describe('end', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index);
    const spent = { 'melody.expressionBudget': 100_000 };
    check('item.all(a, item.all(b, item.all(c, item.all(d, true)))) || true', { item: hundred }, spent);
    check(
      'item.map(a, item.map(b, item + item)).size()',
      { item: [...hundred, ...hundred, ...hundred, ...hundred] },
      spent,
    );
    check('('.repeat(100) + '1' + ')'.repeat(100), {}, failed('Exceeded maxDepth (40)'));
    check(Array.from({ length: 400 }, () => '1').join(' + '), {}, failed('Exceeded maxAstNodes (500)'));
  });
});
