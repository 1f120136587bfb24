import type { Problem } from '../../schemas/codes';
import type { EventOf } from '../../schemas/journal/events';
import type { LoopTable } from '../../schemas/failure';
import { defaultFailureTables, resumptionProblem } from './failure';
import type { FoldedRun } from './fold';
import type { NodeRecord } from './node';

/** What is to be done next; the loop records what it amounts to, then does it. */
export type Command =
  /** Record the start of a new attempt, then perform it. */
  | { readonly type: 'startNode'; readonly node: string; readonly attempt: number }
  /** Perform an attempt whose start is recorded but whose performer died with an earlier process. */
  | { readonly type: 'resumeNode'; readonly node: string; readonly attempt: number }
  /** End an attempt that was taken over again and again without coming further. */
  | {
      readonly type: 'giveUpNode';
      readonly node: string;
      readonly attempt: number;
      readonly problem: Problem;
    }
  | {
      readonly type: 'skipNode';
      readonly node: string;
      readonly reason: EventOf<'NodeSkipped'>['reason'];
    }
  /** Begin a group's next round, or end it. */
  | { readonly type: 'advanceGroup'; readonly node: string }
  /** Undo what `by` did. */
  | { readonly type: 'undoNode'; readonly node: string; readonly by: string }
  | { readonly type: 'completeRun' }
  | { readonly type: 'failRun'; readonly problem: Problem }
  | { readonly type: 'cancelRun' };

/** What this process knows and the journal does not. */
export interface Live {
  /** Nodes with a performer at work in this process, or about to be. */
  readonly performing: ReadonlySet<string>;
  /** Nodes that pause before their next try. */
  readonly resting: ReadonlySet<string>;
  /** Milliseconds since the epoch; what has waited longer goes first. */
  readonly now: number;
  /** How many more nodes of a resource all runs together leave room for; absent: unbounded. */
  readonly room?: ((resource: string) => number) | undefined;
  /** When an attempt has been taken over often enough. */
  readonly loops?: LoopTable | undefined;
  /** At most this many nodes are started at once. */
  readonly most?: number | undefined;
}

const nothingLive: Live = { performing: new Set(), resting: new Set(), now: 0 };

/**
 * What follows from a run's state. Pure: equal arguments give equal commands. A node starts when the ways
 * into it are open and its resource has room; a failed node holds back its successors, and with the policy
 * `stop` or `compensate` everything that has not started; the run ends when nothing is at work and nothing
 * can start.
 */
export function decide(run: FoldedRun, live: Live = nothingLive): readonly Command[] {
  switch (run.state) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return [];
    case 'cancelling':
      if (live.performing.size > 0) return [];
      return run.stopping ? [{ type: 'failRun', problem: run.stopping }] : [{ type: 'cancelRun' }];
    case 'paused':
      return firstOf(resumptions(run, live), ending(run));
    case 'running':
    case 'waiting': {
      // A group that fails may keep everything else from starting, so it is brought on first.
      const due = following(run);
      return firstOf([...resumptions(run, live), ...(due.length > 0 ? due : starts(run, live))], ending(run));
    }
  }
}

const firstOf = (work: readonly Command[], end: readonly Command[]): readonly Command[] =>
  work.length > 0 ? work : end;

function resumptions(run: FoldedRun, live: Live): Command[] {
  const { occupied } = run.all.places;
  if (occupied.size === live.performing.size) return [];
  return [...occupied]
    .filter(({ id }) => !live.performing.has(id))
    .map(({ id: node, attempt, resumptions: taken }) => {
      const why = resumptionProblem(node, taken - 1, live.loops ?? defaultFailureTables.loops);
      return why
        ? { type: 'giveUpNode', node, attempt, problem: why }
        : { type: 'resumeNode', node, attempt };
    });
}

/** What needs no place: nodes to pass over, groups to bring on. */
function following({ all }: FoldedRun): Command[] {
  if (all.toSkip.size === 0 && all.dueGroups.size === 0) return [];
  const commands: Command[] = [];
  for (const [{ id }, reason] of all.toSkip) commands.push({ type: 'skipNode', node: id, reason });
  for (const { id } of all.dueGroups) commands.push({ type: 'advanceGroup', node: id });
  return commands;
}

function starts(run: FoldedRun, { now, resting, room, most = Infinity }: Live): readonly Command[] {
  const { places, undoing } = run.all;
  if (places.readyCount === 0) return [];
  const stopped = run.isHalted;
  const not = (node: NodeRecord): boolean => resting.has(node.id) || (stopped && node !== undoing);
  return places
    .next(now, most, { room, not: resting.size > 0 || stopped ? not : undefined })
    .map(({ id, attempt }) => ({ type: 'startNode', node: id, attempt: attempt + 1 }));
}

function ending(run: FoldedRun): readonly Command[] {
  const { places, toSkip, dueGroups, failures, top, effects, undoing } = run.all;
  if (places.occupied.size > 0 || toSkip.size > 0 || dueGroups.size > 0) return [];
  if (top.left === 0) return [{ type: 'completeRun' }];
  const stopped = run.isHalted;
  if (places.readyCount > 0 && (!stopped || undoing)) return [];
  const [first] = failures;
  if (!first)
    throw new Error(
      `run ${run.run}: nothing is at work, can start or has failed, and yet it is not complete`,
    );
  const last = effects.at(-1);
  if (stopped && run.workflow.policy?.onFailure === 'compensate' && last)
    return [{ type: 'undoNode', node: last.scope.prefix + last.definition.compensate!, by: last.id }];
  return [{ type: 'failRun', problem: first.problem! }];
}
