import type { FoldedRun } from './fold';
import type { RunFold } from './state';

/** What views of a run show of a node besides its fold. */
export interface NodeOutlook {
  /** The group whose round it belongs to, and which round; null at the top level. */
  readonly group: string | null;
  readonly round: number;
  /** It could start if there were a place for it. */
  readonly isQueued: boolean;
  /** Milliseconds of its present attempt that it waited for people. */
  readonly waitedMs: number;
  /** For a group at work that goes through a list: its length. */
  readonly items: number | undefined;
  /** For a group at work: the first round of its present attempt. */
  readonly firstRound: number;
  /** For a called standby: the node it stands in for or undoes. */
  readonly calledBy: string | null;
  /** A standby that nothing has called. */
  readonly isIdleStandby: boolean;
}

/** The outlook of a node at `now` (milliseconds since the epoch); undefined when there is no such node. */
export function outlookOf(run: RunFold, id: string, now: number): NodeOutlook | undefined {
  const { nodes, all, endedAt } = run as FoldedRun;
  const node = nodes.get(id);
  if (!node) return undefined;
  const { scope, waitsSince, waited, definition } = node;
  return {
    group: scope.group?.id ?? null,
    round: scope.round,
    isQueued: endedAt === null && node.state === 'pending' && all.places.isReady(node),
    waitedMs: waited + (waitsSince === undefined ? 0 : Math.max(0, now - waitsSince)),
    items: node.group?.items,
    firstRound: (node.group?.first ?? 0) + 1,
    calledBy: node.calledBy?.node.id ?? null,
    isIdleStandby: definition.standby === true && node.calledBy === undefined && node.attempt === 0,
  };
}
