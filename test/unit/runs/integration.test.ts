import { strict as assert } from 'node:assert';
import type { Json } from '../../../server/base';
import { currentIntegration, finalCommit, newestIntegration } from '../../../server/runs/integration';
import { scopedTo } from '../../../server/runs/scope';
import type { PrivateRepository } from '../../../server/git';
import { commandHash, previewPhase } from '../../../server/runs/startRun';
import { facts, plan } from './story';

const merge = (merges: number): Json => ({ commit: `m${merges}`, tree: `t${merges}`, merges, evidence: [] });
const outputs: Record<string, Json> = {
  'merge:01-02': merge(1),
  'merge:01-01': merge(2),
  'wave:1': merge(2),
};
const output = (node: string): Json | undefined => outputs[node];

describe('the integration', () => {
  it('is the base before any merge', () => {
    assert.equal(currentIntegration(facts, () => undefined).commit, 'base');
  });

  it('is the newest merge, in whatever order plans were merged', () => {
    assert.equal(currentIntegration(facts, output).commit, 'm2');
    assert.equal(finalCommit(facts, output).commit, 'm2');
  });

  it('an agent starts from is the newest of what it waited for, not of what is merged beside it', () => {
    assert.equal(newestIntegration(facts, output, ['merge:01-02']).commit, 'm1');
    assert.equal(newestIntegration(facts, output, []).commit, 'base');
  });

  it('of an ask is what its agent committed', () => {
    const ask = { ...facts, ask: { path: 'a.js', lines: null } };
    const agent = { start: 'base', commit: 'own', tree: 'tree', summary: '', turns: 1, milliseconds: 1 };
    const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
    assert.equal(finalCommit(ask, () => ({ ...agent, usage })).commit, 'own');
  });
});

describe('a workspace below the top of its repository', () => {
  const change = (path: string, from: string | null = null) => ({
    path,
    from,
    change: 'modified',
    before: null,
    after: null,
  });
  const whole = {
    changes: () =>
      Promise.resolve([
        change('app/a.js', 'app/b.js'),
        change('other/c.js'),
        change('app/d.js', 'other/e.js'),
      ]),
    lineCounts: () =>
      Promise.resolve(
        new Map([
          ['app/a.js', { added: 1, removed: 2 }],
          ['other/c.js', { added: 1, removed: 1 }],
        ]),
      ),
  } as unknown as PrivateRepository;
  const ctx = undefined as never;

  it('sees its own paths alone', async () => {
    const scoped = scopedTo(whole, 'app');
    const seen = await scoped.changes(ctx, 'a', 'b');
    assert.deepEqual(
      seen.map(({ path, from }) => [path, from]),
      [
        ['a.js', 'b.js'],
        ['d.js', null],
      ],
    );
    assert.deepEqual([...(await scoped.lineCounts(ctx, 'a', 'b')).keys()], ['a.js']);
  });

  it('is the repository itself at the top', () => assert.equal(scopedTo(whole, ''), whole));
});

describe('a preview', () => {
  const planning = {
    view: { present: true, milestones: [], project: '', revision: 1, problems: [] },
    phase: (id: string) =>
      id === '1'
        ? {
            id: '1',
            name: 'Things',
            directory: 'd',
            problems: [],
            plans: [plan('01-01', 1, ['a', 'b']), { ...plan('01-02', 1), done: true }],
          }
        : undefined,
  };
  const settings = { model: null, limits: facts.limits, parallel: 2 };

  it('lists open plans and binds approvals to plan and command', () => {
    const { plans, commands } = previewPhase(planning, '1', settings, new Set([commandHash('01-01', 'a')]));
    assert.deepEqual(
      plans.map(({ id }) => id),
      ['01-01'],
    );
    assert.deepEqual(
      commands.map(({ command, approved }) => [command, approved]),
      [
        ['a', true],
        ['b', false],
      ],
    );
    assert.notEqual(commandHash('01-01', 'a'), commandHash('01-02', 'a'));
  });

  it('refuses a phase nobody knows', () => {
    assert.throws(() => previewPhase(planning, '9', settings, new Set()), {
      message: /planning\.phaseUnknown/,
    });
  });
});
