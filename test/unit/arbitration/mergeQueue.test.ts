/** The queue on a model: trees are lists of changes, and a proof holds where no bad change, or bad pair, is in one. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { mergeInTurn, MergeQueue, type Change } from '../../../server/arbitration';
import { runsOf } from './schedules';

interface Model {
  readonly count: number;
  readonly bad: readonly number[];
  /** Bad together. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly conflicts: readonly number[];
}

const idOf = (index: number): string => `c${index}`;

async function play(
  { count, bad, pairs, conflicts }: Model,
  batch: number,
  isProven = true,
  isBroken = false,
) {
  const changes: Change[] = Array.from({ length: count }, (_, index) => ({
    id: idOf(index),
    base: 'b',
    commit: idOf(index),
  }));
  const holds = (tree: readonly string[]): boolean =>
    !isBroken &&
    !bad.some((index) => tree.includes(idOf(index))) &&
    !pairs.some((pair) => pair.every((index) => tree.includes(idOf(index))));
  let proofs = 0;
  const proven = new Set<string>(isProven ? ['[]'] : []);
  const queue = new MergeQueue<readonly string[]>([], changes, { batch, isProven });
  const outcome = await mergeInTurn(queue, {
    merge: (onto, { id }) =>
      Promise.resolve(conflicts.map(idOf).includes(id) ? { conflict: ['a.txt'] } : { tip: [...onto, id] }),
    prove: (tip) => {
      proofs++;
      if (holds(tip)) proven.add(JSON.stringify(tip));
      return Promise.resolve(holds(tip));
    },
  });
  return { outcome, proofs, holds, proven };
}

/** One after the other, each proven: what every batch must come to as well. */
function oneByOne({ count, bad, pairs, conflicts }: Model): { merged: string[]; blamed: string[] } {
  const merged: string[] = [];
  const blamed: string[] = [];
  for (let index = 0; index < count; index++) {
    if (conflicts.includes(index)) continue;
    const together = pairs.some(
      (pair) => pair.includes(index) && pair.every((one) => one === index || merged.includes(idOf(one))),
    );
    (bad.includes(index) || together ? blamed : merged).push(idOf(index));
  }
  return { merged, blamed };
}

describe('the merge queue', () => {
  const index = fc.nat({ max: 19 });
  const model: fc.Arbitrary<Model> = fc.record({
    count: fc.integer({ min: 0, max: 20 }),
    bad: fc.uniqueArray(index, { maxLength: 3 }),
    pairs: fc.array(
      fc.tuple(index, index).filter(([a, b]) => a !== b),
      { maxLength: 3 },
    ),
    conflicts: fc.uniqueArray(index, { maxLength: 3 }),
  });

  it('comes in batches to what it comes to one by one, and what it ends with was proven as it is', async () => {
    await fc.assert(
      fc.asyncProperty(model, fc.integer({ min: 1, max: 8 }), fc.boolean(), async (of, batch, isProven) => {
        const { outcome, proofs, proven } = await play(of, batch, isProven);
        const expected = oneByOne(of);
        assert.deepEqual(outcome.merged, expected.merged);
        assert.deepEqual(outcome.tip, expected.merged);
        assert.deepEqual(
          outcome.left.filter(({ why }) => why === 'blamed').map(({ id }) => id),
          expected.blamed,
        );
        const conflicts = outcome.left.filter(({ why }) => why === 'conflict').map(({ id }) => id);
        assert.deepEqual(
          conflicts.sort(),
          of.conflicts
            .filter((one) => one < of.count)
            .map(idOf)
            .sort(),
        );
        if (expected.merged.length > 0)
          assert.ok(proven.has(JSON.stringify(outcome.tip)), 'the end was never proven');
        const most =
          Math.ceil(of.count / batch) + (expected.blamed.length + 1) * (Math.ceil(Math.log2(batch)) + 2) + 1;
        assert.ok(proofs <= most, `${proofs} proofs, ${most} at most`);
      }),
      runsOf(500),
    );
  });

  it('blames nobody where the proof failed before', async () => {
    const of = { count: 5, bad: [], pairs: [], conflicts: [] };
    const { outcome } = await play(of, 3, false, true);
    assert.deepEqual(outcome, { tip: [], merged: [], left: [], wasBroken: true });
  });

  it('proves a batch once', async () => {
    const { proofs } = await play({ count: 20, bad: [], pairs: [], conflicts: [] }, 10);
    assert.equal(proofs, 2);
  });
});
