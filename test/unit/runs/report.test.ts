import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../../schemas';
import { reportPlans, summarise } from '../../../server/runs/report';
import { completed, facts, reply, started, told } from './story';

const agentDone = {
  start: 'base',
  commit: 'c1',
  tree: 't1',
  summary: 's',
  turns: 2,
  usage: {},
  milliseconds: 7,
};
const proof = { command: 'npm test', exitCode: 0, milliseconds: 12, tree: 't1', output: '' };

/** Checks state, turns, tokens and proofs of the first plan after the given events. */
function check(
  events: RunEvent[],
  expected: [state: string, turns: number, inputTokens: number, proofs: number],
): void {
  const [first] = reportPlans(told(...events), undefined);
  assert.ok(first);
  assert.deepEqual([first.state, first.turns, first.usage.inputTokens, first.verified.length], expected);
}

describe('the report of a plan', () => {
  it('is pending before anything happened', () => check([], ['pending', 0, 0, 0]));

  it('counts turns and tokens while the agent works', () =>
    check(
      [started('agent:01-01'), reply('agent:01-01', 1, 100), reply('agent:01-01', 2, 50)],
      ['running', 2, 150, 0],
    ));

  it('is running between its nodes', () =>
    check([started('agent:01-01'), completed('agent:01-01', agentDone)], ['running', 0, 0, 0]));

  it('shows the proofs of verify and merge, and is complete after both', () =>
    check(
      [
        started('agent:01-01'),
        completed('agent:01-01', {
          ...agentDone,
          usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
        }),
        started('verify:01-01'),
        completed('verify:01-01', { evidence: [proof] }),
        started('merge:01-01'),
        completed('merge:01-01', { commit: 'm', tree: 't', merges: 1, evidence: [proof] }),
      ],
      ['completed', 0, 0, 2],
    ));

  it('names the problem of a failed node', () => {
    const problem = { code: 'agent.turnLimit', args: { plan: '01-01', limit: 10 } } as const;
    const events: RunEvent[] = [
      started('agent:01-01'),
      { type: 'NodeFailed', node: 'agent:01-01', attempt: 1, problem, final: true },
    ];
    const [first] = reportPlans(told(...events), undefined);
    assert.deepEqual([first?.state, first?.problem], ['failed', problem]);
  });
});

describe('the summary of a run', () => {
  it('adds up money only where it is known', () => {
    const some = summarise(
      told(started('agent:01-01'), reply('agent:01-01', 1, 10, 0.25), reply('agent:01-01', 2, 10)),
    );
    assert.equal(some.usage.usd, 0.25);
    const none = summarise(told(started('agent:01-01'), reply('agent:01-01', 1, 10)));
    assert.equal('usd' in none.usage, false);
  });

  it('says what the run is and where it stands', () => {
    const { title, model, state, nodes, changeset } = summarise(told(started('agent:01-01')));
    assert.deepEqual(
      { title, model, state, nodes, changeset },
      {
        title: facts.title,
        model: 'scripted/sample',
        state: 'running',
        nodes: { total: 12, completed: 0, running: 1, failed: 0 },
        changeset: null,
      },
    );
  });
});
