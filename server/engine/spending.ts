import type { Budget } from '../../schemas/melody/policy';
import type { Spending } from '../../schemas/journal/events';
import { budgetKinds } from './failure';
import type { NodeRecord } from './node';

export function add(one: Spending, other: Spending): Spending {
  return combine(one, other, (a, b) => a + b);
}

function combine(one: Spending, other: Spending, how: (a: number, b: number) => number): Spending {
  const sum: Spending = {};
  for (const kind of budgetKinds)
    if (one[kind] !== undefined || other[kind] !== undefined)
      sum[kind] = how(one[kind] ?? 0, other[kind] ?? 0);
  return sum;
}

/** The budget of one run: what was spent, and what is granted to attempts at work and not spent yet. */
export class Purse {
  spentInAll: Spending = {};
  private outstanding: Spending = {};

  constructor(private readonly budget: Budget) {}

  shot(): readonly [Spending, Spending] {
    return [this.spentInAll, this.outstanding];
  }

  /** Takes over what `shot` gave. */
  load([spentInAll, outstanding]: readonly [object, object]): void {
    this.spentInAll = spentInAll;
    this.outstanding = outstanding;
  }

  /** What could still be granted; kinds without a budget are absent. */
  left(): Spending {
    const left: Spending = {};
    for (const kind of budgetKinds) {
      const budget = this.budget[kind];
      if (budget === undefined) continue;
      left[kind] = Math.max(0, budget - (this.spentInAll[kind] ?? 0) - (this.outstanding[kind] ?? 0));
    }
    return left;
  }

  granted(node: NodeRecord, grant: Spending | undefined): void {
    node.grant = grant;
    node.grantLeft = grant;
    if (grant) this.outstanding = add(this.outstanding, grant);
  }

  spent(node: NodeRecord, spent: Spending): void {
    node.spent = add(node.spent, spent);
    this.spentInAll = add(this.spentInAll, spent);
    if (!node.grantLeft) return;
    const left = combine(node.grantLeft, spent, (grant, used) => Math.max(0, grant - used));
    this.outstanding = combine(this.outstanding, difference(node.grantLeft, left), (a, b) => a - b);
    node.grantLeft = left;
  }

  /** An attempt is over: the minutes it worked are spent, what is left of its grant can be granted again. */
  returned(node: NodeRecord, at: number): void {
    if (this.budget.minutes !== undefined && !node.group) {
      const minutes = Math.max(0, at - (node.startedAt ?? at) - node.waited) / 60_000;
      this.spent(node, { minutes });
    }
    if (node.grantLeft) this.outstanding = combine(this.outstanding, node.grantLeft, (a, b) => a - b);
    node.grant = undefined;
    node.grantLeft = undefined;
  }
}

const difference = (before: Spending, after: Spending): Spending => combine(before, after, (a, b) => a - b);
