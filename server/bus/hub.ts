import type { Duplex } from 'node:stream';
import { problem, type Context, type Disposable } from '../base';
import { Alarm } from './alarm';
import { ask, askStream } from './asking';
import { Counters } from './counters';
import { kinds, priorities, type Envelope } from './envelope';
import { Grants, type Action } from './grants';
import { defaultLimits } from './limits';
import { Link, type LinkOwner } from './link';
import { listenOn } from './listening';
import { askLocal, streamLocal } from './local';
import { pack } from './payload';
import { PatternTable } from './patternTable';
import { relay } from './relay';
import { packProblem } from './remoteProblem';
import { hear, heard, serve, tell } from './serving';
import { Subscriptions, type RemoteSubscription } from './subscriptions';
import { isPattern, isTopic } from './topics';
import type * as Types from './types';

/** Where requests and notifications of a pattern go: a handler here, or a connection. */
type Route = { readonly handler: Types.Handler } | { readonly peer: HubPeer };

/** Makes a bus. It does nothing until somebody listens or is attached. */
export const createBus = (options: Types.BusOptions): Types.Bus => new Hub(options);

interface HubPeer {
  readonly link: Link;
  readonly grants: Grants;
  readonly subscriptions: Map<number, RemoteSubscription>;
  readonly routes: Map<number, Disposable>;
  readonly ended: (reason: string) => void;
}

class Hub implements Types.Bus, LinkOwner {
  private readonly peers = new Map<Link, HubPeer>();
  private readonly routes = new PatternTable<Route>();
  private readonly subscriptions: Subscriptions;
  private readonly counters = new Counters();
  private readonly listenings = new Set<Types.Listening>();
  private readonly ticking: Alarm;
  private handlers = 0;
  private isClosed = false;

  constructor(private readonly options: Types.BusOptions) {
    const { clock, log, execution = [], replay, lastSeq = 0 } = options;
    this.subscriptions = new Subscriptions({
      clock,
      log,
      counters: this.counters,
      execution,
      replay,
      lastSeq,
    });
    this.ticking = new Alarm(clock, () => this.tick());
  }

  async listen(ctx: Context, options: Types.ListenOptions): Promise<Types.Listening> {
    const listening = await listenOn(ctx, options, this.options.log, (socket, info) =>
      this.attach(socket, info),
    );
    if (this.isClosed) await listening.close();
    else this.listenings.add(listening);
    return listening;
  }

  attach(stream: Duplex, info: Types.PeerInfo): Types.Attached {
    const { clock, log } = this.options;
    const limits = { ...defaultLimits, ...info.limits };
    const link = new Link(stream, this, { name: info.name, clock, log, limits, counters: this.counters });
    let ended: (reason: string) => void = () => undefined;
    const closed = new Promise<string>((resolve) => (ended = resolve));
    const grants = new Grants(info.capabilities);
    this.peers.set(link, { link, grants, subscriptions: new Map(), routes: new Map(), ended });
    this.ticking.set(clock.monotonic() + tickMs);
    if (this.isClosed) link.close('closed');
    return {
      name: info.name,
      get health() {
        return link.health.state;
      },
      closed,
      close: (reason = 'closed') => link.close(reason),
    };
  }

  publish(topic: string, payload?: unknown, options: Types.PublishOptions = {}): number {
    const { seq = 0, priority = 'normal' } = options;
    if (!isTopic(topic)) throw problem('bus.topic', { topic });
    if (this.subscriptions.isExecution(topic) ? seq <= this.subscriptions.newest : seq !== 0)
      throw problem('bus.sequence', { topic, seq, newest: this.subscriptions.newest });
    return this.subscriptions.publish(topic, { value: payload }, seq, priorities[priority]);
  }

  subscribe(pattern: string, listener: Types.Listener): Disposable {
    if (!isPattern(pattern)) throw problem('bus.topic', { topic: pattern });
    return this.subscriptions.addLocal(pattern, listener);
  }

  async request(
    ctx: Context,
    type: string,
    payload?: unknown,
    options: Types.RequestOptions = {},
  ): Promise<unknown> {
    const route = this.routeOf(type);
    if (route === undefined) throw problem('bus.noRoute', { type });
    if ('peer' in route) return ask(ctx, route.peer.link, type, payload, options);
    return askLocal(ctx, this.options.clock, route.handler, type, payload, options);
  }

