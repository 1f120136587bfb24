import type { Clock, Context } from '../base';
import type { Entry } from './entry';
import type { Lease } from './types';

/** Somebody who waits for a resource. */
export interface Waiter {
  readonly entry: Entry;
  readonly priority: number;
  readonly since: number;
  grant(lease: Lease): void;
  refuse(thrown: unknown): void;
}

/** Those who wait, the most urgent first: by priority, which grows by one every `agingMs` milliseconds of waiting. */
export class Line {
  private readonly waiters: Waiter[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly agingMs: number,
  ) {}

  get length(): number {
    return this.waiters.length;
  }

  /** Waits until it is granted or refused, or the signal is aborted. `then` is called once it stands in line. */
  wait(ctx: Context, entry: Entry, priority: number, then: () => void): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const settled = (act: () => void) => {
        ctx.signal.removeEventListener('abort', aborted);
        const at = this.waiters.indexOf(waiter);
        if (at >= 0) this.waiters.splice(at, 1);
        act();
      };
      const waiter: Waiter = {
        ...{ entry, priority, since: this.clock.monotonic() },
        grant: (lease) => settled(() => resolve(lease)),
        refuse: (thrown) => settled(() => reject(thrown as Error)),
      };
      const aborted = () => waiter.refuse(ctx.signal.reason);
      ctx.signal.addEventListener('abort', aborted, { once: true });
      this.waiters.push(waiter);
      then();
    });
  }

  /** As they stand now; of equals the one that came first. */
  inOrder(): readonly Waiter[] {
    const now = this.clock.monotonic();
    const urgency = ({ priority, since }: Waiter) => priority + (now - since) / this.agingMs;
    return [...this.waiters].sort((a, b) => urgency(b) - urgency(a) || a.since - b.since);
  }

  /** Those who wait for one resource. */
  of(entry: Entry): readonly Waiter[] {
    return this.waiters.filter((one) => one.entry === entry);
  }
}
