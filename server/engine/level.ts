import type { WorkflowNode } from '../../schemas/journal/workflow';

/** A way out of a node: into which node of the level, and by which of its edges (-1: order alone). */
export interface WayOut {
  readonly to: number;
  readonly edge: number;
}

const noWays: readonly WayOut[] = [];

/**
 * The nodes of one level of a workflow and how they hang together; built once, shared by everything that
 * folds runs of it. Nodes are known by their index.
 */
export class Level {
  readonly index = new Map<string, number>();
  /** How many ways lead into each node. */
  readonly waysIn: Uint32Array;
  /** Nodes that must settle before the level is done: all but standbys. */
  readonly toSettle: number;
  private readonly ways: (WayOut[] | undefined)[];

  constructor(readonly nodes: readonly WorkflowNode[]) {
    nodes.forEach((node, i) => this.index.set(node.id, i));
    this.waysIn = new Uint32Array(nodes.length);
    this.ways = new Array<WayOut[] | undefined>(nodes.length);
    nodes.forEach((node, to) => {
      for (const id of new Set(node.after)) this.connect(id, { to, edge: -1 });
      node.edges?.forEach(({ from }, edge) => this.connect(from, { to, edge }));
    });
    this.toSettle = nodes.reduce((count, node) => count + (node.standby ? 0 : 1), 0);
  }

  waysOut(node: number): readonly WayOut[] {
    return this.ways[node] ?? noWays;
  }

  /** The level inside a group. */
  body(node: number): Level {
    return levelOf(this.nodes[node]!.body!.nodes);
  }

  /** All nodes, those before ahead of those after; of equals the one that is written first. */
  get order(): readonly number[] {
    const missing = Uint32Array.from(this.waysIn);
    const order: number[] = [];
    missing.forEach((count, node) => count === 0 && order.push(node));
    for (const node of order)
      for (const { to } of this.waysOut(node)) if (--missing[to]! === 0) order.push(to);
    return order;
  }

  /** `nodes` and all that come after them, as indexes. */
  downstream(nodes: Iterable<number>): Set<number> {
    const found = new Set(nodes);
    for (const node of found) for (const { to } of this.waysOut(node)) found.add(to);
    return found;
  }

  private connect(from: string, way: WayOut): void {
    const index = this.index.get(from);
    if (index === undefined)
      throw new Error(`node ${this.nodes[way.to]!.id} comes after the unknown ${from}`);
    this.waysIn[way.to]!++;
    const ways = this.ways[index];
    if (ways) ways.push(way);
    else this.ways[index] = [way];
  }
}

const levels = new WeakMap<readonly WorkflowNode[], Level>();

/** The level that these nodes are; made once. */
export function levelOf(nodes: readonly WorkflowNode[]): Level {
  let level = levels.get(nodes);
  if (!level) levels.set(nodes, (level = new Level(nodes)));
  return level;
}
