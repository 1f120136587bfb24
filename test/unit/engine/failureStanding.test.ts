import { strict as assert } from 'node:assert';
import type { Workflow, WorkflowNode } from '../../../schemas/journal/workflow';
import { defaultFailureTables, levelOf, withCriticality } from '../../../server/engine/failure';

const work = (id: string, title: string, after = '', more: Partial<WorkflowNode> = {}): WorkflowNode => ({
  ...{ id, kind: 'instrument', title, resource: 'model', params: null, retries: 0 },
  after: after.split(' ').filter(Boolean),
  ...more,
});

/** The level of each node's score, `-` where it has none. */
function check(request: string, nodes: readonly WorkflowNode[], expected: Readonly<Record<string, string>>) {
  const workflow: Workflow = { version: 1, title: request, nodes: [...nodes], limits: {} };
  const found = new Map<string, string>();
  const visit = (level: readonly WorkflowNode[]): void => {
    for (const { id, criticality, body } of level) {
      found.set(id, criticality === undefined ? '-' : levelOf(criticality, defaultFailureTables.criticality));
      if (body !== undefined) visit(body.nodes);
    }
  };
  visit(withCriticality(workflow, request, defaultFailureTables).nodes);
  assert.deepEqual(Object.fromEntries(found), expected);
}

describe('failure policy: the place of a node in its workflow', () => {
  it('makes what others wait for, and the longest way, essential', () =>
    check(
      'Implement a feature',
      [work('plan', 'Describe'), work('code', 'Implement', 'plan'), work('test', 'Test', 'code')],
      { plan: 'essential', code: 'essential', test: 'essential' },
    ));

  it('lets what lies beside the way and nobody waits for fail more easily', () =>
    check(
      'Explain the code',
      [
        work('read', 'Review'),
        work('answer', 'Explain', 'read'),
        work('check', 'Check', 'answer'),
        work('poem', 'Compose a poem', 'read'),
        work('layout', 'Format the text', 'read', { fallback: { node: 'poem', value: {} } }),
      ],
      { read: 'essential', answer: 'essential', check: 'essential', poem: 'recommended', layout: 'optional' },
    ));

  it('scores models at work alone, inside groups, too, and keeps what is stated', () =>
    check(
      'Fix it',
      [
        work('in', 'in', '', { kind: 'input' }),
        work('run', 'Run tests', 'in', { kind: 'command' }),
        work('all', 'All', 'run', { kind: 'group', body: { mode: 'once', nodes: [work('fix', 'Fix')] } }),
        work('note', 'Note', 'run', { criticality: 10 }),
        work('own', 'Own', 'run', { retry: { tries: 1 } }),
      ],
      { in: '-', run: '-', all: '-', fix: 'essential', note: 'optional', own: '-' },
    ));
});
