import type { Duplex } from 'node:stream';
import type { Clock, Context, Disposable, Log, Random } from '../base';
import type { Build } from '../../schemas/wire/handshake';
import type { Counters } from './counters';
import type { PriorityName } from './envelope';
import type { HealthState } from './health';
import type { PeerLimits } from './limits';

/** What a connection may do, as patterns of types and topics. What is not named is refused. */
export interface Capabilities {
  readonly request?: readonly string[];
  /** Also for notifications it sends. */
  readonly notify?: readonly string[];
  readonly handle?: readonly string[];
  readonly publish?: readonly string[];
  readonly subscribe?: readonly string[];
}

/** One request as its handler sees it. */
export interface Call {
  readonly type: string;
  /** Name of the connection that asked, or `sidecar`. */
  readonly from: string;
  /** Milliseconds the answer is of use; 0 for no limit. */
  readonly deadlineMs: number;
  /** Aborts when whoever asked no longer wants the answer, or is gone. */
  readonly signal: AbortSignal;
}

/**
 * Handles a request: what it returns, or what its promise comes to, is the reply; an async iterable is a stream. What it
 * throws becomes an error; a `ProblemError` keeps its code. For a notification the result is not looked at.
 */
export type Handler = (payload: unknown, call: Call) => unknown;

export interface BusEvent {
  readonly topic: string;
  readonly payload: unknown;
  /** Its sequence number; 0 unless the topic is an execution topic. */
  readonly seq: number;
}

export interface Listener {
  event(event: BusEvent): void;
  /** So many events were lost to this subscription because it was slow; never of execution topics. */
  dropped?(count: number): void;
}

/** Something a peer has announced to the bus. */
export interface Registration extends Disposable {
  /** Resolves when the bus has taken it; rejects with `bus.forbidden`, `bus.routeTaken`, … Nobody needs to look. */
  readonly ready: Promise<void>;
}

export interface SendOptions {
  /** Normal unless said otherwise. */
  readonly priority?: PriorityName;
}

export interface RequestOptions extends SendOptions {
  /** How long the answer is waited for, in milliseconds; 30 s unless said otherwise. */
  readonly timeoutMs?: number;
}

export interface StreamOptions extends SendOptions {
  /** How many values may come ahead of the one that is looked at; 64 unless said otherwise. */
  readonly credit?: number;
}

/** What both ends of a bus can do. */
export interface Talker {
  /** Asks for one answer. Throws `bus.timeout`, `bus.noRoute`, `bus.closed`, … or what the handler threw. */
  request(ctx: Context, type: string, payload?: unknown, options?: RequestOptions): Promise<unknown>;
  /** Asks for a stream; the request goes when the first value is asked for, and leaving the loop cancels it. */
  stream(ctx: Context, type: string, payload?: unknown, options?: StreamOptions): AsyncIterable<unknown>;
  /** Tells all who handle the type. Throws `bus.full` when too much waits. */
  notify(type: string, payload?: unknown, options?: SendOptions): void;
  /** Handles requests and notifications of a type or pattern. Throws `bus.routeTaken` for an exact type that has a handler. */
  handle(pattern: string, handler: Handler, priority?: number): Disposable;
  stats(): BusStats;
}

/** The bus itself, in the sidecar: who is connected talks through it, and so does the sidecar. */
export interface Bus extends Talker {
  /** Accepts connections that prove they hold the token. Throws `bus.address` when nobody can listen there. */
  listen(ctx: Context, options: ListenOptions): Promise<Listening>;
  /** Talks over a stream that needs no proof, because its other end was handed to a child. */
  attach(stream: Duplex, info: PeerInfo): Attached;
  /** Publishes and answers how many subscriptions it was for. An execution topic needs `seq`, one larger each time at least. */
  publish(topic: string, payload?: unknown, options?: PublishOptions): number;
  subscribe(pattern: string, listener: Listener): Disposable;
  /** Ends all connections and lets go of all addresses. */
  close(): Promise<void>;
}

/** One connection to a bus: an extension, a worker, a tool. */
export interface Peer extends Talker {
  publish(topic: string, payload?: unknown, options?: SendOptions): void;
  /**
   * Wants the topics of a pattern. Of execution topics everything after `after` comes, each once and in order, also
   * across connections that break; without it, what is published from now on.
   */
  subscribe(pattern: string, listener: Listener, options?: { readonly after?: number }): Registration;
  handle(pattern: string, handler: Handler, priority?: number): Registration;
  readonly state: PeerState;
  /** Resolves once it is connected; throws when it has given up. */
  connected(ctx: Context): Promise<void>;
  /** Resolves when nothing waits to be written: what a fast sender waits for. */
  drained(): Promise<void>;
  close(): void;
}

export type PeerState =
  | { readonly name: 'connecting' }
  | { readonly name: 'connected' }
  | { readonly name: 'reconnecting'; readonly attempt: number; readonly inMs: number }
  | { readonly name: 'closed'; readonly reason: string };

export interface BusOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly execution?: Execution;
}

/** The topics of which no event is ever lost, and where their events are found again. */
export interface Execution {
  /** Patterns such as `run.#`. */
  readonly topics: readonly string[];
  readonly replay: ReplaySource;
  /** The newest sequence number that was published before this bus was made; 0 unless said otherwise. */
  readonly lastSeq?: number;
}

/**
 * Gives what was published under execution topics again. Sequence numbers count over all execution topics
 * of a bus (the position of the journal); whatever was published is found here by then.
 */
export type ReplaySource = (
  pattern: string,
  afterSeq: number,
  most: number,
) => Promise<readonly BusEvent[]> | readonly BusEvent[];

export interface PublishOptions extends SendOptions {
  readonly seq?: number;
}

export interface PeerInfo {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly limits?: Partial<PeerLimits>;
}

export interface ListenOptions {
  /** Path of a Unix socket in a folder that its owner alone can enter, or an unguessable pipe name: `socketPath` makes both. */
  readonly address: string;
  readonly token: string;
  readonly build: Build;
  /** Names this life of the sidecar and its workspace, for the handshake. */
  readonly epoch: string;
  readonly workspace: string;
  /** What each connection gets; its name is made unique with a number. */
  readonly peers: PeerInfo;
  /** How many may be connected at once; 256 unless said otherwise. */
  readonly most?: number;
}

export interface Listening {
  readonly address: string;
  close(): Promise<void>;
}

export interface Attached {
  readonly name: string;
  readonly health: HealthState;
  /** Resolves with the reason when the connection has ended; never rejects. */
  readonly closed: Promise<string>;
  close(reason?: string): void;
}

export interface PeerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<PeerLimits>;
}

export interface PeerStats {
  readonly name: string;
  readonly health: HealthState;
  readonly roundTripMs: number | undefined;
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly requestsOpen: number;
}

export interface BusStats extends Readonly<Counters> {
  readonly peers: readonly PeerStats[];
  readonly subscriptions: number;
  readonly handlers: number;
}

/** The name of the sidecar itself among those who ask. */
export const hostName = 'sidecar';
