import { strict as assert } from 'node:assert';
import type { BoardNode } from '../../../schemas/wire/board';
import type { NodeState } from '../../../schemas/wire/run';
import {
  actionsOf,
  announcementOf,
  applyPatch,
  canRetry,
  fromSnapshot,
  planOf,
  type Patch,
} from '../../../webview/board/model';
import { savedState } from '../../../webview/board/saved';
import { boardStrings, choiceLabel, noteText, sentencesOf } from '../../../webview/strings';

const node = (id: string, state: NodeState = 'pending'): BoardNode => ({
  id,
  kind: 'agent',
  title: `Plan ${id}`,
  state,
  attempt: 0,
  note: '',
  startedAt: null,
  endedAt: null,
});
const model = fromSnapshot({
  run: 'r',
  title: 'Run',
  state: 'running',
  revision: 7,
  nodes: ['a', 'b', 'c', 'd'].map((id) => node(id)),
  edges: [],
});
const patch = (from: number, to: number, states: Record<string, NodeState> = {}, run = 'r'): Patch => ({
  run,
  from,
  to,
  ops: Object.entries(states).map(([id, state]) => ({ op: 'node', node: node(id, state) })),
});

function checkPatch(given: Patch, kind: string): void {
  assert.equal(applyPatch(model, given).kind, kind);
}

describe('board model', () => {
  it('applies the patch that follows and touches nothing else', () => {
    const patched = applyPatch(model, patch(7, 8, { b: 'running' }));
    assert.ok(patched.kind === 'applied');
    assert.equal(patched.model.revision, 8);
    assert.deepEqual(patched.changed, ['b']);
    assert.equal(patched.model.nodes.get('b')?.state, 'running');
    assert.equal(patched.model.nodes.get('a'), model.nodes.get('a'));
    assert.equal(model.nodes.get('b')?.state, 'pending');
  });

  it('grows by new cards and edges', () => {
    const ops: Patch['ops'] = [
      { op: 'node', node: node('a[1]/x') },
      { op: 'edges', edges: [{ from: 'a', to: 'a[1]/x' }] },
    ];
    const patched = applyPatch(model, { run: 'r', from: 7, to: 8, ops });
    assert.ok(patched.kind === 'applied');
    assert.equal(patched.model.nodes.size, 5);
    assert.deepEqual(patched.model.edges, [{ from: 'a', to: 'a[1]/x' }]);
    assert.equal(patched.model.state, 'running');
    assert.equal(noteText(boardStrings, 'skipped.person', null), 'Passed over by a person');
  });

  it('asks again on any revision it does not hold', () => {
    checkPatch(patch(8, 9), 'gap');
    checkPatch(patch(6, 8), 'gap');
    checkPatch(patch(0, 1), 'gap');
    checkPatch(patch(6, 7), 'held');
    checkPatch(patch(7, 8, {}, 'other'), 'foreign');
  });

  it('speaks of changes, of many in one sentence, and of none not at all', () => {
    const after = (states: Record<string, NodeState>) => {
      const patched = applyPatch(model, patch(7, 8, states));
      assert.ok(patched.kind === 'applied');
      return announcementOf(model, patched.model, boardStrings);
    };
    assert.equal(after({ a: 'failed' }), 'Plan a: Failed');
    assert.equal(after({ a: 'pending' }), '');
    assert.equal(
      after({ a: 'completed', b: 'running', c: 'running', d: 'running' }),
      '4 steps changed. 1 of 4 completed.',
    );
  });

  it('offers what a run in its state takes', () => {
    assert.deepEqual(actionsOf('running'), ['pause', 'cancel']);
    assert.deepEqual(actionsOf('paused'), ['resume', 'cancel']);
    assert.deepEqual(actionsOf('failed'), ['retry']);
    assert.deepEqual(actionsOf('completed'), []);
    assert.equal(canRetry('failed', 'failed'), true);
    assert.equal(canRetry('cancelled', 'failed'), false);
  });

  it('finds the plan of a node', () => {
    assert.equal(planOf('agent:03-01', ['03-02', '03-01']), '03-01');
    assert.equal(planOf('wave:1', ['03-01']), undefined);
    assert.equal(planOf('agent:13-01', ['3-01']), undefined);
  });
});

describe('saved state', () => {
  it('takes what fits and forgets the rest', () => {
    const nothing = { run: null, selected: null, zoom: null, pan: null, view: 'graph' };
    assert.deepEqual(savedState(undefined), nothing);
    assert.deepEqual(savedState({ run: 3, zoom: -1, pan: { x: 'a' }, view: 'pie' }), nothing);
    const whole = { run: 'r', selected: 'a', zoom: 0.5, pan: { x: 1, y: 2 }, view: 'list' };
    assert.deepEqual(savedState(whole), whole);
  });
});

describe('strings', () => {
  it('turn a code in a note into a sentence', () => {
    const strings = { 'problem.agent.turnLimit': 'Used {limit} turns.' };
    const reported = { code: 'agent.turnLimit', args: { limit: 40 } };
    assert.equal(noteText(strings, 'agent.turnLimit', reported), 'Used 40 turns.');
    assert.equal(noteText(strings, 'agent.turnLimit', null), 'Used … turns.');
    assert.equal(noteText(strings, 'Editing a.ts', null), 'Editing a.ts');
  });

  it('prefer what the host sent, and never show nothing', () => {
    const problem = { code: 'run.unknown', args: { run: 'x' } };
    assert.deepEqual(sentencesOf({}, problem), { message: 'run.unknown', fix: '' });
    assert.equal(sentencesOf({ 'problem.run.unknown': 'Kein Lauf {run}.' }, problem).message, 'Kein Lauf x.');
    assert.equal(sentencesOf({}, { ...problem, message: 'M', fix: 'F' }).fix, 'F');
    assert.equal(choiceLabel({ 'choice.retry': 'Nochmal' }, 'retry'), 'Nochmal');
    assert.equal(choiceLabel({}, 'allow'), 'Allow');
    assert.equal(choiceLabel({}, 'something else'), 'something else');
  });
});
