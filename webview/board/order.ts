/** A layered graph: cards and the bends of long edges. Every link goes to a later layer. */
export interface Vertices {
  readonly layerOf: Int32Array;
  readonly heights: readonly number[];
  readonly links: readonly (readonly [from: number, to: number])[];
}

const sweeps = 8;
/** Odd, so that the last pass aligns each card with what it waits for. */
const alignments = 5;
const rowGap = 20;

/**
 * The order of each layer from top to bottom, by sweeps that sort a layer after the mean place of its
 * neighbours. With a seed (heights of an earlier layout, NaN for what is new) the known keep their
 * order and the new ones go where their neighbours are.
 */
export function orderLayers(vertices: Vertices, seed?: Float64Array): number[][] {
  const { layerOf } = vertices;
  const count = layerOf.length;
  let last = -1;
  for (const layer of layerOf) last = Math.max(last, layer);
  const layers: number[][] = Array.from({ length: last + 1 }, () => []);
  for (let at = 0; at < count; at++) layers[layerOf[at]!]!.push(at);
  const near = neighbours(vertices);
  const place = new Float64Array(count);

  if (seed) {
    for (let at = 0; at < count; at++) place[at] = seed[at] ?? NaN;
    for (const layer of layers) {
      for (const at of layer) {
        if (Number.isNaN(place[at])) place[at] = mean(near.before, at, place) ?? Number.MAX_SAFE_INTEGER;
      }
      layer.sort((a, b) => place[a]! - place[b]! || a - b);
    }
    return layers;
  }

  for (const layer of layers) layer.forEach((at, row) => (place[at] = row - layer.length / 2));
  const key = new Float64Array(count);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const forwards = sweep % 2 === 0;
    for (let step = 1; step < layers.length; step++) {
      const layer = layers[forwards ? step : layers.length - 1 - step]!;
      for (const at of layer) key[at] = mean(forwards ? near.before : near.after, at, place) ?? place[at]!;
      layer.sort((a, b) => key[a]! - key[b]! || place[a]! - place[b]!);
      layer.forEach((at, row) => (place[at] = row - layer.length / 2));
    }
  }
  return layers;
}

/**
 * The middle of each vertex, in pixels from 0 down. Each layer in turn is moved as near to its
 * neighbours as its order and the gaps allow (isotonic regression), so that chains run straight.
 */
export function coordinates(vertices: Vertices, layers: readonly (readonly number[])[]): Float64Array {
  const { heights } = vertices;
  const near = neighbours(vertices);
  const middle = new Float64Array(heights.length);
  const offset = new Float64Array(heights.length);
  for (const layer of layers) {
    let y = 0;
    layer.forEach((at, row) => {
      const above = row === 0 ? 0 : heights[layer[row - 1]!]! / 2 + rowGap + heights[at]! / 2;
      offset[at] = y += above;
    });
    for (const at of layer) middle[at] = offset[at]! - y / 2;
  }
  for (let pass = 0; pass < alignments; pass++) {
    const forwards = pass % 2 === 0;
    for (let step = 0; step < layers.length; step++) {
      const layer = layers[forwards ? step : layers.length - 1 - step]!;
      const wanted = layer.map(
        (at) => (mean(forwards ? near.before : near.after, at, middle) ?? middle[at]!) - offset[at]!,
      );
      rising(wanted).forEach((value, row) => (middle[layer[row]!] = value + offset[layer[row]!]!));
    }
  }
  let top = Infinity;
  for (let at = 0; at < heights.length; at++) top = Math.min(top, middle[at]! - heights[at]! / 2);
  return middle.map((value) => value - top);
}

/** The nearest values, by least squares, that never fall. */
function rising(values: readonly number[]): number[] {
  const blocks: { mean: number; size: number }[] = [];
  for (const value of values) {
    let block = { mean: value, size: 1 };
    while (blocks.length > 0 && blocks.at(-1)!.mean > block.mean) {
      const above = blocks.pop()!;
      const size = above.size + block.size;
      block = { mean: (above.mean * above.size + block.mean * block.size) / size, size };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ mean, size }) => new Array<number>(size).fill(mean));
}

/** Neighbours of all vertices in one array, those of `at` from `starts[at]` to `starts[at + 1]`. */
interface Adjacency {
  readonly starts: Int32Array;
  readonly list: Int32Array;
}

function neighbours({ layerOf, links }: Vertices): { before: Adjacency; after: Adjacency } {
  const side = (of: 0 | 1): Adjacency => {
    const starts = new Int32Array(layerOf.length + 1);
    for (const link of links) starts[link[of]! + 1]!++;
    for (let at = 0; at < layerOf.length; at++) starts[at + 1]! += starts[at]!;
    const list = new Int32Array(links.length);
    const next = starts.slice();
    for (const link of links) list[next[link[of]!]!++] = link[of === 0 ? 1 : 0]!;
    return { starts, list };
  };
  return { before: side(1), after: side(0) };
}

function mean({ starts, list }: Adjacency, at: number, values: Float64Array): number | undefined {
  const from = starts[at]!;
  const to = starts[at + 1]!;
  if (from === to) return undefined;
  let sum = 0;
  for (let place = from; place < to; place++) sum += values[list[place]!]!;
  return sum / (to - from);
}
