import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../../schemas/journal/events';
import { decide, type Command, type Live } from '../../../server/engine';
import { foldOf, workflowOf } from './support';

const diamond = { a: '', b: 'a', c: 'a', d: 'b c' };

/** Short events: `+a` started, `.a` completed, `!a` failed for good, `~a` failed for now, `?a` asks, `=a` is answered. */
function eventsOf(text: string): RunEvent[] {
  const attempts = new Map<string, number>();
  return text
    .split(' ')
    .filter(Boolean)
    .map((word): RunEvent => {
      const [sign, node] = [word.charAt(0), word.slice(1)];
      const attempt = attempts.get(node) ?? 0;
      const problem = { code: 'model.serverError' as const, args: { node } };
      switch (sign) {
        case '+':
          attempts.set(node, attempt + 1);
          return { type: 'NodeStarted', node, attempt: attempt + 1 };
        case '.':
          return { type: 'NodeCompleted', node, attempt, output: `${node} done` };
        case '!':
          return { type: 'NodeFailed', node, attempt, problem, final: true };
        case '~':
          return { type: 'NodeFailed', node, attempt, problem, final: false };
        case '?':
          return {
            type: 'QuestionAsked',
            node,
            question: { id: node, kind: 'decision', problem, facts: {}, choices: ['yes', 'no'] },
          };
        case '=':
          return { type: 'QuestionAnswered', question: node, answer: 'yes' };
        case '^':
          return { type: 'NodeRetried', node };
      }
      switch (word) {
        case 'pause':
          return { type: 'RunPaused' };
        case 'resume':
          return { type: 'RunResumed' };
        case 'cancel':
          return { type: 'RunCancelRequested', reason: 'test' };
        case 'cancelled':
          return { type: 'RunCancelled' };
        case 'failed':
          return { type: 'RunFailed', problem };
        case 'completed':
          return { type: 'RunCompleted' };
      }
      throw new Error(`what is ${word}?`);
    });
}

const shown = (command: Command): string => {
  switch (command.type) {
    case 'startNode':
      return `start ${command.node}/${command.attempt}`;
    case 'resumeNode':
      return `resume ${command.node}/${command.attempt}`;
    case 'giveUpNode':
      return `give up ${command.node}/${command.attempt}`;
    case 'skipNode':
      return `skip ${command.node} (${command.reason})`;
    case 'advanceGroup':
      return `advance ${command.node}`;
    case 'undoNode':
      return `undo ${command.by} by ${command.node}`;
    case 'failRun':
      return `fail for ${command.problem.args['node']}`;
    case 'completeRun':
    case 'cancelRun':
      return command.type;
  }
};

interface Case {
  readonly nodes?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, number>>;
  /** Nodes with a live performer; all that are at work unless told. */
  readonly performing?: string;
  readonly resting?: string;
}

function check(events: string, expected: { state: string; commands: string }, given: Case = {}): void {
  const run = foldOf(workflowOf(given.nodes ?? diamond, given.limits), eventsOf(events));
  const live: Live = {
    performing:
      given.performing === undefined
        ? new Set([...run.all.places.occupied].map(({ id }) => id))
        : new Set(given.performing.split(' ').filter(Boolean)),
    now: 100,
    resting: new Set((given.resting ?? '').split(' ').filter(Boolean)),
  };
  assert.deepEqual(
    { state: run.state, commands: decide(run, live).map(shown).join(', ') },
    expected,
    `after “${events}”`,
  );
}

