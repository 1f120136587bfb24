import type { Spending } from '../../../schemas/journal/events';
import type { BudgetTable } from '../../../schemas/failure';
import type { Budget } from '../../../schemas/melody/policy';

/** What budgets bound. */
export const budgetKinds = ['tokens', 'usd', 'minutes'] as const;
export type BudgetKind = (typeof budgetKinds)[number];

/** Grants are whole numbers of these, so that shares add up: tokens, millionths of a dollar, milliseconds. */
const unitsPer: Readonly<Record<BudgetKind, number>> = { tokens: 1, usd: 1_000_000, minutes: 60_000 };

/** What may be consumed, or the kind of which nothing is left. Members nobody bounds are absent. */
export type Granting = { readonly granted: Spending } | { readonly spent: BudgetKind };

/**
 * What an attempt may consume. Granted before the work: no more than the run has `left`, no more than the
 * node's own budget `own`, and where it has none a fair share of what is left, `open` being the number of
 * nodes that are still to be granted something, this one included.
 */
export function grant(
  left: Spending,
  own: Budget | undefined,
  open: number,
  { leastShare }: BudgetTable,
): Granting {
  const granted: Spending = {};
  for (const kind of budgetKinds) {
    const rest = left[kind] ?? Infinity;
    const most = own?.[kind] ?? Math.max(rest / Math.max(1, open), leastShare[kind]);
    const units = toUnits(kind, Math.min(rest, most));
    if (units <= 0) return { spent: kind };
    if (units !== Infinity) granted[kind] = units / unitsPer[kind];
  }
  return { granted };
}

/** In whole units, rounded down; a thousandth of one is noise of floating point and not missing. */
const toUnits = (kind: BudgetKind, amount: number): number => Math.floor(amount * unitsPer[kind] + 0.001);
