/** Notifications waiting to be written beyond which fleeting ones are dropped. */
const crowded = 100;

/**
 * Sends a client what is not the journal, without ever growing: signs of life are dropped while it
 * reads slowly, “ask again” hints of one kind are sent once however often they came.
 */
export class Outbox {
  private waiting = 0;
  private readonly hints = new Map<string, () => Promise<void>>();

  /** Sends at once, or not at all while the client is slow. */
  fleeting(send: () => Promise<void>): boolean {
    if (this.waiting >= crowded) return false;
    this.deliver(send);
    return true;
  }

  /** Sends at once, or the newest of its `key` as soon as the client has caught up. */
  hint(key: string, send: () => Promise<void>): void {
    if (!this.fleeting(send)) this.hints.set(key, send);
  }

  private deliver(send: () => Promise<void>): void {
    this.waiting++;
    const settled = () => {
      this.waiting--;
      const [next] = this.hints;
      if (next === undefined || this.waiting >= crowded) return;
      this.hints.delete(next[0]);
      this.deliver(next[1]);
    };
    // A failed write means the client is gone; its connection closes by itself.
    send().then(settled, settled);
  }
}
