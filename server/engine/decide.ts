import type { Problem } from '../../schemas/codes';
import type { FoldedRun } from './fold';

/** What is to be done next; the loop does it and records what came of it. */
export type Command =
  /** Record the start of a new attempt, then perform it. */
  | { readonly type: 'startNode'; readonly node: string; readonly attempt: number }
  /** Perform an attempt whose start is recorded but whose performer died with an earlier process. */
  | { readonly type: 'resumeNode'; readonly node: string; readonly attempt: number }
  | { readonly type: 'completeRun' }
  | { readonly type: 'failRun'; readonly problem: Problem }
  | { readonly type: 'cancelRun' };

/** What this process knows and the journal does not. */
export interface Live {
  /** Nodes with a performer at work in this process. */
  readonly performing: ReadonlySet<string>;
  /** Nodes that pause before their next try. */
  readonly resting: ReadonlySet<string>;
}

const nothingLive: Live = { performing: new Set(), resting: new Set() };

/**
 * What follows from a run's state. Pure: equal arguments give equal commands. A node starts when all
 * nodes it is `after` have completed and its resource has room; a failed node holds back its successors
 * and nothing else; the run ends when nothing is at work and nothing can start.
 */
export function decide(run: FoldedRun, live: Live = nothingLive): readonly Command[] {
  switch (run.state) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return [];
    case 'cancelling':
      return live.performing.size === 0 ? [{ type: 'cancelRun' }] : [];
    case 'paused':
      return firstOf(resumptions(run, live), ending(run));
    case 'running':
    case 'waiting':
      return firstOf([...resumptions(run, live), ...starts(run, live)], ending(run));
  }
}

const firstOf = (work: readonly Command[], end: readonly Command[]): readonly Command[] =>
  work.length > 0 ? work : end;

function resumptions(run: FoldedRun, live: Live): Command[] {
  const { occupied } = run.schedule;
  if (occupied.size === live.performing.size) return [];
  return [...occupied]
    .filter((node) => !live.performing.has(node))
    .map((node) => ({ type: 'resumeNode', node, attempt: run.nodes.get(node)!.attempt }));
}

function starts(run: FoldedRun, live: Live): Command[] {
  const commands: Command[] = [];
  for (const [resource, ready] of run.schedule.ready) {
    let room = run.schedule.room(resource);
    for (const node of ready) {
      if (room <= 0) break;
      if (live.resting.has(node)) continue;
      commands.push({ type: 'startNode', node, attempt: run.nodes.get(node)!.attempt + 1 });
      room--;
    }
  }
  return commands;
}

function ending(run: FoldedRun): readonly Command[] {
  const { occupied, ready, failures, done } = run.schedule;
  if (occupied.size > 0) return [];
  if (done === run.nodes.size) return [{ type: 'completeRun' }];
  for (const nodes of ready.values()) if (nodes.size > 0) return [];
  for (const node of failures) return [{ type: 'failRun', problem: run.nodes.get(node)!.problem! }];
  throw new Error(`run ${run.run}: nothing is at work, can start or has failed, and yet it is not complete`);
}
