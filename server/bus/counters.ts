/** What a bus or a peer has counted since it was made. */
export interface Counters {
  received: number;
  receivedBytes: number;
  sent: number;
  sentBytes: number;
  /** Requests, notifications and events for which there was somebody. */
  routed: number;
  unrouted: number;
  /** Refused because the connection may not. */
  forbidden: number;
  /** Refused because a quota or a queue was full. */
  refused: number;
  /** Events given up because a subscriber was slow. */
  dropped: number;
  /** Times an execution topic was read again from its source, and the events that came of it. */
  replays: number;
  replayed: number;
  /** Requests that were not answered in time, or came when their time was over. */
  timeouts: number;
  cancelled: number;
  repliesLate: number;
  repliesDouble: number;
  /** Times reading paused because of the rate. */
  throttled: number;
  /** Connections closed for what they did, by what it was. */
  readonly violations: Record<string, number>;
}

export const newCounters = (): Counters => ({
  ...{ received: 0, receivedBytes: 0, sent: 0, sentBytes: 0 },
  ...{ routed: 0, unrouted: 0, forbidden: 0, refused: 0, dropped: 0, replays: 0, replayed: 0 },
  ...{ timeouts: 0, cancelled: 0, repliesLate: 0, repliesDouble: 0, throttled: 0 },
  violations: Object.create(null) as Record<string, number>,
});
