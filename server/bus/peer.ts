import type { Duplex } from 'node:stream';
import { problem, problemOf, type Context, type ProblemError } from '../base';
import type { Build } from '../../schemas/wire/handshake';
import { Alarm } from './alarm';
import { Announcing } from './announcing';
import { ask, askStream } from './asking';
import { waitBefore } from './backoff';
import { newCounters } from './counters';
import { kinds, priorities, type Envelope } from './envelope';
import { defaultLimits, reconnecting, tickMs } from './limits';
import { Link, type LinkOwner } from './link';
import { dial } from './listening';
import { pack } from './payload';
import { PatternTable } from './patternTable';
import { packProblem } from './remoteProblem';
import { serve, tell } from './serving';
import { isTopic } from './topics';
import type { BusStats, Handler, Listener, Peer, PeerOptions, PeerState } from './types';
import type { Registration, RequestOptions, SendOptions, StreamOptions } from './types';

/** Talks over a stream whose other end is attached to a bus, such as descriptor 3 of a child. It is not made again. */
export const attachPeer = (stream: Duplex, options: PeerOptions): Peer =>
  new BusPeer(options, () => Promise.resolve(stream), false);

/** Connects to a bus that listens, and again whenever the connection breaks. */
export const connectPeer = (
  to: { readonly address: string; readonly token: string; readonly build: Build },
  options: PeerOptions,
): Peer => new BusPeer(options, () => dial(to.address, to.token, to.build), true);

class BusPeer implements Peer, LinkOwner {
  state: PeerState = { name: 'connecting' };
  private link: Link | undefined;
  private readonly counters = newCounters();
  private readonly handlers = new PatternTable<Handler>();
  private readonly announcing: Announcing;
  private readonly ticking: Alarm;
  private readonly over = new AbortController();
  private readonly changes = new Set<() => void>();

  constructor(
    private readonly options: PeerOptions,
    private readonly open: () => Promise<Duplex>,
    private readonly again: boolean,
  ) {
    this.announcing = new Announcing(options.log, again);
    this.ticking = new Alarm(options.clock, () => this.tick());
    void this.connect();
  }

  async request(
    ctx: Context,
    type: string,
    payload?: unknown,
    options: RequestOptions = {},
  ): Promise<unknown> {
    return ask(ctx, this.present(), type, payload, options);
  }

  stream(ctx: Context, type: string, payload?: unknown, options: StreamOptions = {}): AsyncIterable<unknown> {
    return askStream(ctx, () => this.present(), type, payload, options);
  }

  notify(type: string, payload?: unknown, options: SendOptions = {}): void {
    this.tell(kinds.notification, type, payload, options);
  }

  publish(topic: string, payload?: unknown, options: SendOptions = {}): void {
    if (!isTopic(topic)) throw problem('bus.topic', { topic });
    this.tell(kinds.event, topic, payload, options);
  }

  handle(pattern: string, handler: Handler, priority = 0): Registration {
    if (isTopic(pattern) && this.handlers.has(pattern)) throw problem('bus.routeTaken', { type: pattern });
    const added = this.handlers.add(pattern, handler, priority);
    return this.announcing.handle(pattern, priority, () => added.dispose());
  }

  subscribe(pattern: string, listener: Listener, { after }: { readonly after?: number } = {}): Registration {
    return this.announcing.subscribe(pattern, listener, after);
  }

  stats(): BusStats {
    return {
      ...this.counters,
      violations: { ...this.counters.violations },
      peers: this.link === undefined ? [] : [this.link.stats()],
      ...this.announcing.counts,
    };
  }

  async connected(ctx: Context): Promise<void> {
    for (;;) {
      ctx.signal.throwIfAborted();
      if (this.state.name === 'connected') return;
      if (this.state.name === 'closed') throw this.absence();
      await this.change(ctx.signal);
    }
  }

  async drained(): Promise<void> {
    while (this.link !== undefined && !this.link.idle) await this.change(this.over.signal);
  }

  close(): void {
    this.shut('closed');
  }

