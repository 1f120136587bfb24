import { coordinates, orderLayers, type Vertices } from './order';

/** What layout reads of a node; everything else may change without moving a card. */
export interface LayoutNode {
  readonly id: string;
  readonly kind: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a card stands, in pixels at zoom 1; `layer` is its column, 0 leftmost. */
export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly layer: number;
}

/** An edge from the right side of a card to the left side of a later one; between them, its bends. */
export interface Route {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

/** Neighbouring columns that belong to one wave of agents. */
export interface WaveBand {
  readonly wave: number;
  readonly x: number;
  readonly width: number;
}

export interface Layout {
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly routes: readonly Route[];
  /** Ids by column, each from top to bottom. */
  readonly layers: readonly (readonly string[])[];
  /** Empty when there is one wave or none: a heading would say nothing. */
  readonly waves: readonly WaveBand[];
  readonly width: number;
  readonly height: number;
}

const large = { width: 232, height: 96 };
const small = { width: 168, height: 64 };
const smallKinds = new Set(['verify', 'merge', 'join']);
const columnGap = 56;
const margin = 32;
const headingHeight = 28;
/** Beyond this many bends long edges run straight behind cards, so that large runs stay fast. */
const mostBends = 4_000;

/** The size of a card: agents' work is what a person looks for, the steps around it are smaller. */
export function sizeOf(kind: string): { readonly width: number; readonly height: number } {
  return smallKinds.has(kind) ? small : large;
}

/**
 * Lays a run out from left to right: columns by longest path, order within them by barycentre sweeps,
 * heights by least squares against the neighbours. The same input gives the same picture. With the
 * previous layout, cards that were there keep their order, so that nothing jumps when a node is added.
 *
 * Edges that would go back (cycles, which the sidecar refuses) and edges to unknown nodes are left out.
 */
export function layOut(nodes: readonly LayoutNode[], edges: readonly Ends[], previous?: Layout): Layout {
  const index = new Map(nodes.map((node, at) => [node.id, at]));
  const pairs = uniquePairs(edges, index);
  const layerOf = longestPaths(nodes.length, pairs);
  const forward = pairs.filter(([from, to]) => layerOf[from]! < layerOf[to]!);
  const { vertices, chains } = withBends(nodes, forward, layerOf);
  const layers = orderLayers(vertices, seedOf(nodes, previous));
  const centers = coordinates(vertices, layers);

  const columns = columnsOf(layers, nodes);
  const waves = bandsOf(nodes, forward, layerOf, columns);
  const top = margin + (waves.length > 0 ? headingHeight : 0);
  const placed = new Map<string, Placed>();
  nodes.forEach((node, at) => {
    const { width, height } = sizeOf(node.kind);
    const column = columns[layerOf[at]!]!;
    const x = Math.round(column.x + (column.width - width) / 2);
    const y = Math.round(centers[at]!) - height / 2 + top;
    placed.set(node.id, { id: node.id, x, y, width, height, layer: layerOf[at]! });
  });
  const routes = forward.map(([from, to], edge) => {
    const a = placed.get(nodes[from]!.id)!;
    const b = placed.get(nodes[to]!.id)!;
    const points: Point[] = [{ x: a.x + a.width, y: a.y + a.height / 2 }];
    for (const bend of chains[edge]!) {
      const column = columns[vertices.layerOf[bend]!]!;
      const y = Math.round(centers[bend]!) + top;
      points.push({ x: column.x, y }, { x: column.x + column.width, y });
    }
    points.push({ x: b.x, y: b.y + b.height / 2 });
    return { from: a.id, to: b.id, points };
  });

  const last = columns.at(-1);
  let bottom = 0;
  for (const { y, height } of placed.values()) bottom = Math.max(bottom, y + height);
  return {
    nodes: placed,
    routes,
    layers: layers.map((layer) => layer.filter((at) => at < nodes.length).map((at) => nodes[at]!.id)),
    waves,
    width: last ? last.x + last.width + margin : 0,
    height: bottom === 0 ? 0 : bottom + margin,
  };
}

interface Ends {
  readonly from: string;
  readonly to: string;
}
type Pair = readonly [from: number, to: number];

function uniquePairs(edges: readonly Ends[], index: ReadonlyMap<string, number>): Pair[] {
  const seen = new Set<number>();
  const pairs: Pair[] = [];
  for (const edge of edges) {
    const from = index.get(edge.from);
    const to = index.get(edge.to);
    if (from === undefined || to === undefined || from === to) continue;
    const key = from * index.size + to;
    if (seen.has(key)) continue;
    seen.add(key);
    pairs.push([from, to]);
  }
  return pairs;
}

/** The column of each node: one more than its latest predecessor's. A cycle is cut at its first node. */
function longestPaths(count: number, pairs: readonly Pair[]): Int32Array {
  const layerOf = new Int32Array(count);
  const open = new Int32Array(count);
  const after: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of pairs) {
    after[from]!.push(to);
    open[to]!++;
  }
  const done = new Uint8Array(count);
  const queue: number[] = [];
  for (let at = 0; at < count; at++) if (open[at] === 0) queue.push(at);
  let cut = 0;
  for (let head = 0; head < count; head++) {
    if (head === queue.length) {
      while (done[cut] === 1 || open[cut] === 0) cut++;
      open[cut] = 0;
      queue.push(cut);
    }
    const at = queue[head]!;
    done[at] = 1;
    for (const next of after[at]!) {
      if (done[next] === 1 || open[next] === 0) continue;
      layerOf[next] = Math.max(layerOf[next]!, layerOf[at]! + 1);
      if (--open[next]! === 0) queue.push(next);
    }
  }
  return layerOf;
}

