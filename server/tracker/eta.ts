import type { WorkflowNode } from '../../schemas/journal/workflow';
import type { Durations, Estimate } from './durations';

/** A node of one level as far as the time it still needs is concerned. */
export interface Ahead {
  readonly definition: WorkflowNode;
  /** It has ended, or will never start. */
  readonly isDone: boolean;
  /** Milliseconds its present attempt has worked; undefined before it started. */
  readonly workedMs?: number | undefined;
  /** For a group at work that goes through a list: how many items are not done. */
  readonly itemsLeft?: number | undefined;
}

/** Places by resource class; `*` bounds all classes together. */
export type PlacesByClass = Readonly<Record<string, number>>;

/**
 * How long a level still takes if every node takes what `durations` say: no less than the longest way through
 * what is left, and no less than each class of places needs for its share. Work in a class ends at the latest
 * when its places have gone through it evenly and one of them then still does the longest piece; the estimate
 * is the larger of both. It is never negative, and never grows when a node ends or comes further.
 * Undefined when nothing is known of any node left. Linear in nodes and edges.
 */
export function timeLeft(
  level: readonly Ahead[],
  places: PlacesByClass,
  durations: Durations,
): Estimate | undefined {
  const ahead = level.filter(({ isDone }) => !isDone);
  const needs: Estimate[] = [];
  for (const node of ahead) {
    const need = needOf(node, places, durations);
    if (need === undefined) return undefined;
    needs.push(need);
  }
  const ways = waysThrough(ahead);
  const half = left(ahead, ways, places, needs, 'half');
  return { half, most: Math.max(half, left(ahead, ways, places, needs, 'most')) };
}

function left(
  level: readonly Ahead[],
  ways: Ways,
  places: PlacesByClass,
  needs: readonly Estimate[],
  kind: keyof Estimate,
): number {
  let longest = longestWay(ways, needs, kind);
  for (const [resource, count] of Object.entries(places)) {
    let sum = 0;
    let piece = 0;
    level.forEach(({ definition }, i) => {
      if (definition.body || (resource !== '*' && definition.resource !== resource)) return;
      sum += needs[i]![kind];
      piece = Math.max(piece, needs[i]![kind]);
    });
    longest = Math.max(longest, sum / count + piece * (1 - 1 / count));
  }
  return longest;
}

/** What one node still needs; a group nothing is known of needs what is inside it. */
export function needOf(node: Ahead, places: PlacesByClass, durations: Durations): Estimate | undefined {
  const { definition, workedMs = 0, itemsLeft } = node;
  const { body, kind, title } = definition;
  const known = body ? durations.exact(kind, title) : durations.estimate(kind, title);
  if (known !== undefined) return workedMs === 0 ? known : times(known, 1, workedMs);
  if (!body) return undefined;
  const inner = body.nodes
    .filter(({ standby, disabled }) => standby !== true && disabled !== true)
    .map((one) => ({ definition: one, isDone: false }));
  const round = timeLeft(inner, places, durations);
  if (round === undefined || itemsLeft === undefined) return round && times(round, 1, workedMs);
  if (itemsLeft === 0) return times(round, 0, 0);
  return times(round, Math.max(1, Math.ceil(itemsLeft / (body.parallel ?? Infinity))), 0);
}

const times = ({ half, most }: Estimate, count: number, minus: number): Estimate => ({
  half: Math.max(0, half * count - minus),
  most: Math.max(0, most * count - minus),
});

/** Which nodes come after which, as indexes, and an order in which those before come first. */
interface Ways {
  readonly after: readonly (readonly number[] | undefined)[];
  readonly order: readonly number[];
}

/** What has ended is not part of the level any more, and holds nothing back. */
export function waysThrough(level: readonly Ahead[]): Ways {
  const index = new Map(level.map(({ definition: { id } }, i) => [id, i]));
  const after = new Array<number[] | undefined>(level.length);
  const missing = new Uint32Array(level.length);
  const connect = (from: string, to: number) => {
    const before = index.get(from);
    if (before === undefined) return;
    (after[before] ??= []).push(to);
    missing[to]!++;
  };
  level.forEach(({ definition }, i) => {
    for (const id of definition.after) connect(id, i);
    for (const { from } of definition.edges ?? []) connect(from, i);
  });
  const order: number[] = [];
  missing.forEach((count, i) => count === 0 && order.push(i));
  for (const i of order) for (const next of after[i] ?? []) if (--missing[next]! === 0) order.push(next);
  return { after, order };
}

/** The longest way through nodes with these needs. */
function longestWay({ after, order }: Ways, needs: readonly Estimate[], kind: keyof Estimate): number {
  const end = new Float64Array(needs.length);
  let longest = 0;
  for (const i of order) {
    end[i]! += needs[i]![kind];
    longest = Math.max(longest, end[i]!);
    for (const next of after[i] ?? []) end[next] = Math.max(end[next]!, end[i]!);
  }
  return longest;
}
