import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  criticalPath,
  cyclesOf,
  dependenciesOf,
  graphOf,
  orderOf,
  reversed,
  wouldCreateCycle,
  type Graph,
} from '../../../server/melody';

type Pairs = readonly (readonly [number, number])[];
const graph = (count: number, pairs: Pairs): Graph =>
  graphOf(
    count,
    pairs.map(([from]) => from),
    pairs.map(([, to]) => to),
  );

const anyPairs = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc
      .array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 24 })
      .map((pairs): readonly [number, Pairs] => [count, pairs]),
  );
/** Edges that only lead upwards make no cycle. */
const acyclic = anyPairs.map(([count, pairs]): readonly [number, Pairs] => [
  count,
  pairs.filter(([a, b]) => a !== b).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]),
]);

/** Whether a way of at least one edge leads from one node to the other, by trying everything. */
function naiveWay(pairs: Pairs, from: number, to: number): boolean {
  const known = new Set<number>();
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const [a, b] of pairs) if (a === from || known.has(a)) known.add(b);
  }
  return known.has(to);
}

const runs = { numRuns: 1000 };

describe('graphs', () => {
  it('know whether an edge would close a cycle, and say which', () => {
    fc.assert(
      fc.property(acyclic, fc.nat(11), fc.nat(11), ([count, pairs], a, b) => {
        const [from, to] = [a % count, b % count];
        const cycle = wouldCreateCycle(graph(count, pairs), from, to);
        assert.equal(cycle !== undefined, from === to || naiveWay(pairs, to, from));
        if (cycle === undefined) return;
        assert.deepEqual([cycle[0], cycle[1], cycle.at(-1)], [from, to, from]);
        assertWay([...pairs, [from, to]], cycle);
      }),
      runs,
    );
  });

  it('find a true cycle for each knot, and none where there is none', () => {
    fc.assert(
      fc.property(anyPairs, ([count, pairs]) => {
        const cycles = cyclesOf(graph(count, pairs));
        for (const cycle of cycles) assertWay(pairs, cycle);
        const inKnots = Array.from({ length: count }, (_, node) => naiveWay(pairs, node, node));
        assert.equal(cycles.length > 0, inKnots.some(Boolean));
        // Each node of a cycle lies in the knot of one of those found.
        inKnots.forEach((inside, node) => {
          const same = ([first]: readonly number[]) =>
            first === node || (naiveWay(pairs, first!, node) && naiveWay(pairs, node, first!));
          assert.equal(cycles.filter(same).length, inside ? 1 : 0);
        });
      }),
      runs,
    );
  });

  it('are ordered so that levels hold only what waits for earlier ones, always the same', () => {
    fc.assert(
      fc.property(anyPairs, ([count, pairs]) => {
        const { order, levels, stuck } = orderOf(graph(count, pairs));
        const levelOf = new Map(
          levels.flatMap((level, index) => level.map((node) => [node, index] as const)),
        );
        for (const [from, to] of pairs)
          if (levelOf.has(to)) assert.ok(levelOf.get(from)! < levelOf.get(to)!, `${from} → ${to}`);
        assert.deepEqual(levels.flat(), order);
        assert.equal(order.length + stuck.length, count);
        for (const level of levels)
          assert.deepEqual(
            [...level].sort((a, b) => a - b),
            level,
          );
        assert.deepEqual(orderOf(graph(count, [...pairs].reverse())).order, order);
      }),
      runs,
    );
  });

  it('know all a node waits for', () => {
    fc.assert(
      fc.property(anyPairs, fc.nat(11), ([count, pairs], number) => {
        const node = number % count;
        const naive = Array.from({ length: count }, (_, other) => other).filter((other) =>
          naiveWay(pairs, other, node),
        );
        assert.deepEqual(dependenciesOf(graph(count, pairs), node), naive);
      }),
      runs,
    );
  });

  it('find the dearest path', () => {
    fc.assert(
      fc.property(
        acyclic,
        fc.array(fc.nat(9), { minLength: 12, maxLength: 12 }),
        ([count, pairs], weights) => {
          const { cost, path } = criticalPath(graph(count, pairs), (node) => weights[node]!);
          assertWay(pairs, path);
          assert.equal(
            path.reduce((sum, node) => sum + weights[node]!, 0),
            cost,
          );
          // By trying: the best chain that ends at each node, lower nodes first.
          const best: number[] = [];
          for (let node = 0; node < count; node++)
            best[node] =
              weights[node]! +
              Math.max(0, ...pairs.filter(([, to]) => to === node).map(([from]) => best[from]!));
          assert.equal(cost, Math.max(...best));
        },
      ),
      runs,
    );
  });

  it('may be 100,000 nodes deep', () => {
    const count = 100_000;
    const chain = Array.from({ length: count - 1 }, (_, node) => [node, node + 1] as const);
    const deep = graph(count, chain);
    assert.equal(orderOf(deep).levels.length, count);
    assert.equal(dependenciesOf(deep, count - 1).length, count - 1);
    assert.equal(criticalPath(deep, () => 1).cost, count);
    assert.equal(wouldCreateCycle(deep, count - 1, 0)?.length, count + 1);
    assert.deepEqual(cyclesOf(deep), []);
    const ring = graph(count, [...chain, [count - 1, 0]]);
    assert.equal(cyclesOf(ring)[0]?.length, count + 1);
    assert.equal(reversed(reversed(deep)).targets[5], deep.targets[5]);
  });
});

/** Every step of a way is an edge. */
function assertWay(pairs: Pairs, way: readonly number[]): void {
  for (let at = 1; at < way.length; at++)
    assert.ok(
      pairs.some(([from, to]) => from === way[at - 1] && to === way[at]),
      `${way[at - 1]} → ${way[at]}`,
    );
}