describe('deciding', () => {
  it('starts what waits for nothing, then what has all it waits for', () => {
    check('', { state: 'running', commands: 'start a/1' });
    check('+a', { state: 'running', commands: '' });
    check('+a .a', { state: 'running', commands: 'start b/1, start c/1' });
    check('+a .a +b .b', { state: 'running', commands: 'start c/1' });
    check('+a .a +b +c .b', { state: 'running', commands: '' });
    check('+a .a +b +c .b .c', { state: 'running', commands: 'start d/1' });
  });

  it('ends the run when all is done', () => {
    check('+a .a +b .b +c .c +d .d', { state: 'running', commands: 'completeRun' });
    check('+a .a +b .b +c .c +d .d completed', { state: 'completed', commands: '' });
    check('', { state: 'running', commands: 'completeRun' }, { nodes: {} });
  });

  it('counts an edge once that is named twice', () => {
    check('+a .a', { state: 'running', commands: 'start b/1' }, { nodes: { a: '', b: 'a a' } });
  });

  it('keeps the limits of resources', () => {
    const nodes = { a: '', b: '', c: '' };
    check('', { state: 'running', commands: 'start a/1, start b/1' }, { nodes, limits: { work: 2 } });
    check('+a +b', { state: 'running', commands: '' }, { nodes, limits: { work: 2 } });
    check('+a +b .a', { state: 'running', commands: 'start c/1' }, { nodes, limits: { work: 2 } });
    check('+a +b ~a', { state: 'running', commands: 'start c/1' }, { nodes, limits: { work: 2 } });
    check(
      '',
      { state: 'running', commands: 'start a/1, start b/1, start c/1' },
      { nodes, limits: { other: 1 } },
    );
  });

  it('lets other branches go on when a node failed, and fails at the end', () => {
    check('+a .a +b +c !b', { state: 'running', commands: '' });
    check('+a .a +b +c !b .c', { state: 'running', commands: 'fail for b' });
    check('+a .a +b +c !c !b', { state: 'running', commands: 'fail for c' });
    check('+a .a +b +c !c !b failed', { state: 'failed', commands: '' });
  });

  it('tries again after a rest, and does not end while one rests', () => {
    check('+a ~a', { state: 'running', commands: 'start a/2' });
    check('+a ~a', { state: 'running', commands: '' }, { resting: 'a' });
    check('+a ~a +a .a', { state: 'running', commands: 'start b/1, start c/1' });
  });

  it('waits where only people can help', () => {
    check('+a ?a', { state: 'waiting', commands: '' });
    check('+a ?a =a', { state: 'running', commands: '' });
    check('+a .a +b +c ?b', { state: 'running', commands: '' });
    check('+a .a +b +c ?b .c', { state: 'waiting', commands: '' });
    // The waiting node keeps its place: it is in the middle of its work.
    check('+a ?a', { state: 'waiting', commands: '' }, { nodes: { a: '', b: '' }, limits: { work: 1 } });
    check(
      '+a ?a',
      { state: 'running', commands: 'start b/1' },
      { nodes: { a: '', b: '' }, limits: { work: 2 } },
    );
  });

  it('starts nothing while paused, and still ends', () => {
    check('pause', { state: 'paused', commands: '' });
    check('+a pause .a', { state: 'paused', commands: '' });
    check('+a pause .a resume', { state: 'running', commands: 'start b/1, start c/1' });
    check('+a pause .a', { state: 'paused', commands: 'completeRun' }, { nodes: { a: '' } });
    check('+a pause !a', { state: 'paused', commands: 'fail for a' }, { nodes: { a: '' } });
    check('+a pause ~a', { state: 'paused', commands: '' }, { nodes: { a: '' } });
  });

  it('cancels when the performers have ended', () => {
    check('+a cancel', { state: 'cancelling', commands: '' });
    check('+a cancel', { state: 'cancelling', commands: 'cancelRun' }, { performing: '' });
    check('+a ?a cancel', { state: 'cancelling', commands: '' });
    check('pause cancel', { state: 'cancelling', commands: 'cancelRun' });
    check('+a cancel cancelled', { state: 'cancelled', commands: '' });
  });

  it('takes up what an earlier process left', () => {
    check('+a', { state: 'running', commands: 'resume a/1' }, { performing: '' });
    check('+a .a +b ?b', { state: 'running', commands: 'resume b/1, start c/1' }, { performing: '' });
    check('+a pause', { state: 'paused', commands: 'resume a/1' }, { performing: '' });
  });

  it('goes on where a person retries', () => {
    check('+a .a +b +c !b .c failed ^b', { state: 'running', commands: 'start b/2' });
    check('+a .a +b +c !b .c failed ^b +b .b', { state: 'running', commands: 'start d/1' });
  });
});
