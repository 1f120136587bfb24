import { problem } from '../base';

/** What budgets of models bound. */
export interface Amount {
  readonly tokens: number;
  readonly usd: number;
}

/** Whose budget it is: that of a day (`2026-11-20`), a run or a phase. */
export interface Scope {
  readonly kind: 'day' | 'run' | 'phase';
  readonly id: string;
}

/** What an account has come to. */
export interface Account extends Amount {
  readonly scope: Scope;
  /** Granted and not settled yet. */
  readonly reserved: Amount;
}

/** Accounts as they are kept: what was reserved when the process ended counts as used, for nobody knows. */
export type AccountRecord = Pick<Account, 'scope' | 'tokens' | 'usd'>;

export interface BudgetOptions {
  /** What a scope may use in all; absent members are not bounded. Asked anew each time. */
  readonly limits: (scope: Scope) => Partial<Amount>;
  /** Makes what `record` gives durable; a grant under a limit waits for it. */
  readonly save: () => Promise<void>;
  /** Something changed that can be saved at leisure. */
  readonly touched: () => void;
}

export interface Granted {
  /** What was really used, once; what was granted beyond is free again. */
  settle(used: Partial<Amount>): void;
}

interface Book {
  readonly scope: Scope;
  tokens: number;
  usd: number;
  reservedTokens: number;
  reservedUsd: number;
}

const none: Amount = { tokens: 0, usd: 0 };
/** Accounts of each kind that are kept, the ones used last. */
const mostKept = { day: 40, run: 200, phase: 200 } as const;
/** Floating point adds up to a little more or less; a billionth of a dollar is neither. */
const noise = 1e-9;

/** Which setting raises a budget; runs and phases have none of their own. */
const settings: Readonly<Record<keyof Amount, string>> = {
  tokens: 'symphony.limits.tokensPerDay',
  usd: 'symphony.limits.usdPerDay',
};

/**
 * Hard budgets: what work may consume at most is granted before it begins, and what is granted and used together
 * never exceeds a limit.
 */
export class Budgets {
  private readonly books = new Map<string, Book>();

  constructor(
    private readonly options: BudgetOptions,
    record: readonly AccountRecord[] = [],
  ) {
    for (const { scope, tokens, usd } of record)
      this.books.set(keyOf(scope), { scope, tokens, usd, reservedTokens: 0, reservedUsd: 0 });
  }

  /**
   * Grants what one request may consume at most in all its scopes, or in none: throws `model.budgetSpent`, which
   * names the budget. Under a limit it is durable when it resolves. `usd` is absent where a price is not known.
   */
  async grant(scopes: readonly Scope[], need: Partial<Amount>, model: string): Promise<Granted> {
    const books = scopes.map((scope) => this.book(scope));
    let isBounded = false;
    for (const book of books)
      for (const kind of ['tokens', 'usd'] as const) {
        const limit = this.options.limits(book.scope)[kind];
        if (limit === undefined) continue;
        isBounded = true;
        const used = taken(book, kind);
        const needed = need[kind] ?? 0;
        // What costs nothing may go on when nothing is left.
        if (needed > 0 && used + needed > limit + noise)
          throw refusal(book.scope, kind, limit, used, needed, model);
      }
    const { tokens = 0, usd = 0 } = need;
    for (const book of books) {
      book.reservedTokens += tokens;
      book.reservedUsd += usd;
    }
    let open = true;
    const settle = (used: Partial<Amount>) => {
      if (!open) return;
      open = false;
      for (const book of books) {
        book.reservedTokens -= tokens;
        book.reservedUsd = Math.max(0, book.reservedUsd - usd);
        book.tokens += used.tokens ?? 0;
        book.usd += used.usd ?? 0;
      }
      this.options.touched();
    };
    if (isBounded)
      try {
        await this.options.save();
      } catch (thrown) {
        settle(none);
        throw thrown;
      }
    return { settle };
  }

  account(scope: Scope): Account {
    const { tokens, usd, reservedTokens, reservedUsd } = this.books.get(keyOf(scope)) ?? {
      ...none,
      reservedTokens: 0,
      reservedUsd: 0,
    };
    return { scope, tokens, usd, reserved: { tokens: reservedTokens, usd: reservedUsd } };
  }

  /** All accounts for keeping, those used last at the end; reserved amounts count as used. */
  record(): readonly AccountRecord[] {
    return [...this.books.values()].map((book) => ({
      scope: book.scope,
      tokens: taken(book, 'tokens'),
      usd: taken(book, 'usd'),
    }));
  }

  private book(scope: Scope): Book {
    const key = keyOf(scope);
    const known = this.books.get(key) ?? { scope, ...none, reservedTokens: 0, reservedUsd: 0 };
    this.books.delete(key);
    this.books.set(key, known);
    const same = [...this.books.entries()].filter(
      ([
        ,
        {
          scope: { kind },
        },
      ]) => kind === scope.kind,
    );
    for (const [old, book] of same.slice(0, Math.max(0, same.length - mostKept[scope.kind])))
      if (book.reservedTokens === 0 && book.reservedUsd === 0) this.books.delete(old);
    return known;
  }
}

const keyOf = ({ kind, id }: Scope): string => `${kind}:${id}`;
const taken = (book: Book, kind: keyof Amount): number =>
  kind === 'tokens' ? book.tokens + book.reservedTokens : book.usd + book.reservedUsd;

function refusal(
  scope: Scope,
  kind: keyof Amount,
  limit: number,
  used: number,
  needed: number,
  model: string,
) {
  const shown = (amount: number) => (kind === 'usd' ? Number(amount.toFixed(4)) : Math.round(amount));
  return problem('model.budgetSpent', {
    budget: { day: 'daily', run: 'run’s', phase: 'phase’s' }[scope.kind],
    kind: kind === 'usd' ? 'US dollars' : 'tokens',
    limit,
    used: shown(used),
    needed: shown(needed),
    model,
    setting: scope.kind === 'day' ? settings[kind] : `the ${scope.kind}’s budget`,
  });
}
