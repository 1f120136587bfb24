import { timing } from './limits';

export type HealthState = 'unknown' | 'healthy' | 'slow' | 'unhealthy' | 'down';

/** What to do at a tick: send a ping with this number, or nothing. */
export type HealthWish = { readonly ping: number } | undefined;

/**
 * How a peer is, from pings every 5 s that have 1 s for an answer. Three failures in a row open the breaker for
 * 30 s: nothing is routed there. Then one ping decides whether it closes or opens again. Pure: times come in.
 */
export class Health {
  private next: number;
  private asked = 0;
  private askedAt = -1;
  private failures = 0;
  private openUntil = -1;
  private readonly samples: number[] = [];

  constructor(now: number) {
    this.next = now + timing.pingEveryMs;
  }

  /** Whether nothing should be routed to the peer. */
  get isOpen(): boolean {
    return this.openUntil >= 0;
  }

  get state(): HealthState {
    if (this.isOpen) return 'down';
    if (this.failures > 0) return 'unhealthy';
    const last = this.samples.at(-1);
    return last === undefined ? 'unknown' : last > timing.slowMs ? 'slow' : 'healthy';
  }

  /** The last ten round trips, in milliseconds. */
  get roundTrips(): readonly number[] {
    return this.samples;
  }

  tick(now: number): HealthWish {
    if (this.askedAt >= 0 && now - this.askedAt >= timing.pingTimeoutMs) this.fail(now);
    if (this.askedAt >= 0) return undefined;
    // Half open: one ping is the trial.
    const due = this.isOpen ? now >= this.openUntil : now >= this.next;
    if (!due) return undefined;
    this.askedAt = now;
    this.next = now + timing.pingEveryMs;
    return { ping: ++this.asked };
  }

  /** An answer; one to an older ping, or to none, says nothing. */
  answered(ping: number, now: number): void {
    if (this.askedAt < 0 || ping !== this.asked) return;
    this.samples.push(now - this.askedAt);
    if (this.samples.length > timing.samples) this.samples.shift();
    this.askedAt = -1;
    this.failures = 0;
    this.openUntil = -1;
  }

  private fail(now: number): void {
    this.askedAt = -1;
    this.failures++;
    if (this.isOpen || this.failures >= timing.failuresUntilOpen) this.openUntil = now + timing.openMs;
  }
}
