import type { Melody, MelodyEdge, MelodyNode } from '../../../schemas/melody';

/** A text in the way people write it: only the nodes and edges of a Melody named T. */
export const wrap = (nodes: string, edges = '', more = ''): string =>
  `{\n"version": 1, "id": "t", "name": "T",${more}\n"nodes": [\n${nodes}\n],\n"edges": [\n${edges}\n]\n}`;

/** A text of so many words that no compressor knows; equal numbers give equal texts. */
function words(seed: number, count: number): string {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return Array.from({ length: count }, () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state.toString(36);
  }).join(' ');
}

/** A valid layered Melody: each node is fed by up to `fan` of those shortly before it. Equal sizes give equal ones. */
export function layered(count: number, edgeCount: number): Melody {
  const nodes: MelodyNode[] = [];
  const edges: MelodyEdge[] = [];
  const fan = Math.max(1, Math.floor(edgeCount / count));
  for (let index = 0; index < count; index++) {
    const inputs = Array.from({ length: fan }, (_, port) => ({
      name: `in${port}`,
      type: port % 2 === 0 ? 'json' : 'any',
      required: false,
    }));
    nodes.push({
      id: `node-${index}`,
      kind: index % 3 === 0 ? 'instrument' : 'operator',
      name: words(index, 4),
      ...(index % 3 === 0 ? { model: 'anthropic/claude-sonnet-4-5' } : { operator: 'verify' }),
      position: { x: (index % 100) * 220, y: Math.floor(index / 100) * 140 },
      inputs,
      outputs: [{ name: 'result', type: index % 4 === 0 ? 'text' : 'json' }],
      ...(index % 5 === 0 ? { policy: { retry: { tries: 3 }, timeoutMinutes: 10 } } : {}),
    } as MelodyNode);
  }
  for (let index = 1; edges.length < edgeCount && index < count + fan; index++)
    for (let port = 0; port < fan && edges.length < edgeCount; port++) {
      const to = index < count ? index : count - 1;
      const from = to - 1 - ((port * 7) % Math.min(to, 50));
      if (index < count)
        edges.push({ kind: 'data', from: `node-${from}.result`, to: `node-${to}.in${port}` });
      else edges.push({ kind: 'control', from: `node-${port}`, to: `node-${to}` });
    }
  return { version: 1, id: 'layered', name: 'Layered', nodes, edges };
}
