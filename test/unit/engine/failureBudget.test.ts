import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { defaultFailureTables, grant, Ledger, type Amounts } from '../../../server/engine/failure';

const table = { leastShare: { tokens: 100, usd: 0.01, minutes: 1 } };

describe('failure policy: what may be spent', () => {
  function check(left: Amounts, own: Amounts | undefined, open: number, expected: Amounts | 'spent'): void {
    assert.deepEqual(grant(left, own, open, table), expected);
  }

  it('grants a fair share of what is left', () => {
    check({ tokens: 10_000, usd: 1 }, undefined, 4, { tokens: 2500, usd: 0.25 });
    check({ minutes: 60 }, undefined, 6, { minutes: 10 });
    check({ tokens: 10_001 }, undefined, 2, { tokens: 5000 });
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

  it('says that all is spent', () => {
    check({ tokens: 0 }, undefined, 1, 'spent');
    check({ tokens: 0, usd: 5 }, { tokens: 10 }, 1, 'spent');
    check({ tokens: 500, usd: 0.0000001 }, undefined, 1, 'spent');
  });

  it('keeps the books: grants are set aside, what was not consumed comes back', () => {
    const ledger = new Ledger({ tokens: 1000, usd: 1 });
    ledger.open('a/1', { tokens: 400, usd: 0.5 });
    assert.deepEqual(ledger.left(), { tokens: 600, usd: 0.5 });
    ledger.charge('a/1', { tokens: 100, usd: 0.1 });
    assert.deepEqual(ledger.left(), { tokens: 600, usd: 0.5 });
    ledger.close('a/1');
    assert.deepEqual(ledger.left(), { tokens: 900, usd: 0.9 });
    assert.deepEqual(ledger.total(), { tokens: 100, usd: 0.1, minutes: 0 });
    ledger.charge('b/1', { tokens: 5000 });
    assert.deepEqual(ledger.left(), { tokens: 0, usd: 0.9 });
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
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const action = fc.record({
      node: fc.nat(7),
      own: fc.option(amounts, { nil: undefined }),
      open: fc.integer({ min: 1, max: 20 }),
      consumes: share,
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(amounts, fc.array(action, { maxLength: 80 }), (budget, actions) => {
        const ledger = new Ledger(budget);
        /** What is left of each open grant, kept by the test in its own way. */
        const open = new Map<string, Amounts>();
        const spent: Record<string, number> = { tokens: 0, usd: 0, minutes: 0 };
        for (const { node, own, open: others, consumes, ends } of actions) {
          const holder = `n${node}`;
          if (!open.has(holder)) {
            const granted = grant(ledger.left(), own, others, defaultFailureTables.budget);
            if (granted === 'spent') continue;
            ledger.open(holder, granted);
            open.set(holder, granted);
          }
          const held = open.get(holder)!;
          const part: Record<string, number> = {};
          for (const [kind, amount] of Object.entries(held) as [string, number][]) {
            part[kind] = kind === 'tokens' ? Math.floor(amount * consumes) : amount * consumes;
            spent[kind]! += part[kind];
          }
          ledger.charge(holder, part);
          const rest = Object.entries(held).map(([kind, amount]) => [kind, amount! - part[kind]!]);
          open.set(holder, Object.fromEntries(rest) as Amounts);
          if (ends) {
            ledger.close(holder);
            open.delete(holder);
          }
          for (const kind of ['tokens', 'usd', 'minutes'] as const) {
            const bound = budget[kind];
            if (bound === undefined) continue;
            const outstanding = [...open.values()].reduce((sum, one) => sum + (one[kind] ?? 0), 0);
            assert.ok(outstanding + spent[kind]! <= bound + 1e-9, `${kind}: ${outstanding} + ${spent[kind]}`);
          }
        }
        for (const holder of open.keys()) ledger.close(holder);
        const left = ledger.left();
        for (const kind of ['tokens', 'usd', 'minutes'] as const)
          if (budget[kind] !== undefined)
            // Each charge is rounded up to a whole unit, so a little less than what was not consumed comes back.
            assert.ok(Math.abs(left[kind]! + spent[kind]! - budget[kind]) < 1e-2, `${kind} got lost`);
      }),
      { numRuns: 300 },
    );
  });
});