/** Adds a vertex wherever an edge crosses a column, so that it is led around the cards there. */
function withBends(
  nodes: readonly LayoutNode[],
  pairs: readonly Pair[],
  layerOf: Int32Array,
): { vertices: Vertices; chains: readonly (readonly number[])[] } {
  const crossed = pairs.reduce((sum, [from, to]) => sum + layerOf[to]! - layerOf[from]! - 1, 0);
  const layers = [...layerOf];
  const heights = nodes.map((node) => sizeOf(node.kind).height);
  const links: Pair[] = [];
  const chains = pairs.map(([from, to]) => {
    const chain: number[] = [];
    let last = from;
    for (let layer = layerOf[from]! + 1; crossed <= mostBends && layer < layerOf[to]!; layer++) {
      const bend = layers.length;
      layers.push(layer);
      heights.push(8);
      chain.push(bend);
      links.push([last, bend]);
      last = bend;
    }
    links.push([last, to]);
    return chain;
  });
  return { vertices: { layerOf: Int32Array.from(layers), heights, links }, chains };
}

function seedOf(nodes: readonly LayoutNode[], previous: Layout | undefined): Float64Array | undefined {
  if (!previous || !nodes.some((node) => previous.nodes.has(node.id))) return undefined;
  return Float64Array.from(nodes, (node) => previous.nodes.get(node.id)?.y ?? NaN);
}

function columnsOf(
  layers: readonly (readonly number[])[],
  nodes: readonly LayoutNode[],
): { x: number; width: number }[] {
  let x = margin;
  return layers.map((layer) => {
    let width = 0;
    for (const at of layer) if (at < nodes.length) width = Math.max(width, sizeOf(nodes[at]!.kind).width);
    const column = { x, width };
    x += width + columnGap;
    return column;
  });
}

/** Columns whose paths hold equally many agents; the offer at the end belongs to no wave. */
function bandsOf(
  nodes: readonly LayoutNode[],
  pairs: readonly Pair[],
  layerOf: Int32Array,
  columns: readonly { x: number; width: number }[],
): WaveBand[] {
  const depth = new Int32Array(nodes.length);
  const isAgent = (at: number): number => (nodes[at]!.kind === 'agent' ? 1 : 0);
  for (let at = 0; at < nodes.length; at++) depth[at] = isAgent(at);
  for (const [from, to] of [...pairs].sort((a, b) => layerOf[a[0]]! - layerOf[b[0]]!)) {
    depth[to] = Math.max(depth[to]!, depth[from]! + isAgent(to));
  }
  const waveOf = new Int32Array(columns.length);
  nodes.forEach((node, at) => {
    const layer = layerOf[at]!;
    if (node.kind !== 'offer') waveOf[layer] = Math.max(waveOf[layer]!, depth[at]!);
  });
  const bands: { wave: number; x: number; width: number }[] = [];
  columns.forEach((column, layer) => {
    const wave = waveOf[layer]!;
    const open = bands.at(-1);
    if (wave === 0) return;
    if (open && open.wave >= wave) open.width = column.x + column.width - open.x;
    else bands.push({ wave, x: column.x, width: column.width });
  });
  return bands.length > 1 ? bands : [];
}
