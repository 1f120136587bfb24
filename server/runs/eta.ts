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
  const half = left(level, places, durations, 'half');
  const most = left(level, places, durations, 'most');
  return half === undefined || most === undefined ? undefined : { half, most: Math.max(half, most) };
}

type Kind = keyof Estimate;

function left(
  level: readonly Ahead[],
  places: PlacesByClass,
  durations: Durations,
  kind: Kind,
): number | undefined {
  const index = new Map(level.map(({ definition: { id } }, i) => [id, i]));
  const need = new Float64Array(level.length);
  const work = new Map<string, { sum: number; longest: number }>();
  let isKnown = true;
  const takePlace = (resource: string, milliseconds: number) => {
    if (!Object.hasOwn(places, resource)) return;
    const share = work.get(resource) ?? { sum: 0, longest: 0 };
    share.sum += milliseconds;
    share.longest = Math.max(share.longest, milliseconds);
    work.set(resource, share);
  };
  level.forEach((node, i) => {
    if (node.isDone) return;
    const milliseconds = needOf(node, places, durations, kind);
    if (milliseconds === undefined) return void (isKnown = false);
    need[i] = milliseconds;
    if (node.definition.body) return;
    takePlace(node.definition.resource, milliseconds);
    takePlace('*', milliseconds);
  });
  if (!isKnown) return undefined;
  let longest = longestWay(level, index, need);
  for (const [resource, { sum, longest: piece }] of work) {
    const count = Math.max(1, places[resource]!);
    longest = Math.max(longest, sum / count + piece * (1 - 1 / count));
  }
  return longest;
}

/** What one node still needs. */
function needOf(node: Ahead, places: PlacesByClass, durations: Durations, kind: Kind): number | undefined {
  const { definition, workedMs = 0 } = node;
  const { body } = definition;
  const known = body
    ? durations.exact(definition.kind, definition.title)
    : durations.estimate(definition.kind, definition.title);
  if (known !== undefined) return Math.max(0, known[kind] - workedMs);
  if (!body) return undefined;
  const inner = body.nodes
    .filter(({ standby, disabled }) => standby !== true && disabled !== true)
    .map((one) => ({ definition: one, isDone: false }));
  const round = left(inner, places, durations, kind);
  if (round === undefined) return undefined;
  if (node.itemsLeft === undefined) return Math.max(0, round - workedMs);
  return Math.ceil(node.itemsLeft / (body.parallel ?? Infinity) || 1) * round;
}

/** The longest way through a level whose nodes take `need`. */
function longestWay(level: readonly Ahead[], index: ReadonlyMap<string, number>, need: Float64Array): number {
  const after = level.map((): number[] => []);
  const missing = new Uint32Array(level.length);
  level.forEach(({ definition: { after: order, edges = [] } }, i) => {
    for (const id of [...order, ...edges.map(({ from }) => from)]) {
      const before = index.get(id);
      if (before === undefined) continue;
      after[before]!.push(i);
      missing[i]!++;
    }
  });
  const end = new Float64Array(level.length);
  const order: number[] = [];
  missing.forEach((count, i) => count === 0 && order.push(i));
  let longest = 0;
  for (const i of order) {
    end[i]! += need[i]!;
    longest = Math.max(longest, end[i]!);
    for (const next of after[i]!) {
      end[next] = Math.max(end[next]!, end[i]!);
      if (--missing[next]! === 0) order.push(next);
    }
  }
  return longest;
}