  onMessage(link: Link, envelope: Envelope): void {
    switch (envelope.kind) {
      case kinds.request:
        return this.onRequest(link, envelope);
      case kinds.notification:
        for (const handler of this.handlers.all(envelope.type)) tell(link, envelope, handler);
        return;
      case kinds.event:
        return this.announcing.event(envelope);
      case kinds.dropped:
        return this.announcing.dropped(envelope);
      default:
        return link.violate('envelope.kind');
    }
  }

  onDrained(): void {
    this.changed();
  }

  onClosed(link: Link, reason: string): void {
    if (this.link !== link) return;
    this.link = undefined;
    this.announcing.disconnected();
    this.changed();
    if (this.state.name === 'closed') return;
    if (this.again) void this.connect(1);
    else this.shut(reason);
  }

  private onRequest(link: Link, envelope: Envelope): void {
    const { type, correlation, priority } = envelope;
    const handler = this.handlers.best(type);
    if (handler !== undefined) return serve(link, envelope, handler);
    this.counters.unrouted++;
    link.send(kinds.error, priority, correlation, 0, 0, '', packProblem(problem('bus.noRoute', { type })));
  }

  private tell(
    kind: typeof kinds.notification | typeof kinds.event,
    type: string,
    payload: unknown,
    { priority = 'normal' }: SendOptions,
  ): void {
    const link = this.present();
    const packed = pack(payload);
    const refused = link.refusal(type, packed.length);
    if (refused !== undefined) throw problem(refused, { peer: link.name, type, reason: 'closed' });
    link.send(kind, priorities[priority], 0, 0, 0, type, packed);
  }

  private present(): Link {
    if (this.link === undefined) throw this.absence();
    return this.link;
  }

  private absence(): ProblemError {
    const reason = this.state.name === 'closed' ? this.state.reason : 'not connected';
    return problem('bus.closed', { peer: busName, reason });
  }

  /** `attempt` 0 goes at once; later ones wait longer each time, until there have been too many. */
  private async connect(attempt = 0): Promise<void> {
    const { clock, random, log } = this.options;
    for (; this.state.name !== 'closed'; attempt++) {
      try {
        if (attempt > 0) {
          const inMs = waitBefore(attempt, random);
          this.state = { name: 'reconnecting', attempt, inMs };
          this.changed();
          await clock.sleep(inMs, this.over.signal);
        }
        const stream = await this.open();
        if (this.over.signal.aborted) stream.destroy();
        else this.begin(stream);
        return;
      } catch (thrown) {
        if (this.over.signal.aborted) return;
        const { code, args } = problemOf(thrown);
        log.info('the bus could not be reached', { code, ...args, attempt });
        if (!this.again || attempt >= reconnecting.attempts) return this.shut(code);
      }
    }
  }

  private begin(stream: Duplex): void {
    const { clock, log, limits } = this.options;
    const { counters } = this;
    const link = new Link(stream, this, {
      ...{ name: busName, clock, log, counters },
      limits: { ...defaultLimits, ...unhurried, ...limits },
    });
    this.link = link;
    this.state = { name: 'connected' };
    this.announcing.connected(link);
    this.ticking.set(clock.monotonic() + tickMs);
    this.changed();
  }

  private shut(reason: string): void {
    if (this.state.name === 'closed') return;
    this.state = { name: 'closed', reason };
    this.ticking.clear();
    this.over.abort();
    this.link?.close(reason);
    this.changed();
  }

  private tick(): void {
    const now = this.options.clock.monotonic();
    this.link?.tick(now);
    if (this.link !== undefined) this.ticking.set(now + tickMs);
  }

  /** Resolves when something may have changed, or the signal aborts. */
  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.changes.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.changes.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  private changed(): void {
    for (const done of [...this.changes]) done();
  }
}

/** What a peer calls the other end. */
const busName = 'bus';
/** A peer trusts the bus to send no more than it asked for. */
const unhurried = { messagesPerSecond: 1e9, burst: 1e9 };
