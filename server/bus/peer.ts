import type { Duplex } from 'node:stream';
import { problem, problemOf, type Context, type ProblemError } from '../base';
import type { Build } from '../../schemas/wire/handshake';
import { Alarm } from './alarm';
import { ask, askStream } from './asking';
import { waitBefore } from './backoff';
import { Counters } from './counters';
import { kinds, priorities, type Envelope, type Kind } from './envelope';
import { defaultLimits, reconnecting } from './limits';
import { Link, type LinkOwner } from './link';
import { dial } from './listening';
import { pack, unpack } from './payload';
import { PatternTable } from './patternTable';
import { packProblem, readProblem } from './remoteProblem';
import { serve, tell } from './serving';
import { isPattern, isTopic } from './topics';
import type * as Types from './types';

/** Talks over a stream whose other end is attached to a bus, such as descriptor 3 of a child. It is not made again. */
export const attachPeer = (stream: Duplex, options: Types.PeerOptions): Types.Peer =>
  new BusPeer(options, () => Promise.resolve(stream), false);

/** Connects to a bus that listens, and again whenever the connection breaks. */
export const connectPeer = (
  to: { readonly address: string; readonly token: string; readonly build: Build },
  options: Types.PeerOptions,
): Types.Peer => new BusPeer(options, () => dial(to.address, to.token, to.build), true);

/** Something announced to the bus, and again after each connection. */
interface Announced {
  readonly kind: typeof kinds.subscribe | typeof kinds.handle;
  readonly pattern: string;
  /** What goes into `count`. */
  count(): number;
  /** Its number on the connection there is. */
  id: number;
  accepted(reply: unknown): void;
  refused(why: Error): void;
}

interface Subscribed extends Announced {
  readonly listener: Types.Listener;
  /** The last sequence number it has. */
  last: number | undefined;
}

class BusPeer implements Types.Peer, LinkOwner {
  state: Types.PeerState = { name: 'connecting' };
  private link: Link | undefined;
  private readonly counters = new Counters();
  private readonly handlers = new PatternTable<Types.Handler>();
  private readonly announced = new Set<Announced>();
  private readonly subscribed = new Map<number, Subscribed>();
  private readonly ticking: Alarm;
  private readonly over = new AbortController();
  private readonly changes = new Set<() => void>();
  private handlerCount = 0;

  constructor(
    private readonly options: Types.PeerOptions,
    private readonly open: () => Promise<Duplex>,
    private readonly again: boolean,
  ) {
    this.ticking = new Alarm(options.clock, () => this.tick());
    void this.connect();
  }

  request(
    ctx: Context,
    type: string,
    payload?: unknown,
    options: Types.RequestOptions = {},
  ): Promise<unknown> {
    try {
      return ask(ctx, this.present(), type, payload, options);
    } catch (thrown) {
      return Promise.reject(thrown as ProblemError);
    }
  }

  stream(
    ctx: Context,
    type: string,
    payload?: unknown,
    options: Types.StreamOptions = {},
  ): AsyncIterable<unknown> {
    return askStream(ctx, () => this.present(), type, payload, options);
  }

  notify(type: string, payload?: unknown, options: Types.SendOptions = {}): void {
    this.tell(kinds.notification, type, payload, options);
  }

  publish(topic: string, payload?: unknown, options: Types.SendOptions = {}): void {
    if (!isTopic(topic)) throw problem('bus.topic', { topic });
    this.tell(kinds.event, topic, payload, options);
  }

  handle(pattern: string, handler: Types.Handler, priority = 0): Types.Registration {
    if (isTopic(pattern) && this.handlers.has(pattern)) throw problem('bus.routeTaken', { type: pattern });
    const added = this.handlers.add(pattern, handler, priority);
    this.handlerCount++;
    return this.announce(kinds.handle, pattern, { count: () => priority }, () => {
      this.handlerCount--;
      added.dispose();
    });
  }

  subscribe(
    pattern: string,
    listener: Types.Listener,
    { after }: { readonly after?: number } = {},
  ): Types.Registration {
    const own = {
      listener,
      last: after,
      count: () => (own.last === undefined ? 0 : own.last + 1),
    };
    return this.announce(kinds.subscribe, pattern, own, () => undefined);
  }

  stats(): Types.BusStats {
    const { link } = this;
    return {
      ...this.counters,
      violations: { ...this.counters.violations },
      violation: () => undefined,
      peers:
        link === undefined
          ? []
          : [
              {
                name: link.name,
                health: link.health.state,
                roundTripMs: link.health.roundTrips.at(-1),
                waiting: link.outbox.count,
                waitingBytes: link.outbox.bytes,
                requestsOpen: link.incoming.size,
              },
            ],
      subscriptions: this.subscribed.size,
      handlers: this.handlerCount,
    };
  }

