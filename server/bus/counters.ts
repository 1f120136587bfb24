/** What a bus or a peer has counted since it was made. */
export class Counters {
  received = 0;
  receivedBytes = 0;
  sent = 0;
  sentBytes = 0;
  /** Requests, notifications and events for which there was somebody. */
  routed = 0;
  unrouted = 0;
  /** Refused because the connection may not. */
  forbidden = 0;
  /** Refused because a quota or a queue was full. */
  refused = 0;
  /** Events given up because a subscriber was slow. */
  dropped = 0;
  /** Times an execution topic was read again from its source. */
  replays = 0;
  replayed = 0;
  timeouts = 0;
  cancelled = 0;
  repliesLate = 0;
  repliesDouble = 0;
  /** Times reading paused because of the rate. */
  throttled = 0;
  /** Connections closed for what they did, by what it was. */
  readonly violations: Record<string, number> = Object.create(null) as Record<string, number>;

  violation(code: string): void {
    this.violations[code] = (this.violations[code] ?? 0) + 1;
  }
}