  stream(
    ctx: Context,
    type: string,
    payload?: unknown,
    options: Types.StreamOptions = {},
  ): AsyncIterable<unknown> {
    const route = this.routeOf(type);
    if (route === undefined) throw problem('bus.noRoute', { type });
    if ('peer' in route) return askStream(ctx, () => route.peer.link, type, payload, options);
    return streamLocal(ctx, route.handler, type, payload);
  }

  notify(type: string, payload?: unknown, { priority = 'normal' }: Types.SendOptions = {}): void {
    const packed = pack(payload);
    for (const route of this.routes.all(type)) {
      if ('peer' in route) this.pass(route.peer.link, type, priorities[priority], packed, 0, packed.length);
      else
        hear(route.handler, payload, heard(type, hostName, 0), (thrown) =>
          this.options.log.warn('a handler of a notification failed', { type, thrown: String(thrown) }),
        );
    }
  }

  handle(pattern: string, handler: Types.Handler, priority = 0): Disposable {
    return this.addRoute(pattern, { handler }, priority);
  }

  stats(): Types.BusStats {
    return {
      ...this.counters,
      violations: { ...this.counters.violations },
      violation: () => undefined,
      peers: [...this.peers.keys()].map((link) => ({
        name: link.name,
        health: link.health.state,
        roundTripMs: link.health.roundTrips.at(-1),
        waiting: link.outbox.count,
        waitingBytes: link.outbox.bytes,
        requestsOpen: link.incoming.size,
      })),
      subscriptions: this.subscriptions.count,
      handlers: this.handlers,
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.ticking.clear();
    for (const link of [...this.peers.keys()]) link.close('closed');
    await Promise.all([...this.listenings].map((listening) => listening.close()));
    this.listenings.clear();
  }

  onMessage(link: Link, envelope: Envelope): void {
    const peer = this.peers.get(link);
    if (peer === undefined) return;
    switch (envelope.kind) {
      case kinds.request:
        return this.onRequest(peer, envelope);
      case kinds.notification:
        return this.onNotification(peer, envelope);
      case kinds.event:
        return this.onPublish(peer, envelope);
      case kinds.subscribe:
        return this.onSubscribe(peer, envelope);
      case kinds.handle:
        return this.onHandle(peer, envelope);
      case kinds.unsubscribe:
        peer.subscriptions.get(envelope.correlation)?.dispose();
        peer.subscriptions.delete(envelope.correlation);
        return;
      case kinds.unhandle:
        peer.routes.get(envelope.correlation)?.dispose();
        peer.routes.delete(envelope.correlation);
        return;
      default:
        return link.violate('envelope.kind');
    }
  }

  onDrained(link: Link): void {
    const peer = this.peers.get(link);
    if (peer === undefined || peer.subscriptions.size === 0) return;
    for (const subscription of peer.subscriptions.values())
      if (subscription.lost > 0 || subscription.behind) this.subscriptions.drained(subscription);
  }

  onClosed(link: Link, reason: string): void {
    const peer = this.peers.get(link);
    if (peer === undefined) return;
    this.peers.delete(link);
    for (const held of [...peer.subscriptions.values(), ...peer.routes.values()]) held.dispose();
    peer.ended(reason);
  }

  private onRequest(peer: HubPeer, envelope: Envelope): void {
    const { link } = peer;
    const { type } = envelope;
    if (!this.granted(peer, 'request', type))
      return this.refuse(link, envelope, problem('bus.forbidden', { action: 'request', type }));
    if (link.incoming.size >= link.setting.limits.requests) {
      this.counters.refused++;
      return this.refuse(
        link,
        envelope,
        problem('bus.busy', { peer: link.name, most: link.setting.limits.requests }),
      );
    }
    const route = this.routeOf(type);
    if (route === undefined) {
      this.counters.unrouted++;
      return this.refuse(link, envelope, problem('bus.noRoute', { type }));
    }
    this.counters.routed++;
    if (!('peer' in route)) return serve(link, envelope, route.handler);
    const target = route.peer.link;
    const refused = target.refusal(type, envelope.payloadEnd - envelope.payloadStart);
    if (refused === undefined) return relay(link, envelope, target);
    this.counters.refused++;
    this.refuse(link, envelope, problem(refused, { peer: target.name, type, reason: 'closed' }));
  }

  private onNotification(peer: HubPeer, envelope: Envelope): void {
    const { type, priority, bytes, payloadStart, payloadEnd } = envelope;
    if (!this.granted(peer, 'notify', type)) return;
    let told = 0;
    for (const route of this.routes.all(type)) {
      if ('peer' in route) {
        if (route.peer === peer) continue;
        this.pass(route.peer.link, type, priority, bytes, payloadStart, payloadEnd);
      } else tell(peer.link, envelope, route.handler);
      told++;
    }
    if (told > 0) this.counters.routed++;
    else this.counters.unrouted++;
  }

  private pass(
    target: Link,
    type: string,
    priority: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (target.refusal(type, end - start) === undefined)
      target.send(kinds.notification, priority, 0, 0, 0, type, bytes, start, end);
    else this.counters.refused++;
  }

  private onPublish(peer: HubPeer, envelope: Envelope): void {
    const { type, priority, bytes, payloadStart: start, payloadEnd: end } = envelope;
    if (!isTopic(type)) return peer.link.violate('envelope.type');
    // What happened in a run is told by who recorded it, and by nobody else.
    if (!this.granted(peer, 'publish', type, this.subscriptions.isExecution(type))) return;
    const told = this.subscriptions.publish(type, { bytes, start, end }, 0, priority);
    if (told > 0) this.counters.routed++;
    else this.counters.unrouted++;
  }

  private onSubscribe(peer: HubPeer, envelope: Envelope): void {
    const { link, subscriptions } = peer;
    const { type, correlation, count } = envelope;
    if (subscriptions.has(correlation)) return link.violate('request.repeated');
    if (!isPattern(type)) return link.violate('envelope.type');
    if (!this.granted(peer, 'subscribe', type))
      return this.refuse(link, envelope, problem('bus.forbidden', { action: 'subscribe', type }));
    const most = link.setting.limits.subscriptions;
    if (subscriptions.size >= most)
      return this.refuse(link, envelope, problem('bus.busy', { peer: link.name, most }));
    const { newest } = this.subscriptions;
    link.send(kinds.reply, priorities.high, correlation, 0, 0, '', pack({ seq: newest }));
    const after = count > 0 ? count - 1 : undefined;
    subscriptions.set(correlation, this.subscriptions.addRemote(link, correlation, type, after));
  }

  private onHandle(peer: HubPeer, envelope: Envelope): void {
    const { link, routes } = peer;
    const { type, correlation, count } = envelope;
    if (routes.has(correlation)) return link.violate('request.repeated');
    if (!isPattern(type)) return link.violate('envelope.type');
    if (!this.granted(peer, 'handle', type))
      return this.refuse(link, envelope, problem('bus.forbidden', { action: 'handle', type }));
    const most = link.setting.limits.handlers;
    if (routes.size >= most)
      return this.refuse(link, envelope, problem('bus.busy', { peer: link.name, most }));
    try {
      routes.set(correlation, this.addRoute(type, { peer }, count));
      link.send(kinds.reply, priorities.high, correlation, 0, 0, '');
    } catch (thrown) {
      this.refuse(link, envelope, thrown);
    }
  }

  private addRoute(pattern: string, route: Route, priority: number): Disposable {
    if (!isPattern(pattern)) throw problem('bus.topic', { topic: pattern });
    if (isTopic(pattern) && this.routes.has(pattern)) throw problem('bus.routeTaken', { type: pattern });
    const added = this.routes.add(pattern, route, priority);
    this.handlers++;
    let gone = false;
    return {
      dispose: () => {
        if (gone) return;
        gone = true;
        this.handlers--;
        added.dispose();
      },
    };
  }

  /** The best route whose connection is well; while the breaker of one is open the next best takes its place. */
  private routeOf(type: string): Route | undefined {
    return this.routes.all(type).find((route) => !('peer' in route) || !route.peer.link.health.isOpen);
  }

  private granted({ link, grants }: HubPeer, action: Action, name: string, never = false): boolean {
    if (!never && grants.may(action, name)) return true;
    this.counters.forbidden++;
    this.options.log.info('refused a message of the bus', { peer: link.name, action, type: name });
    return false;
  }

  private refuse(link: Link, { correlation, priority }: Envelope, why: unknown): void {
    link.send(kinds.error, priority, correlation, 0, 0, '', packProblem(why));
  }

  private tick(): void {
    const now = this.options.clock.monotonic();
    for (const link of [...this.peers.keys()]) link.tick(now);
    if (this.peers.size > 0 && !this.isClosed) this.ticking.set(now + tickMs);
  }
}

const tickMs = 1000;
/** The name of the sidecar itself among those who ask. */
const hostName = 'sidecar';
