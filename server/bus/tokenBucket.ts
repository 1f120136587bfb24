/** Counts against a rate. It may run into debt, because what has been read has been read; then reading waits. */
export class TokenBucket {
  private tokens: number;
  private at: number;

  /** `perSecond` tokens come in each second, at most `burst` are kept; `now` in milliseconds. */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.tokens = burst;
    this.at = now;
  }

  /** Takes `count` tokens and says how many milliseconds to wait until the debt is paid; 0 for none. */
  take(count: number, now: number): number {
    this.tokens =
      Math.min(this.burst, this.tokens + (Math.max(0, now - this.at) * this.perSecond) / 1000) - count;
    this.at = now;
    return this.tokens >= 0 ? 0 : (-this.tokens * 1000) / this.perSecond;
  }
}
