import { strict as assert } from 'node:assert';
import type { Problem } from '../../../schemas/codes';
import type { RunEvent } from '../../../schemas/journal/events';
import { fold, foldAll, type RunFold } from '../../../server/engine';
import { createdWith, foldOf, recordedAs, workflowOf } from './support';

const workflow = workflowOf({ a: '', b: 'a' });
const serverError = { code: 'model.serverError' as const, args: {} };
const question = (id: string) => ({
  id,
  kind: 'decision' as const,
  problem: serverError,
  facts: {},
  choices: ['yes'],
});

function check(events: readonly RunEvent[], view: (run: RunFold) => unknown, expected: unknown): void {
  assert.deepEqual(view(foldOf(workflow, events)), expected);
}

const nodeOf = (id: string) => (run: RunFold) => {
  const { state, attempt, startedAt, endedAt, output, problem, steps } = run.nodes.get(id)!;
  return { state, attempt, startedAt, endedAt, output, problem, steps: Object.fromEntries(steps) };
};

const untouched = {
  state: 'pending',
  attempt: 0,
  startedAt: null,
  endedAt: null,
  output: undefined,
  problem: null,
  steps: {},
};

describe('folding', () => {
  it('follows one node', () => {
    check([], nodeOf('a'), untouched);
    const started: RunEvent[] = [
      { type: 'NodeStarted', node: 'a', attempt: 1 },
      { type: 'StepRecorded', node: 'a', attempt: 1, key: 'turn 1', outcome: { said: 'hello' } },
    ];
    const running = {
      ...untouched,
      state: 'running',
      attempt: 1,
      startedAt: 2,
      steps: { 'turn 1': { said: 'hello' } },
    };
    check(started, nodeOf('a'), running);
    const completed: RunEvent = { type: 'NodeCompleted', node: 'a', attempt: 1, output: 7 };
    check([...started, completed], nodeOf('a'), { ...running, state: 'completed', endedAt: 4, output: 7 });
    const failed: RunEvent = {
      type: 'NodeFailed',
      node: 'a',
      attempt: 1,
      problem: serverError,
      final: false,
    };
    check([...started, failed], nodeOf('a'), {
      ...running,
      state: 'pending',
      endedAt: 4,
      problem: serverError,
    });
    const again = { ...untouched, state: 'running', attempt: 2, startedAt: 5 };
    // The model's server failed, so the next attempt goes on after what was recorded.
    check([...started, failed, { type: 'NodeStarted', node: 'a', attempt: 2 }], nodeOf('a'), {
      ...again,
      problem: serverError,
      steps: { 'turn 1': { said: 'hello' } },
    });
    // The work itself failed, so it begins anew.
    const stuck: Problem = { code: 'agent.stuck', args: { plan: 'a', tool: 'list', times: 4 } };
    check(
      [...started, { ...failed, problem: stuck }, { type: 'NodeStarted', node: 'a', attempt: 2 }],
      nodeOf('a'),
      { ...again, problem: stuck },
    );
  });

  it('follows questions, and forgets those of an attempt that ended', () => {
    const asked: RunEvent[] = [
      { type: 'NodeStarted', node: 'a', attempt: 1 },
      { type: 'QuestionAsked', node: 'a', question: question('1') },
      { type: 'QuestionAsked', node: 'a', question: question('2') },
    ];
    const open = (run: RunFold) => [
      run.state,
      run.nodes.get('a')!.state,
      run.questions.map((one) => one.question.id),
    ];
    check(asked, open, ['waiting', 'waiting', ['1', '2']]);
    check([...asked, { type: 'QuestionAnswered', question: '1', answer: 'yes' }], open, [
      'waiting',
      'waiting',
      ['2'],
    ]);
    check([...asked, { type: 'NodeCompleted', node: 'a', attempt: 1, output: null }], open, [
      'running',
      'completed',
      [],
    ]);
  });

  it('keeps the newest decision per file', () => {
    const decided = (path: string, decision: 'accepted' | 'rejected'): RunEvent => ({
      type: 'FileDecided',
      changeset: 'c',
      path,
      decision,
      written: null,
    });
    check(
      [decided('x', 'rejected'), decided('y', 'accepted'), decided('x', 'accepted')],
      (run) => run.decisions.map((one) => `${one.path} ${one.decision}`),
      ['x accepted', 'y accepted'],
    );
  });

  it('cancels what had not ended', () => {
    check(
      [
        { type: 'NodeStarted', node: 'a', attempt: 1 },
        { type: 'RunCancelRequested', reason: '' },
        { type: 'RunCancelled' },
      ],
      (run) => [run.state, run.endedAt, run.nodes.get('a')!.state, run.nodes.get('b')!.state],
      ['cancelled', 4, 'cancelled', 'cancelled'],
    );
  });

  it('opens a failed run again when a node is retried', () => {
    const failed: RunEvent[] = [
      { type: 'NodeStarted', node: 'a', attempt: 1 },
      { type: 'NodeFailed', node: 'a', attempt: 1, problem: serverError, final: true },
      { type: 'RunFailed', problem: serverError },
    ];
    const view = (run: RunFold) => [
      run.state,
      run.endedAt,
      run.problem?.code ?? null,
      run.nodes.get('a')!.state,
    ];
    check(failed, view, ['failed', 4, 'model.serverError', 'failed']);
    check([...failed, { type: 'NodeRetried', node: 'a' }], view, ['running', null, null, 'pending']);
  });

  it('refuses events that cannot follow, and stays what it was', () => {
    const cannot: readonly RunEvent[] = [
      { type: 'NodeStarted', node: 'b', attempt: 1 },
      { type: 'NodeStarted', node: 'a', attempt: 2 },
      { type: 'NodeStarted', node: 'x', attempt: 1 },
      { type: 'NodeCompleted', node: 'a', attempt: 1, output: null },
      { type: 'StepRecorded', node: 'a', attempt: 1, key: 'k', outcome: null },
      { type: 'QuestionAnswered', question: 'q', answer: 'yes' },
      { type: 'NodeRetried', node: 'a' },
      { type: 'RunResumed' },
      createdWith(workflow),
    ];
    for (const event of cannot) {
      const run = foldAll(recordedAs('run', [createdWith(workflow)]))!;
      assert.throws(() => fold(run, { position: 2, run: 'run', seq: 2, at: 2, event }), Error, event.type);
      assert.equal(run.seq, 1);
      fold(run, {
        position: 2,
        run: 'run',
        seq: 2,
        at: 2,
        event: { type: 'NodeStarted', node: 'a', attempt: 1 },
      });
    }
    const [created] = recordedAs('run', [createdWith(workflow)]);
    assert.throws(() => fold(undefined, { ...created!, seq: 2 }));
    assert.throws(() => fold(foldAll([created!]), { ...created!, seq: 3, event: { type: 'RunPaused' } }));
  });

  it('takes a chain of 10,000 nodes in linear time', () => {
    const chain = workflowOf(
      Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`n${i}`, i ? `n${i - 1}` : ''])),
    );
    const run = foldOf(
      chain,
      chain.nodes.flatMap(({ id }): RunEvent[] => [
        { type: 'NodeStarted', node: id, attempt: 1 },
        { type: 'NodeCompleted', node: id, attempt: 1, output: null },
      ]),
    );
    assert.equal(run.all.top.left, 0);
  }).timeout(2000);
});
