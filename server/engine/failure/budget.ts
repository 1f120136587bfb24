import type { BudgetTable } from '../../../schemas/failure';
import type { Budget } from '../../../schemas/melody';

const kinds = ['tokens', 'usd', 'minutes'] as const;
type Kind = (typeof kinds)[number];

/** Amounts by kind; an absent one is not bounded. */
export type Amounts = { readonly [K in Kind]?: number | undefined };

/** Counting is done in whole units, so that nothing is lost or made by rounding: tokens, millionths of a dollar, milliseconds. */
const unitsPer: Readonly<Record<Kind, number>> = { tokens: 1, usd: 1_000_000, minutes: 60_000 };

/**
 * What an attempt may consume, or `spent` when there is nothing left that it could be given. Granted before
 * the work: no more than `left`, no more than the node's own budget `own`, and where it has none a fair share
 * of what is left, `open` being the number of nodes that still spend, this one included.
 */
export function grant(
  left: Amounts,
  own: Budget | undefined,
  open: number,
  table: BudgetTable,
): Amounts | 'spent' {
  const granted: { [K in Kind]?: number } = {};
  for (const kind of kinds) {
    const rest = left[kind] === undefined ? Infinity : Math.floor(toUnits(kind, left[kind]));
    const share = Math.max(rest / Math.max(1, open), toUnits(kind, table.leastShare[kind]));
    const stated = own?.[kind];
    const units = Math.floor(Math.min(rest, stated === undefined ? share : toUnits(kind, stated)));
    if (units <= 0) return 'spent';
    if (units !== Infinity) granted[kind] = units / unitsPer[kind];
  }
  return granted;
}

/**
 * The books of one run's budget: what is spent and what is granted and not yet spent never exceed it, as long
 * as nobody spends beyond a grant; who does leaves less for the others. Changed in place, by a fold of the
 * run's events, for as many nodes as there are.
 */
export class Ledger {
  private readonly spent = zero();
  private readonly reserved = zero();
  /** What is left of each grant, by whoever holds it. */
  private readonly grants = new Map<string, Units>();

  constructor(private readonly budget: Amounts) {}

  /** What can still be granted; never below zero, absent where the budget does not bound it. */
  left(): Amounts {
    const left: { [K in Kind]?: number } = {};
    for (const kind of kinds) {
      const bound = this.budget[kind];
      if (bound === undefined) continue;
      const units = Math.floor(toUnits(kind, bound)) - this.spent[kind] - this.reserved[kind];
      left[kind] = Math.max(0, units) / unitsPer[kind];
    }
    return left;
  }

  /** What was spent so far, whether bounded or not. */
  total(): Required<Amounts> {
    const { tokens, usd, minutes } = this.spent;
    return { tokens, usd: usd / unitsPer.usd, minutes: minutes / unitsPer.minutes };
  }

  /** Sets aside what was granted to `holder`, for example a node's attempt. */
  open(holder: string, granted: Amounts): void {
    this.close(holder);
    const units = zero();
    for (const kind of kinds) units[kind] = Math.ceil(toUnits(kind, granted[kind] ?? 0));
    for (const kind of kinds) this.reserved[kind] += units[kind];
    this.grants.set(holder, units);
  }

  /** Takes what was consumed out of the holder's grant; without one, out of what is left. */
  charge(holder: string, amounts: Amounts): void {
    const held = this.grants.get(holder);
    for (const kind of kinds) {
      const units = Math.ceil(toUnits(kind, amounts[kind] ?? 0));
      this.spent[kind] += units;
      if (held === undefined) continue;
      const covered = Math.min(units, held[kind]);
      held[kind] -= covered;
      this.reserved[kind] -= covered;
    }
  }

  /** The attempt is over: what it did not consume comes back. */
  close(holder: string): void {
    const held = this.grants.get(holder);
    if (held === undefined) return;
    for (const kind of kinds) this.reserved[kind] -= held[kind];
    this.grants.delete(holder);
  }
}

type Units = Record<Kind, number>;

const zero = (): Units => ({ tokens: 0, usd: 0, minutes: 0 });

/** In units; a millionth of one is noise of floating point and no amount. */
const toUnits = (kind: Kind, amount: number): number => Math.round(amount * unitsPer[kind] * 1e6) / 1e6;
