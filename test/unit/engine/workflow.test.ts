import { strict as assert } from 'node:assert';
import { ProblemError } from '../../../server/base';
import { backoffMs, checkWorkflow, isFinal } from '../../../server/engine';
import { workflowOf } from './support';

function check(nodes: Readonly<Record<string, string>>, expected: unknown, kinds = ['work']): void {
  const workflow = workflowOf(nodes);
  let found: unknown = 'fine';
  try {
    checkWorkflow(workflow, new Set(kinds));
  } catch (thrown) {
    assert.ok(thrown instanceof ProblemError, String(thrown));
    found = [thrown.problem.code, thrown.problem.args['path'] ?? thrown.problem.args['node']];
  }
  assert.deepEqual(found, expected);
}

describe('a workflow', () => {
  it('is refused when it could never end', () => {
    check({ a: '', b: 'a', c: 'a b' }, 'fine');
    check({}, 'fine');
    check({ a: 'a' }, ['workflow.cycle', 'a → a']);
    check({ s: '', a: 's c', b: 'a', c: 'b' }, ['workflow.cycle', 'a → b → c → a']);
    check({ a: 'x' }, ['workflow.missing', 'a']);
    check({ a: '' }, ['workflow.kindUnknown', 'a'], ['other']);
    const twice = workflowOf({ a: '' });
    assert.throws(
      () => checkWorkflow({ ...twice, nodes: [...twice.nodes, ...twice.nodes] }, new Set(['work'])),
      /workflow.twice/,
    );
  });

  it('may be a chain of 10,000', () => {
    check(
      Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`n${i}`, i ? `n${i - 1}` : ''])),
      'fine',
    );
    check(
      Object.fromEntries(
        Array.from({ length: 10_000 }, (_, i) => [`n${i}`, `n${i + 1 < 10_000 ? i + 1 : 9_998}`]),
      ),
      ['workflow.cycle', 'n9998 → n9999 → n9998'],
    );
  });
});

describe('retrying', () => {
  it('spares problems that would only come back', () => {
    for (const code of [
      'cancelled',
      'model.none',
      'model.noKey',
      'model.unauthorized',
      'agent.stuck',
      'verify.failed',
    ] as const)
      assert.equal(isFinal({ code, args: {} }), true, code);
    for (const code of ['model.rateLimited', 'model.cutOff', 'internal.unexpected', 'git.failed'] as const)
      assert.equal(isFinal({ code, args: {} }), false, code);
  });

  it('waits longer each time, up to a minute', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 7, 20].map((failures) => backoffMs(failures)),
      [1000, 2000, 4000, 8000, 60_000, 60_000],
    );
  });
});
