import type { RunFold } from '../engine';
import type { Durations } from './durations';
import { needOf, waysThrough, type Ahead } from './eta';
import { topLevel } from './progress';

/** The longest way through a run: what decides when it ends. Times are milliseconds. */
export interface CriticalPath {
  /** Ids of the nodes on it, in order. */
  readonly nodes: readonly string[];
  /** How long what is done of it took, and what is left of it will take; null where nothing is known of a node. */
  readonly doneMs: number;
  readonly leftMs: number | null;
}

/**
 * The way through the run's top level that takes longest, by how long its nodes took and what `durations` say of
 * the others; nodes nothing is known of count as long as the average of the rest. Linear in nodes and edges.
 */
export function criticalPath(run: RunFold, durations: Durations, now: number): CriticalPath {
  const level = topLevel(run, now);
  const all = level.map(({ ahead }): Ahead => ({ ...ahead, isDone: false }));
  const done = level.map(({ node, outlook }) => {
    const { startedAt, endedAt } = node;
    if (startedAt === null || node.state === 'pending') return 0;
    return Math.max(0, (endedAt ?? now) - startedAt - outlook.waitedMs);
  });
  const left = level.map(({ ahead }) =>
    ahead.isDone ? 0 : needOf(ahead, run.workflow.limits, durations)?.half,
  );
  const known = left.filter((one) => one !== undefined);
  const usual = known.length === 0 ? 1 : known.reduce((sum, one) => sum + one, 0) / known.length || 1;

  const { after, order } = waysThrough(all);
  const end = new Float64Array(level.length);
  const before = new Int32Array(level.length).fill(-1);
  let last = -1;
  for (const i of order) {
    end[i]! += done[i]! + (left[i] ?? usual);
    if (last < 0 || end[i]! > end[last]!) last = i;
    for (const next of after[i] ?? [])
      if (before[next] === -1 || end[i]! > end[next]!) {
        end[next] = end[i]!;
        before[next] = i;
      }
  }
  const way: number[] = [];
  for (let i = last; i >= 0; i = before[i]!) way.unshift(i);
  const sum = (values: readonly (number | undefined)[]) =>
    way.reduce<number | null>((total, i) => {
      const value = values[i];
      return total === null || value === undefined ? null : total + value;
    }, 0);
  return { nodes: way.map((i) => level[i]!.node.id), doneMs: sum(done) ?? 0, leftMs: sum(left) };
}
