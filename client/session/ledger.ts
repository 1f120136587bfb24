import type { RecordedEvent } from '../../schemas/journal/events';

/** Asks for events after a position, oldest first. */
export type AskSince = (position: number) => Promise<{ events: RecordedEvent[]; more: boolean }>;

/**
 * Lets every event through once and in order, whatever connections break in between.
 *
 * While a new connection catches up, what it announces live is held back, so that the past comes first;
 * what arrives by both ways is let through the first time alone.
 */
export class EventLedger {
  private last: number | undefined;
  private held: RecordedEvent[] | undefined;

  constructor(private readonly deliver: (events: RecordedEvent[]) => void) {}

  /** The position of the last event let through; undefined before the first connection. */
  get position(): number | undefined {
    return this.last;
  }

  /** A connection begins: live events are held until `catchUp` has ended. */
  connectionBegan(): void {
    this.held = [];
  }

  /** Events announced live. */
  announced(events: readonly RecordedEvent[]): void {
    if (this.held) this.held.push(...events);
    else this.letThrough(events);
  }

  /**
   * Fetches what was missed and lets the held events follow.
   * @param newest the journal's last position when the connection was made
   */
  async catchUp(newest: number, ask: AskSince): Promise<void> {
    // A journal that ends before what we have seen is another journal: begin anew rather than go deaf.
    if (this.last === undefined || newest < this.last) this.last = newest;
    for (let more = this.last < newest; more;) {
      const answer = await ask(this.last);
      this.letThrough(answer.events);
      more = answer.more && answer.events.length > 0;
    }
    const held = this.held ?? [];
    this.held = undefined;
    this.letThrough(held);
  }

  private letThrough(events: readonly RecordedEvent[]): void {
    const fresh: RecordedEvent[] = [];
    for (const event of events) {
      if (this.last !== undefined && event.position <= this.last) continue;
      this.last = event.position;
      fresh.push(event);
    }
    if (fresh.length > 0) this.deliver(fresh);
  }
}
