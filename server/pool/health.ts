import { Sketch } from '../observe';

export type ResourceHealth = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

const kept = 20;
/** Fewer say nothing. */
const least = 4;
/** So many times slower than usual is noticed. */
const slow = 3;
/** So many times the bytes set aside. */
const large = 2;

/** How a resource does, by what its uses and probes came to. */
export class Condition {
  readonly latency = new Sketch();
  private readonly recent: { readonly ok: boolean; readonly ms: number }[] = [];

  /** One use or probe: whether it went well, and how long it took in milliseconds. */
  add(ok: boolean, ms: number): void {
    if (this.recent.length === kept) this.recent.shift();
    this.recent.push({ ok, ms });
    if (ok) this.latency.add(ms);
  }

  /** A resource that was made ready anew is not what it was. */
  forget(): void {
    this.recent.length = 0;
  }

  get errors(): number {
    return this.recent.filter(({ ok }) => !ok).length;
  }

  /** From errors, latency and memory; `expected` 0 says nothing of memory. */
  health(bytes: number, expected: number): ResourceHealth {
    const { recent, latency } = this;
    if (recent.length < least) return 'unknown';
    const share = this.errors / recent.length;
    if (share >= 0.5) return 'unhealthy';
    if (share >= 0.1 || (expected > 0 && bytes > large * expected)) return 'degraded';
    const usual = latency.quantile(0.5);
    const now = recent.filter(({ ok }) => ok).map(({ ms }) => ms);
    const middle = now.sort((a, b) => a - b)[now.length >> 1];
    const isSlow = latency.count > 2 * kept && usual !== undefined && middle! > slow * Math.max(1, usual);
    return isSlow ? 'degraded' : 'healthy';
  }
}
