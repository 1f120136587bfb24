/** A workflow of trivial nodes, as every contestant is given it. */
export interface Shape {
  readonly nodes: readonly { readonly id: string; readonly after: readonly string[] }[];
  /** At most this many nodes at work at once; absent: as many as can. */
  readonly parallel?: number;
}

export type ShapeName = 'fan-out' | 'layered' | 'chain';

/** One of the measured shapes; equal arguments give equal shapes. */
export function shapeOf(name: ShapeName, count: number, parallel?: number): Shape {
  const nodes = { 'fan-out': fanOut, layered, chain }[name](count);
  return parallel === undefined ? { nodes } : { nodes, parallel };
}

/** A first node, one that waits for all others, and between them the rest, side by side. */
function fanOut(count: number): Shape['nodes'] {
  const middle = Array.from({ length: count - 2 }, (_, at) => `n${at}`);
  return [
    { id: 'first', after: [] },
    ...middle.map((id) => ({ id, after: ['first'] })),
    { id: 'last', after: middle },
  ];
}

/** Layers of a hundred; each node waits for three of the layer before. */
function layered(count: number): Shape['nodes'] {
  const width = 100;
  return Array.from({ length: count }, (_, at) => {
    const before = at - (at % width) - width;
    const after = before < 0 ? [] : [0, 1, 7].map((step) => `n${before + ((at + step) % width)}`);
    return { id: `n${at}`, after };
  });
}

function chain(count: number): Shape['nodes'] {
  return Array.from({ length: count }, (_, at) => ({ id: `n${at}`, after: at === 0 ? [] : [`n${at - 1}`] }));
}
