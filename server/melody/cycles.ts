import { after, graphOf, shortestWay, type Graph } from './graph';

/**
 * For each knot of nodes that wait for each other a shortest cycle through its first node, which stands at both
 * ends: every knot is told once, and once it is untied the next check tells what remains. Sorted by first node.
 */
export function cyclesOf(graph: Graph): readonly (readonly number[])[] {
  const knot = knotsOf(graph);
  const first = new Map<number, number>();
  const size = new Map<number, number>();
  for (let node = 0; node < graph.count; node++) {
    if (!first.has(knot[node]!)) first.set(knot[node]!, node);
    size.set(knot[node]!, (size.get(knot[node]!) ?? 0) + 1);
  }
  const cycles: (readonly number[])[] = [];
  for (const [name, node] of first) {
    if (size.get(name) === 1) {
      if (after(graph, node).includes(node)) cycles.push([node, node]);
    } else cycles.push(shortestWay(inside(graph, knot, name), node, node)!);
  }
  return cycles.sort((a, b) => a[0]! - b[0]!);
}

/** The edges of one knot alone. */
function inside(graph: Graph, knot: Int32Array, name: number): Graph {
  const from: number[] = [];
  const to: number[] = [];
  for (let node = 0; node < graph.count; node++)
    if (knot[node] === name)
      for (const target of after(graph, node))
        if (knot[target] === name) {
          from.push(node);
          to.push(target);
        }
  return graphOf(graph.count, from, to);
}

/** Tarjan's strongly connected components, by a number for each node. Iterative: chains may be 100,000 deep. */
function knotsOf(graph: Graph): Int32Array {
  const { count, starts, targets } = graph;
  const knot = new Int32Array(count).fill(-1);
  const index = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const next = starts.slice(0, count);
  const open: number[] = [];
  const stack: number[] = [];
  let found = 0;
  let knots = 0;
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    stack.push(root);
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      if (index[node] === -1) {
        index[node] = low[node] = found++;
        open.push(node);
      }
      let entered = false;
      while (next[node]! < starts[node + 1]! && !entered) {
        const target = targets[next[node]!]!;
        if (index[target] === -1) {
          stack.push(target);
          entered = true;
        } else {
          if (knot[target] === -1) low[node] = Math.min(low[node]!, low[target]!);
          next[node]!++;
        }
      }
      if (entered) continue;
      stack.pop();
      if (low[node] !== index[node]) continue;
      for (let member = -1; member !== node;) knot[(member = open.pop()!)] = knots;
      knots++;
    }
  }
  return knot;
}
