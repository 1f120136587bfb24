/** A model call that failed; those that succeed are steps of the journal. */
export interface LiveCall {
  /** `run/node/attempt/step`, as the request carries it. */
  readonly key: string;
  readonly model: string;
  /** Milliseconds since the epoch, and how long it took. */
  readonly at: number;
  readonly ms: number;
  /** The code of the problem it ended with. */
  readonly code: string;
}

/** So many are remembered, the newest; a trace without them is still whole as far as the journal goes. */
const mostKept = 1000;

/** The failed model calls of this life of the process, which the journal does not record. */
export class LiveCalls {
  private readonly kept: LiveCall[] = [];

  add(call: LiveCall): void {
    if (this.kept.length >= mostKept) this.kept.splice(0, mostKept / 10);
    this.kept.push(call);
  }

  of(run: string): readonly LiveCall[] {
    return this.kept.filter(({ key }) => key.startsWith(`${run}/`));
  }
}
