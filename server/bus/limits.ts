/** The largest body of a frame that any peer may be allowed, in bytes (8 MiB: a length beyond it is never believed). */
export const mostFrameBytes = 8 * 1024 * 1024;

/** What one connection may cost the others. Numbers without a source are measured or chosen here. */
export interface PeerLimits {
  /** The largest message, in bytes. */
  readonly messageBytes: number;
  /** How many messages of one subscription wait, or how many others of a connection. */
  readonly queuedMessages: number;
  /** How many bytes wait to be written to a connection. */
  readonly queuedBytes: number;
  /** Messages a second that are read in the long run; beyond it reading pauses, nothing is lost. */
  readonly messagesPerSecond: number;
  /** Messages that may come at once before the rate counts. */
  readonly burst: number;
  /** Requests of this connection that may be open at once. */
  readonly requests: number;
  readonly subscriptions: number;
  readonly handlers: number;
  /** The most a consumer may let a stream run ahead, in values. */
  readonly credit: number;
  /** How long the rest of a begun frame may take, and how long one who does not read is waited for, in milliseconds. */
  readonly stallMs: number;
}

/** 1 MiB a message, 1,000 waiting and 1,000 deliveries at once are the numbers the bus was specified with. */
export const defaultLimits: PeerLimits = {
  messageBytes: 1024 * 1024,
  queuedMessages: 1000,
  queuedBytes: 16 * 1024 * 1024,
  messagesPerSecond: 20_000,
  burst: 20_000,
  requests: 1000,
  subscriptions: 1000,
  handlers: 1000,
  credit: 1000,
  stallMs: 10_000,
};

/** What everybody gets who shares a bus; the connection's limits are `PeerLimits`. */
export const timing = {
  /** How long a request waits when nobody says otherwise. */
  requestMs: 30_000,
  /** How long what was given up is remembered, so that its late reply is known as such. */
  rememberMs: 30_000,
  pingEveryMs: 5_000,
  pingTimeoutMs: 1_000,
  /** A peer that answers later than this is slow. */
  slowMs: 1_000,
  failuresUntilOpen: 3,
  openMs: 30_000,
  samples: 10,
  /** A waiting message rises by one priority in this time, so that low ones are not starved. */
  agingMs: 100,
} as const;

/** Waiting between attempts to connect: doubling from the first to the longest, each ± `jitter`. */
export const reconnecting = {
  firstMs: 100,
  factor: 2,
  longestMs: 30_000,
  jitter: 0.1,
  attempts: 10,
} as const;

/** How often health, stalls and what was given up are looked at, in milliseconds. */
export const tickMs = 1000;
