import type { Clock } from '../base';

/** Does work when nothing happened for a while, but never later than a bound after the first thing that did. */
export class Debounce {
  #first: number | undefined;
  #timer: AbortController | undefined;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds of quiet, and the most that the work is put off. */
    private readonly wait: { readonly quiet: number; readonly most: number },
    private readonly work: () => void,
  ) {}

  poke(): void {
    const now = this.clock.monotonic();
    this.#first ??= now;
    const left = Math.max(0, Math.min(this.wait.quiet, this.#first + this.wait.most - now));
    this.#timer?.abort();
    const timer = (this.#timer = new AbortController());
    void this.clock.sleep(left, timer.signal).then(
      () => {
        this.#first = undefined;
        this.work();
      },
      () => undefined,
    );
  }

  stop(): void {
    this.#timer?.abort();
  }
}