  async connected(ctx: Context): Promise<void> {
    for (;;) {
      ctx.signal.throwIfAborted();
      if (this.state.name === 'connected') return;
      if (this.state.name === 'closed')
        throw problem('bus.closed', { peer: busName, reason: this.state.reason });
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
    const { type, correlation } = envelope;
    switch (envelope.kind) {
      case kinds.request: {
        const handler = this.handlers.best(type);
        if (handler !== undefined) return serve(link, envelope, handler);
        this.counters.unrouted++;
        return link.send(
          kinds.error,
          priorities.normal,
          correlation,
          0,
          0,
          '',
          packProblem(problem('bus.noRoute', { type })),
        );
      }
      case kinds.notification:
        for (const handler of this.handlers.all(type)) tell(link, envelope, handler);
        return;
      case kinds.event:
        return this.onEvent(envelope);
      case kinds.dropped:
        return this.hear(() => this.subscribed.get(correlation)?.listener.dropped?.(envelope.count));
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
    this.subscribed.clear();
    this.changed();
    if (this.state.name === 'closed') return;
    if (this.again) void this.connect(1);
    else this.shut(reason);
  }

  private onEvent({ correlation, type, count, bytes, payloadStart, payloadEnd }: Envelope): void {
    const to = this.subscribed.get(correlation);
    // One that was let go a moment ago.
    if (to === undefined) return;
    if (count > 0) {
      if (to.last !== undefined && count <= to.last) return;
      to.last = count;
    }
    const payload = unpack(bytes, payloadStart, payloadEnd);
    this.hear(() => to.listener.event({ topic: type, payload, seq: count }));
  }

  private tell(kind: Kind, type: string, payload: unknown, options: Types.SendOptions): void {
    const link = this.present();
    const packed = pack(payload);
    const refused = link.refusal(type, packed.length);
    if (refused !== undefined) throw problem(refused, { peer: link.name, type, reason: 'closed' });
    link.send(kind, priorities[options.priority ?? 'normal'], 0, 0, 0, type, packed);
  }

  private present(): Link {
    if (this.link !== undefined) return this.link;
    const reason = this.state.name === 'closed' ? this.state.reason : 'not connected';
    throw problem('bus.closed', { peer: busName, reason });
  }

  private announce(
    kind: Announced['kind'],
    pattern: string,
    own: { count(): number; listener?: Types.Listener; last?: number | undefined },
    gone: () => void,
  ): Types.Registration {
    if (!isPattern(pattern)) throw problem('bus.topic', { topic: pattern });
    let [accepted, refused]: [() => void, (why: Error) => void] = [() => undefined, () => undefined];
    const ready = new Promise<void>((resolve, reject) => ([accepted, refused] = [resolve, reject]));
    ready.catch(() => undefined);
    const announced: Announced = Object.assign(own, {
      kind,
      pattern,
      id: 0,
      accepted: (reply: unknown) => {
        const seq = (reply as { readonly seq?: unknown } | undefined)?.seq;
        if (typeof seq === 'number' && own.last === undefined) own.last = seq;
        accepted();
      },
      refused: (why: Error) => {
        this.options.log.warn('the bus refused what was announced', { pattern, why: problemOf(why).code });
        refused(why);
      },
    });
    this.announced.add(announced);
    if (this.link !== undefined) this.send(this.link, announced);
    return {
      ready,
      dispose: () => {
        if (!this.announced.delete(announced)) return;
        gone();
        this.subscribed.delete(announced.id);
        const undo = kind === kinds.handle ? kinds.unhandle : kinds.unsubscribe;
        this.link?.send(undo, priorities.high, announced.id, 0, 0, '');
      },
    };
  }

  private send(link: Link, announced: Announced): void {
    const { kind, pattern } = announced;
    announced.id = link.begin({
      due: Infinity,
      reply: (envelope) =>
        announced.accepted(unpack(envelope.bytes, envelope.payloadStart, envelope.payloadEnd)),
      error: (envelope) => announced.refused(readProblem(envelope, busName)),
      data: () => false,
      expired: () => undefined,
      // It is announced again on the next connection.
      gone: (why) => void (this.again || announced.refused(why)),
    });
    if ('listener' in announced) this.subscribed.set(announced.id, announced as Subscribed);
    link.send(kind, priorities.high, announced.id, 0, announced.count(), pattern);
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
    const setting = {
      name: busName,
      clock,
      log,
      limits: { ...defaultLimits, ...limits },
      counters: this.counters,
    };
    const link = (this.link = new Link(stream, this, setting));
    this.state = { name: 'connected' };
    for (const announced of this.announced) this.send(link, announced);
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

  private hear(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.options.log.error('a subscriber of the bus failed', { thrown: String(thrown) });
    }
  }
}

const tickMs = 1000;
/** What a peer calls the other end. */
const busName = 'bus';
