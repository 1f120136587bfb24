import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { RunEvent, WorkflowNode } from '../../../schemas';
import { DurationHistory } from '../../../server/tracker/durations';
import { timeLeft, type Ahead } from '../../../server/tracker/eta';
import { nodesOf, progressOf } from '../../../server/tracker/progress';
import { foldOf, workflowOf } from '../engine/support';

const started = (node: string, attempt = 1): RunEvent => ({ type: 'NodeStarted', node, attempt });
const completed = (node: string): RunEvent => ({ type: 'NodeCompleted', node, attempt: 1, output: null });
const done = (...nodes: string[]): RunEvent[] => nodes.flatMap((node) => [started(node), completed(node)]);
const ten = Object.fromEntries('abcdefghij'.split('').map((id) => [id, '']));

/** Checks chosen members of the progress of a run after events. */
function check(
  workflow: ReturnType<typeof workflowOf>,
  events: readonly RunEvent[],
  expected: Partial<ReturnType<typeof progressOf>>,
): void {
  const found = progressOf(foldOf(workflow, events), new DurationHistory(), 1000);
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as 'total']])),
    expected,
  );
}

describe('the progress of a run', () => {
  it('is 30 % when 3 of 10 nodes are done', () =>
    check(workflowOf(ten), done('a', 'b', 'c'), {
      total: 10,
      completed: 3,
      queued: 7,
      pending: 0,
      percentage: 30,
      etaMs: null,
      etaMostMs: null,
    }));

  it('tells what waits for others from what waits for a place', () => {
    const workflow = workflowOf({ a: '', b: '', c: 'a' }, { work: 1 });
    check(workflow, [started('a')], { running: 1, queued: 1, pending: 1, percentage: 0 });
    const states = nodesOf(foldOf(workflow, [started('a')]), 0).map(({ id, state }) => [id, state]);
    assert.deepEqual(states, [
      ['a', 'running'],
      ['b', 'queued'],
      ['c', 'pending'],
    ]);
  });

  it('counts failed, skipped and cancelled nodes apart, and is whole at the end', () => {
    const failed: RunEvent = {
      type: 'NodeFailed',
      node: 'a',
      attempt: 1,
      problem: { code: 'cancelled', args: {} },
      final: true,
    };
    check(
      workflowOf({ a: '', b: '', c: '' }),
      [started('a'), failed, { type: 'NodeSkipped', node: 'b', reason: 'person' }],
      {
        failed: 1,
        skipped: 1,
        queued: 1,
        percentage: 33,
      },
    );
    check(workflowOf({ a: '', b: '' }), [...done('a', 'b'), { type: 'RunCompleted' }], {
      percentage: 100,
      etaMs: 0,
    });
    check(
      workflowOf({ a: '', b: 'a' }),
      [started('a'), { type: 'RunCancelRequested', reason: '' }, { type: 'RunCancelled' }],
      { cancelled: 2, queued: 0, percentage: 0, etaMs: null },
    );
  });

  it('counts what is inside a group as its share', () => {
    const workflow = workflowOf({ list: '', b: '' });
    workflow.version = 1;
    workflow.nodes[0] = {
      ...workflow.nodes[0]!,
      kind: 'group',
      body: { mode: 'map', over: 'items', nodes: [{ ...workflow.nodes[1]!, id: 'x', after: [] }] },
    };
    const round = (number: number): RunEvent => ({
      type: 'RoundBegun',
      node: 'list',
      round: number,
      inputs: {},
    });
    const events: RunEvent[] = [
      { type: 'NodeStarted', node: 'list', attempt: 1, items: 4 },
      round(1),
      ...done('list[1]/x'),
      round(2),
    ];
    check(workflow, events, { total: 4, completed: 1, running: 1, percentage: 12 });
  });
});

/** Levels whose edges point forward only. */
const levels = fc
  .array(
    fc.record({ before: fc.array(fc.nat(20), { maxLength: 3 }), ms: fc.integer({ min: 0, max: 1000 }) }),
    {
      minLength: 1,
      maxLength: 20,
    },
  )
  .map((nodes) =>
    nodes.map(({ before, ms }, i) => ({
      ms,
      definition: workflowOf({ [`n${i}`]: i === 0 ? '' : before.map((b) => `n${b % i}`).join(' ') })
        .nodes[0]!,
    })),
  );

