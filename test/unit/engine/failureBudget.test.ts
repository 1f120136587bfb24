import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { Spending } from '../../../schemas/journal/events';
import { budgetKinds, defaultFailureTables, grant } from '../../../server/engine/failure';
import type { NodeRecord } from '../../../server/engine/node';
import { Purse } from '../../../server/engine/spending';

const table = { leastShare: { tokens: 100, usd: 0.01, minutes: 1 } };

describe('failure policy: what may be spent', () => {
  function check(left: Spending, own: Spending | undefined, open: number, expected: Spending | string): void {
    const found = grant(left, own, open, table);
    assert.deepEqual('spent' in found ? `no ${found.spent}` : found.granted, expected);
  }

  it('grants a fair share of what is left', () => {
    check({ tokens: 10_000, usd: 1 }, undefined, 4, { tokens: 2500, usd: 0.25 });
    check({ minutes: 60 }, undefined, 6, { minutes: 10 });
    check({ tokens: 10_001 }, undefined, 2, { tokens: 5000 });
    check({ usd: 0.3 }, undefined, 3, { usd: 0.1 });
  });

  it('grants a node its own budget, but no more than there is', () => {
    check({ tokens: 10_000 }, { tokens: 6000 }, 10, { tokens: 6000 });
    check({ tokens: 10_000 }, { tokens: 60_000 }, 10, { tokens: 10_000 });
    check({ tokens: 10_000 }, { usd: 0.5 }, 10, { tokens: 1000, usd: 0.5 });
  });

  it('bounds nothing where nothing is bounded', () => {
    check({}, undefined, 3, {});
    check({}, { tokens: 5 }, 3, { tokens: 5 });
  });

  it('makes no share so small that it is of no use, as long as there is more', () => {
    check({ tokens: 1000 }, undefined, 1000, { tokens: 100 });
    check({ tokens: 40 }, undefined, 1000, { tokens: 40 });
  });

  it('says of what nothing is left', () => {
    check({ tokens: 0 }, undefined, 1, 'no tokens');
    check({ tokens: 500, usd: 0 }, { tokens: 10 }, 1, 'no usd');
    check({ tokens: 500, usd: 0.0000001 }, undefined, 1, 'no usd');
  });

  it('never grants and spends more than the budget, whatever happens in whatever order', () => {
    const amounts = fc.record(
      {
        tokens: fc.integer({ min: 1, max: 100_000 }),
        usd: fc.double({ min: 1e-6, max: 20, noNaN: true }),
        minutes: fc.double({ min: 1e-3, max: 500, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    const action = fc.record({
      node: fc.nat(7),
      own: fc.option(amounts, { nil: undefined }),
      open: fc.integer({ min: 1, max: 20 }),
      consumes: fc.double({ min: 0, max: 1, noNaN: true }),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(amounts, fc.array(action, { maxLength: 80 }), (budget, actions) => {
        const purse = new Purse(budget);
        const atWork = new Map<number, NodeRecord>();
        /** What is left of each open grant, and what was spent, kept by the test in its own way. */
        const held = new Map<number, Spending>();
        const spent = { tokens: 0, usd: 0, minutes: 0 };
        const end = (node: number): void => {
          // It began and ended in the same moment: what it consumed is what it said.
          purse.returned(atWork.get(node)!, 0);
          atWork.delete(node);
          held.delete(node);
        };
        for (const { node, own, open, consumes, ends } of actions) {
          if (!atWork.has(node)) {
            const granting = grant(purse.left(), own, open, defaultFailureTables.budget);
            if ('spent' in granting) continue;
            const record = { spent: {}, startedAt: 0, waited: 0 } as unknown as NodeRecord;
            purse.granted(record, granting.granted);
            atWork.set(node, record);
            held.set(node, granting.granted);
          }
          const part: Spending = {};
          const rest: Spending = {};
          for (const kind of budgetKinds) {
            const most = held.get(node)![kind];
            if (most === undefined) continue;
            part[kind] = kind === 'tokens' ? Math.floor(most * consumes) : most * consumes;
            rest[kind] = most - part[kind];
            spent[kind] += part[kind];
          }
          purse.spent(atWork.get(node)!, part);
          held.set(node, rest);
          if (ends) end(node);
          for (const kind of budgetKinds) {
            const outstanding = [...held.values()].reduce((sum, one) => sum + (one[kind] ?? 0), 0);
            const bound = budget[kind] ?? Infinity;
            assert.ok(outstanding + spent[kind] <= bound * (1 + 1e-9) + 2e-6, `${kind} beyond ${bound}`);
          }
        }
        for (const node of [...atWork.keys()]) end(node);
        for (const kind of budgetKinds)
          if (budget[kind] !== undefined)
            assert.ok(Math.abs(purse.left()[kind]! + spent[kind] - budget[kind]) < 1e-6, `${kind} got lost`);
      }),
      { numRuns: 300 },
    );
  });
});
