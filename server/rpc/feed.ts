import type { RecordedEvent } from '../../schemas';

export interface FeedSource {
  eventsSince(position: number, limit: number): readonly RecordedEvent[];
}

/** How many events travel in one notification at most. */
const batch = 200;

/**
 * Brings one client every event after the position it was told, in order, each once. A client that
 * reads slowly costs no memory: nothing is queued for it, the feed waits until the last batch is
 * written and then reads on in the journal.
 */
export class EventFeed {
  private sent = Number.POSITIVE_INFINITY;
  private pumping = false;
  private behind = false;
  private closed = false;

  /** `send` resolves when the bytes have left for the client and rejects when it is gone. */
  constructor(
    private readonly source: FeedSource,
    private readonly send: (events: readonly RecordedEvent[]) => Promise<void>,
  ) {}

  /** Begins with the event after `position`; starting twice changes nothing. */
  start(position: number): void {
    if (this.sent !== Number.POSITIVE_INFINITY) return;
    this.sent = position;
    this.behind = true;
    void this.pump();
  }

  /** New durable events exist. They are sent as they stand when the client is up to date. */
  notice(events: readonly RecordedEvent[]): void {
    if (this.sent === Number.POSITIVE_INFINITY || this.closed) return;
    if (this.pumping || events.length > batch) {
      this.behind = true;
      void this.pump();
    } else void this.pump(events.filter((event) => event.position > this.sent));
  }

  close(): void {
    this.closed = true;
  }

  private async pump(ready: readonly RecordedEvent[] = []): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      let next = ready;
      while (!this.closed) {
        if (next.length === 0) {
          if (!this.behind) return;
          next = this.source.eventsSince(this.sent, batch);
          this.behind = next.length > 0;
          if (next.length === 0) return;
        }
        this.sent = next.at(-1)!.position;
        await this.send(next);
        next = [];
      }
    } catch {
      this.closed = true;
    } finally {
      this.pumping = false;
    }
  }
}
