/** One attempt at work: its signals are made when somebody looks at them. */
export class Job {
  private controller: AbortController | undefined;
  private cleaner: AbortController | undefined;
  private reason: Error | undefined;
  private cleaningOver: Error | undefined;

  constructor(readonly attempt: number) {}

  /** Why it was told to stop; undefined while it was not. */
  get abortedFor(): Error | undefined {
    return this.reason;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.reason) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  /** Aborted when the time for cleaning up is over. */
  get cleanup(): AbortSignal {
    if (!this.cleaner) {
      this.cleaner = new AbortController();
      if (this.cleaningOver) this.cleaner.abort(this.cleaningOver);
    }
    return this.cleaner.signal;
  }

  abort(reason: Error): void {
    this.reason ??= reason;
    this.controller?.abort(this.reason);
  }

  endCleanup(reason: Error): void {
    this.cleaningOver ??= reason;
    this.cleaner?.abort(this.cleaningOver);
  }
}
