import { timing } from './limits';

/** What a reply without an open request is: given up before, answered before, or never asked for. */
export type Stray = 'late' | 'double' | 'never';

/** The open requests of one connection by their numbers, which are given out in order and never again. */
export class Correlations<T extends { readonly due: number }> {
  private last = 0;
  private readonly open = new Map<number, T>();
  /** Those given up, and when that may be forgotten. */
  private readonly givenUp = new Map<number, number>();

  get size(): number {
    return this.open.size;
  }

  begin(call: T): number {
    this.open.set(++this.last, call);
    return this.last;
  }

  find(correlation: number): T | undefined {
    return this.open.get(correlation);
  }

  /** Ends a request that was answered. */
  settle(correlation: number): T | undefined {
    const call = this.open.get(correlation);
    if (call !== undefined) this.open.delete(correlation);
    return call;
  }

  /** Says what an answer is that `find` and `settle` know nothing of; a late one is late once, then double. */
  stray(correlation: number): Stray {
    if (this.givenUp.delete(correlation)) return 'late';
    return correlation >= 1 && correlation <= this.last ? 'double' : 'never';
  }

  /** Whether it was given up and its answer may still come. */
  wasGivenUp(correlation: number): boolean {
    return this.givenUp.has(correlation);
  }

  giveUp(correlation: number, now: number): T | undefined {
    const call = this.settle(correlation);
    if (call !== undefined) this.givenUp.set(correlation, now + timing.rememberMs);
    return call;
  }

  /** Gives up what is due, and forgets what was given up long ago. */
  expire(now: number): [number, T][] {
    const due = [...this.open].filter(([, call]) => call.due <= now);
    for (const [correlation] of due) this.giveUp(correlation, now);
    for (const [correlation, forgetAt] of this.givenUp) {
      if (forgetAt > now) break;
      this.givenUp.delete(correlation);
    }
    return due;
  }

  /** The earliest moment at which something is due. */
  nextDue(): number {
    let next = Infinity;
    for (const { due } of this.open.values()) next = Math.min(next, due);
    return next;
  }

  /** Ends all of them at once. */
  clear(): T[] {
    const calls = [...this.open.values()];
    this.open.clear();
    this.givenUp.clear();
    return calls;
  }
}
