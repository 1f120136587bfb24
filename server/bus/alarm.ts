import type { Clock } from '../base';

/** Rings once at the earliest moment that was asked for. Setting it to a later moment than it has costs nothing. */
export class Alarm {
  private at = Infinity;
  private waiting: AbortController | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  /** `at` on the monotonic clock, in milliseconds. */
  set(at: number): void {
    if (at >= this.at) return;
    this.clear();
    this.at = at;
    const waiting = (this.waiting = new AbortController());
    this.clock.sleep(Math.max(0, at - this.clock.monotonic()), waiting.signal).then(
      () => {
        if (this.waiting !== waiting) return;
        this.at = Infinity;
        this.ring();
      },
      () => undefined,
    );
  }

  clear(): void {
    this.waiting?.abort();
    this.waiting = undefined;
    this.at = Infinity;
  }
}
