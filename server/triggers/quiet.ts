import type { Clock, Disposable } from '../base';

export interface QuietOptions {
  readonly clock: Clock;
  /** How long it must be quiet. */
  readonly quietMs: number;
  /** How long the first call waits at most when it is never quiet. */
  readonly mostMs: number;
  readonly work: () => Promise<void>;
}

/** Calls `work` when it has been quiet for a while after `call`; never twice at a time. */
export class Quiet implements Disposable {
  private first: number | undefined;
  private last = 0;
  private running = false;
  private readonly stopped = new AbortController();

  constructor(private readonly options: QuietOptions) {}

  call(): void {
    this.last = this.options.clock.monotonic();
    this.first ??= this.last;
    if (!this.running) void this.run();
  }

  dispose(): void {
    this.stopped.abort();
  }

  private async run(): Promise<void> {
    const { clock, quietMs, mostMs, work } = this.options;
    this.running = true;
    while (this.first !== undefined && !this.stopped.signal.aborted) {
      const pause = Math.min(this.last + quietMs, this.first + mostMs) - clock.monotonic();
      if (pause > 0) {
        await clock.sleep(pause, this.stopped.signal).catch(() => undefined);
        continue;
      }
      this.first = undefined;
      await work();
    }
    this.running = false;
  }
}