describe('the time a run still takes', () => {
  const historyOf = (nodes: readonly { ms: number; definition: WorkflowNode }[]) => {
    const history = new DurationHistory();
    for (const { ms, definition } of nodes) history.add(definition, ms);
    return history;
  };

  it('is unknown without history, and known by title, kind or anything before', () => {
    const level = [{ definition: workflowOf({ a: '' }).nodes[0]!, isDone: false }];
    const history = new DurationHistory();
    assert.equal(timeLeft(level, {}, history), undefined);
    history.add({ kind: 'other', title: 'x' }, 500);
    assert.deepEqual(timeLeft(level, {}, history), { half: 500, most: 500 });
    history.add({ kind: 'work', title: 'x' }, 80);
    assert.deepEqual(timeLeft(level, {}, history), { half: 80, most: 80 });
    for (const ms of [10, 20, 30, 40, 50, 60, 70, 80, 90, 1000])
      history.add({ kind: 'work', title: 'a' }, ms);
    assert.deepEqual(timeLeft(level, {}, history), { half: 50, most: 90 });
  });

  it('goes along the longest way and takes the places into account', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => ({
      definition: workflowOf({ [id]: '' }).nodes[0]!,
      isDone: false,
      ms: 10,
    }));
    assert.equal(timeLeft(nodes, {}, historyOf(nodes))!.half, 10);
    assert.equal(timeLeft(nodes, { work: 1 }, historyOf(nodes))!.half, 40);
    assert.equal(timeLeft(nodes, { '*': 2 }, historyOf(nodes))!.half, 25, 'never too little: 20 at best');
    const chain = workflowOf({ a: '', b: 'a', c: 'b' }).nodes.map((definition) => ({
      definition,
      isDone: false,
      ms: 10,
    }));
    assert.equal(timeLeft(chain, { work: 2 }, historyOf(chain))!.half, 30);
  });

  it('of a list is that of the items left, some at once', () => {
    const inner = workflowOf({ x: '', y: 'x' }).nodes;
    const list = { ...workflowOf({ list: '' }).nodes[0]!, kind: 'group' };
    const definition = { ...list, body: { mode: 'map' as const, parallel: 2, nodes: inner } };
    const history = new DurationHistory();
    history.add({ kind: 'work', title: 'x' }, 10);
    const left = (itemsLeft?: number) =>
      timeLeft([{ definition, isDone: false, itemsLeft }], {}, history)!.half;
    assert.deepEqual([left(), left(5), left(2), left(0)], [20, 60, 20, 0]);
    history.add({ kind: 'group', title: 'list' }, 7);
    assert.equal(left(5), 7, 'how long the whole took before says more');
  });

  it('property: is never negative, and never grows when nodes end or come further', () => {
    fc.assert(
      fc.property(
        levels,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (nodes, places, dice) => {
          const history = historyOf(nodes);
          const limits = { work: places, '*': places + 1 };
          const state: { -readonly [K in keyof Ahead]: Ahead[K] }[] = nodes.map(({ definition }) => ({
            definition,
            isDone: false,
          }));
          let before = timeLeft(state, limits, history)!;
          for (let step = 0; step < nodes.length * 3; step++) {
            const one = state[dice.next().value! % state.length]!;
            if (one.workedMs === undefined) one.workedMs = dice.next().value! % 1200;
            else one.isDone = true;
            const now = timeLeft(state, limits, history)!;
            assert.ok(now.half >= 0 && now.most >= now.half);
            assert.ok(
              now.half <= before.half && now.most <= before.most,
              `${JSON.stringify(before)} → ${JSON.stringify(now)}`,
            );
            before = now;
          }
          for (const one of state) one.isDone = true;
          assert.deepEqual(timeLeft(state, limits, history), { half: 0, most: 0 });
        },
      ),
    );
  });

  it('property: with durations as they were, places filled greedily never take longer than it says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (times, places) => {
          const nodes = times.map((ms, i) => ({
            ms,
            definition: workflowOf({ [`n${i}`]: '' }).nodes[0]!,
            isDone: false,
          }));
          const lanes = new Array<number>(places).fill(0);
          for (const ms of times) lanes[lanes.indexOf(Math.min(...lanes))]! += ms;
          assert.ok(timeLeft(nodes, { work: places }, historyOf(nodes))!.half >= Math.max(...lanes) - 1e-6);
        },
      ),
    );
  });
});
