import type { Clock } from '../base';

/** Counts what happens within a minute, by name. */
export class Rate {
  private readonly times = new Map<string, number[]>();

  constructor(
    private readonly clock: Clock,
    private readonly most: number,
  ) {}

  /** Counts one more; false when there were `most` within the last minute already. */
  take(name: string): boolean {
    const now = this.clock.monotonic();
    const recent = (this.times.get(name) ?? []).filter((time) => now - time < 60_000);
    this.times.set(name, recent);
    if (recent.length >= this.most) return false;
    recent.push(now);
    return true;
  }

  forget(name: string): void {
    this.times.delete(name);
  }
}
