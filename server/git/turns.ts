/** Lets work on one thing happen one at a time, in the order it was asked for. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` when everything asked for `thing` before has ended, however it ended. */
  async take<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(thing) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.last.set(thing, settled);
    try {
      return await mine;
    } finally {
      if (this.last.get(thing) === settled) this.last.delete(thing);
    }
  }
}
