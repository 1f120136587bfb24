import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { layOut, type Layout, type LayoutNode } from '../../../webview/board/layout';

interface Graph {
  readonly nodes: LayoutNode[];
  readonly edges: { from: string; to: string }[];
}

/** Random acyclic graphs: edges lead from earlier to later nodes, whose ids say nothing of the order. */
const graphs = fc
  .record({
    kinds: fc.array(fc.constantFrom('agent', 'verify', 'merge', 'join', 'offer', 'other'), {
      minLength: 1,
      maxLength: 60,
    }),
    links: fc.array(fc.tuple(fc.nat(59), fc.nat(59)), { maxLength: 150 }),
  })
  .map(({ kinds, links }): Graph => {
    const id = (at: number): string => `n${(at * 37) % 61}`;
    const inside = links.filter(([a, b]) => a < b && b < kinds.length);
    return {
      nodes: kinds.map((kind, at) => ({ id: id(at), kind })),
      edges: inside.map(([a, b]) => ({ from: id(a), to: id(b) })),
    };
  });

function overlaps(layout: Layout): string[] {
  const cards = [...layout.nodes.values()];
  return cards.flatMap((a, at) =>
    cards
      .slice(at + 1)
      .filter(
        (b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      )
      .map((b) => `${a.id}/${b.id}`),
  );
}

describe('layout', () => {
  it('never lets two cards overlap, nor one leave the picture', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const layout = layOut(nodes, edges);
        assert.equal(layout.nodes.size, nodes.length);
        assert.deepEqual(overlaps(layout), []);
        for (const card of layout.nodes.values()) {
          assert.ok(card.x >= 0 && card.y >= 0);
          assert.ok(card.x + card.width <= layout.width && card.y + card.height <= layout.height);
        }
      }),
    );
  });

  it('leads every edge to the right, bend by bend', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const layout = layOut(nodes, edges);
        assert.equal(layout.routes.length, new Set(edges.map(({ from, to }) => `${from}>${to}`)).size);
        for (const { points } of layout.routes) {
          points.slice(1).forEach((point, at) => assert.ok(point.x > points[at]!.x));
        }
      }),
    );
  });

  it('gives the same picture for the same graph, and for the same graph seen again', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const first = layOut(nodes, edges);
        assert.deepEqual(layOut(nodes, edges), first);
        assert.deepEqual(layOut(nodes, edges, first).layers, first.layers);
      }),
    );
  });

  it('keeps the order of cards when a node is added', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const first = layOut(nodes, edges);
        const added = { id: 'added', kind: 'agent' };
        const then = layOut([added, ...nodes], [{ from: nodes[0]!.id, to: 'added' }, ...edges], first);
        assert.deepEqual(
          then.layers
            .map((layer) => layer.filter((id) => id !== 'added'))
            .filter((layer) => layer.length > 0),
          first.layers,
        );
      }),
    );
  });

  it('ends on a cycle and leaves out the edge that goes back', () => {
    const nodes = ['a', 'b', 'c'].map((id) => ({ id, kind: 'agent' }));
    const layout = layOut(nodes, [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'a' },
      { from: 'c', to: 'c' },
      { from: 'c', to: 'nowhere' },
    ]);
    assert.deepEqual(layout.layers, [['a'], ['b'], ['c']]);
    assert.equal(layout.routes.length, 2);
  });

  it('reads waves as bands of columns', () => {
    const chain = (plan: string): LayoutNode[] => [
      { id: `agent:${plan}`, kind: 'agent' },
      { id: `merge:${plan}`, kind: 'merge' },
    ];
    const layout = layOut(
      [
        ...chain('1'),
        ...chain('2'),
        { id: 'wave:1', kind: 'join' },
        ...chain('3'),
        { id: 'offer', kind: 'offer' },
      ],
      [
        { from: 'agent:1', to: 'merge:1' },
        { from: 'agent:2', to: 'merge:2' },
        { from: 'merge:1', to: 'wave:1' },
        { from: 'merge:2', to: 'wave:1' },
        { from: 'wave:1', to: 'agent:3' },
        { from: 'agent:3', to: 'merge:3' },
        { from: 'merge:3', to: 'offer' },
      ],
    );
    assert.deepEqual(
      layout.waves.map(({ wave }) => wave),
      [1, 2],
    );
    const [first, second] = layout.waves;
    assert.ok(first!.x + first!.width < second!.x);
    assert.ok(second!.x + second!.width < layout.nodes.get('offer')!.x);
  });

  it('is empty for no nodes', () => {
    assert.deepEqual(layOut([], []), {
      nodes: new Map(),
      routes: [],
      layers: [],
      waves: [],
      width: 0,
      height: 0,
    });
  });

  it('lays out 10,000 nodes within a frame or few', function () {
    const nodes = Array.from({ length: 10_000 }, (_, at) => ({ id: `n${at}`, kind: 'agent' }));
    const edges = Array.from({ length: 14_000 }, (_, at) => {
      const from = (at * 7919) % 9_800;
      return { from: `n${from}`, to: `n${from + 100 + ((at * 31) % 100)}` };
    });
    layOut(nodes.slice(0, 500), edges);
    const started = performance.now();
    const layout = layOut(nodes, edges);
    const taken = performance.now() - started;
    assert.equal(layout.nodes.size, 10_000);
    // Ten times what it takes on a quiet machine: a guard against a quadratic slip, not a benchmark.
    assert.ok(taken < 5_000, `took ${taken.toFixed(0)} ms`);
    if (process.env['SHOW_TIMES']) console.log(`      ${taken.toFixed(1)} ms`);
  });
});
