/** A directed graph of `count` nodes by their numbers; `targets[starts[n] … starts[n + 1]]` follow node n. */
export interface Graph {
  readonly count: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/** Nodes in an order in which each comes after all it waits for. */
export interface Order {
  /** Level by level, within a level by number; nodes in or behind a cycle are absent. */
  readonly order: readonly number[];
  readonly levels: readonly (readonly number[])[];
  /** Nodes that no order can place, by number. */
  readonly stuck: readonly number[];
}

/** A graph of edges given as two lists of equal length; edges of one node keep their order. Linear. */
export function graphOf(count: number, from: ArrayLike<number>, to: ArrayLike<number>): Graph {
  const starts = new Int32Array(count + 1);
  for (let edge = 0; edge < from.length; edge++) starts[from[edge]! + 1]!++;
  for (let node = 0; node < count; node++) starts[node + 1]! += starts[node]!;
  const next = starts.slice(0, count);
  const targets = new Int32Array(from.length);
  for (let edge = 0; edge < from.length; edge++) targets[next[from[edge]!]!++] = to[edge]!;
  return { count, starts, targets };
}

/** The same edges the other way round. */
export function reversed(graph: Graph): Graph {
  const from = new Int32Array(graph.targets.length);
  for (let node = 0; node < graph.count; node++) from.fill(node, graph.starts[node], graph.starts[node + 1]);
  return graphOf(graph.count, graph.targets, from);
}

/** The nodes right after `node`. */
export const after = (graph: Graph, node: number): Int32Array =>
  graph.targets.subarray(graph.starts[node], graph.starts[node + 1]);

/** Kahn's order, level by level: equal graphs give equal orders. Linear but for the sorting within levels. */
export function orderOf(graph: Graph): Order {
  const waits = new Int32Array(graph.count);
  for (const target of graph.targets) waits[target]!++;
  let level: number[] = [];
  for (let node = 0; node < graph.count; node++) if (waits[node] === 0) level.push(node);
  const order: number[] = [];
  const levels: number[][] = [];
  while (level.length > 0) {
    levels.push(level);
    const next: number[] = [];
    for (const node of level) {
      order.push(node);
      for (const target of after(graph, node)) if (--waits[target]! === 0) next.push(target);
    }
    level = next.sort((a, b) => a - b);
  }
  const stuck: number[] = [];
  if (order.length < graph.count)
    for (let node = 0; node < graph.count; node++) if (waits[node]! > 0) stuck.push(node);
  return { order, levels, stuck };
}

/** All nodes that can be reached from `node` along edges, itself not counted unless a cycle leads back; sorted. */
export function reachableFrom(graph: Graph, node: number): readonly number[] {
  const seen = new Uint8Array(graph.count);
  const queue: number[] = [node];
  const found: number[] = [];
  for (let head = 0; head < queue.length; head++)
    for (const target of after(graph, queue[head]!))
      if (seen[target] === 0) {
        seen[target] = 1;
        found.push(target);
        queue.push(target);
      }
  return found.sort((a, b) => a - b);
}

/** All nodes that `node` waits for, directly or not; sorted. */
export const dependenciesOf = (graph: Graph, node: number): readonly number[] =>
  reachableFrom(reversed(graph), node);

/** A shortest way along edges with both its ends, or undefined; equal ends give a shortest cycle. */
export function shortestWay(graph: Graph, from: number, to: number): readonly number[] | undefined {
  const before = new Int32Array(graph.count).fill(-1);
  const queue: number[] = [from];
  for (let head = 0; head < queue.length; head++) {
    const node = queue[head]!;
    for (const target of after(graph, node)) {
      if (target === to) {
        const way = [to, node];
        for (let at = node; at !== from;) way.push((at = before[at]!));
        return way.reverse();
      }
      if (before[target] === -1 && target !== from) {
        before[target] = node;
        queue.push(target);
      }
    }
  }
  return undefined;
}

/** The cycle a new edge would close, beginning and ending with `from`, or undefined if it may be drawn. */
export function wouldCreateCycle(graph: Graph, from: number, to: number): readonly number[] | undefined {
  if (from === to) return [from, from];
  const way = shortestWay(graph, to, from);
  return way === undefined ? undefined : [from, ...way];
}

/** The dearest chain of nodes that wait for each other, where `weight` is what a node costs; cycles are left out. */
export function criticalPath(
  graph: Graph,
  weight: (node: number) => number,
): { readonly cost: number; readonly path: readonly number[] } {
  const cost = new Float64Array(graph.count);
  const before = new Int32Array(graph.count).fill(-1);
  let last = -1;
  for (const node of orderOf(graph).order) {
    cost[node]! += weight(node);
    if (last === -1 || cost[node]! > cost[last]!) last = node;
    for (const target of after(graph, node))
      if (before[target] === -1 || cost[node]! > cost[target]!) {
        cost[target] = cost[node]!;
        before[target] = node;
      }
  }
  const path: number[] = [];
  for (let node = last; node !== -1; node = before[node]!) path.push(node);
  return { cost: last === -1 ? 0 : cost[last]!, path: path.reverse() };
}
