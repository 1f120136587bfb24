import { strict as assert } from 'node:assert';
import { workflowKinds } from '../../../schemas/journal/controls';
import { codes } from '../../../schemas';
import type { Json } from '../../../server/base';
import { controlPerformers, expressionsOf } from '../../../server/controls';
import { contextOf, outcomeOf, TwoClocks, type Given } from './support';

type Kind = (typeof workflowKinds)[keyof typeof workflowKinds];
const performers = controlPerformers({ expressions: expressionsOf(), clock: new TwoClocks() });

/** A kind, what its node is given, and what it gives. */
function check(
  kind: Kind,
  what: string,
  given: Given,
  expected: Json,
  questions: readonly string[] = [],
): void {
  it(`${kind}: ${what}`, async () => {
    const { ctx, asked } = contextOf(given);
    assert.deepEqual(await outcomeOf(() => performers.get(kind)!(ctx)), expected);
    assert.deepEqual(
      asked.map(({ id, kind: how, problem, choices }) => `${id} ${how} ${problem.code} ${choices.join('/')}`),
      questions,
    );
    for (const { problem } of asked) assert.ok(problem.code in codes);
  });
}

describe('control nodes', () => {
  const cases = [
    { port: 'big', when: 'inputs.n > 10' },
    { port: 'even', when: 'inputs.n % 2 == 0' },
  ];
  const branch = { cases, otherwise: 'rest', carries: 'n' };
  check('branch', 'the first true case opens', { params: branch, inputs: { n: 12 } }, { big: 12 });
  check('branch', 'a later case', { params: branch, inputs: { n: 4 } }, { even: 4 });
  check('branch', 'otherwise', { params: branch, inputs: { n: 3 } }, { rest: 3 });
  check('branch', 'no way at all', { params: { cases, carries: 'n' }, inputs: { n: 3 } }, {});
  check('branch', 'nothing to carry', { params: { cases: [{ port: 'p', when: 'true' }] } }, { p: null });
  check(
    'branch',
    'a name that every object has is no value',
    { params: { cases: [{ port: 'p', when: 'true' }], carries: 'constructor' } },
    { p: null },
  );
  check(
    'branch',
    'a case that cannot be decided',
    { params: branch, inputs: { n: 'x' } },
    {
      code: 'melody.expressionFailed',
      expression: 'inputs.n > 10',
      detail: 'no such overload: dyn<string> > int',
    },
  );
  check(
    'branch',
    'params a person spoiled',
    { params: { cases: [{ port: 'p' }] } },
    {
      code: 'workflow.malformed',
      title: 'r',
      place: 'n.params.cases.0.when',
      detail: 'Invalid input: expected string, received undefined',
    },
  );

  const ports = { outputs: ['out'], order: ['a', 'b'] };
  const gathers = { ...ports, gathers: ['out'] };
  const both = { a: 1, b: 2 };
  check(
    'mergeWays',
    'the first that came',
    { params: { take: 'first', ...ports }, inputs: { b: 2 } },
    { out: 2 },
  );
  check('mergeWays', 'two at once', { params: { take: 'first', ...ports }, inputs: both }, { out: 1 });
  check('mergeWays', 'order alone', { params: { take: 'first', outputs: ['out'] } }, {});
  check(
    'mergeWays',
    'the first of a collecting port',
    { params: { take: 'first', ...gathers, collected: ['a'] }, inputs: { a: [7, 8] } },
    { out: 7 },
  );
  check(
    'mergeWays',
    'all in a list',
    { params: { take: 'all', ...gathers, collected: ['a'] }, inputs: { a: [7, 8], b: 9 } },
    { a: [7, 8], b: 9, out: [7, 8, 9] },
  );
  check(
    'mergeWays',
    'all that came, by name',
    { params: { take: 'all', outputs: ['a', 'b'], order: ['a', 'b'] }, inputs: { b: 2 } },
    { b: 2 },
  );
  check('joinWays', 'what came in goes out', { params: { outputs: [] }, inputs: both }, both);
  check('parallel', 'what came in goes out', { params: { outputs: [] }, inputs: both }, both);
  check('parallel', 'each way carries the first', { params: ports, inputs: both }, { ...both, out: 1 });
  check(
    'joinWays',
    'a port of any name',
    { params: { outputs: ['__proto__'], order: ['a'] }, inputs: { a: 1 } },
    JSON.parse('{"a":1,"__proto__":1}') as Json,
  );

  check(
    'approval',
    'the usual answers',
    { params: { prompt: 'Ship it?' }, answers: [{ answer: 'approve', note: 'fine' }] },
    { answer: 'approve', note: 'fine' },
    ['approval approval run.approvalAsked approve/reject'],
  );
  check(
    'approval',
    'answers of its own',
    { params: { prompt: 'Which?', choices: ['a', 'b'] }, answers: [{ answer: 'b' }] },
    { answer: 'b' },
    ['approval approval run.approvalAsked a/b'],
  );

  const number = { type: 'number', asks: true };
  check('input', 'a given value', { params: { ...number, default: 1 }, inputs: { value: 5 } }, { value: 5 });
  check('input', 'the default', { params: { ...number, default: 1 } }, { value: 1 });
  check(
    'input',
    'null is a value',
    { params: { type: 'json', default: 1 }, inputs: { value: null } },
    { value: null },
  );
  check('input', 'a body asks nobody', { params: { type: 'number' } }, {});
  check(
    'input',
    'a value of another type',
    { params: number, inputs: { value: 'x' } },
    { code: 'workflow.valueMisfit', node: 'n', port: 'value', expected: 'number', actual: 'a text' },
  );
  check(
    'input',
    'a person gives it, in the end rightly',
    {
      params: number,
      answers: [{ answer: 'give' }, { answer: 'give', value: '5' }, { answer: 'give', value: 5 }],
    },
    { value: 5 },
    [
      'value-1 input run.inputAsked give',
      'value-2 input run.inputMisfit give',
      'value-3 input run.inputMisfit give',
    ],
  );
  it('input: does not ask for ever', async () => {
    const { ctx, asked } = contextOf({
      params: number,
      answers: new Array(50).fill({ answer: 'give', value: '' }),
    });
    const { code } = (await outcomeOf(() => performers.get('input')!(ctx))) as { code: string };
    assert.deepEqual([code, asked.length], ['workflow.valueMisfit', 20]);
  });

  check('output', 'a value leaves', { params: { type: 'text' }, inputs: { value: 'x' } }, { value: 'x' });
  check('output', 'none came', { params: { type: 'text' } }, {});
  check(
    'output',
    'a value of another type',
    { params: { type: 'list<text>' }, inputs: { value: [1] } },
    { code: 'workflow.valueMisfit', node: 'n', port: 'value', expected: 'list<text>', actual: 'a list' },
  );

  it('are all there, and groups are not among them', () => {
    const elsewhere: readonly string[] = [workflowKinds.instrument, workflowKinds.loop];
    const kinds = [...new Set<string>(Object.values(workflowKinds))].filter(
      (kind) => !elsewhere.includes(kind),
    );
    assert.deepEqual([...performers.keys()].sort(), kinds.sort());
  });
});
