import type { Duplex } from 'node:stream';
import { problem, type Context, type Disposable } from '../base';
import { Alarm } from './alarm';
import { ask, askStream } from './asking';
import { newCounters } from './counters';
import { priorities, type Envelope } from './envelope';
import { Grants } from './grants';
import { defaultLimits, tickMs } from './limits';
import { Link, type LinkOwner } from './link';
import { listenOn } from './listening';
import { askLocal, streamLocal } from './local';
import { pack } from './payload';
import { hear, heard } from './serving';
import { Subscriptions } from './subscriptions';
import { Switchboard, type Connected, type Route } from './switchboard';
import { isPattern, isTopic } from './topics';
import { hostName, type Attached, type Bus, type BusOptions, type BusStats, type Handler } from './types';
import type { Listener, Listening, ListenOptions, PeerInfo, PublishOptions } from './types';
import type { RequestOptions, SendOptions, StreamOptions } from './types';

/** Makes a bus. It does nothing until somebody listens or is attached. */
export const createBus = (options: BusOptions): Bus => new Hub(options);

interface HubPeer extends Connected {
  readonly ended: (reason: string) => void;
}

class Hub implements Bus, LinkOwner {
  private readonly peers = new Map<Link, HubPeer>();
  private readonly counters = newCounters();
  private readonly subscriptions: Subscriptions;
  private readonly switchboard: Switchboard;
  private readonly listenings = new Set<Listening>();
  private readonly ticking: Alarm;
  private isClosed = false;

  constructor(private readonly options: BusOptions) {
    const { clock, log, execution } = options;
    const { counters } = this;
    this.subscriptions = new Subscriptions({ clock, log, counters, execution });
    this.switchboard = new Switchboard(this.subscriptions, counters, log);
    this.ticking = new Alarm(clock, () => this.tick());
  }

  async listen(ctx: Context, options: ListenOptions): Promise<Listening> {
    const listening = await listenOn(ctx, options, this.options.log, (socket, info) =>
      this.attach(socket, info),
    );
    if (this.isClosed) await listening.close();
    else this.listenings.add(listening);
    return listening;
  }

  attach(stream: Duplex, { name, capabilities, limits }: PeerInfo): Attached {
    const { clock, log } = this.options;
    const { counters } = this;
    const link = new Link(stream, this, {
      name,
      clock,
      log,
      limits: { ...defaultLimits, ...limits },
      counters,
    });
    let ended: (reason: string) => void = () => undefined;
    const closed = new Promise<string>((resolve) => (ended = resolve));
    const grants = new Grants(capabilities);
    this.peers.set(link, { link, grants, subscriptions: new Map(), routes: new Map(), ended });
    this.ticking.set(clock.monotonic() + tickMs);
    if (this.isClosed) link.close('closed');
    return {
      name,
      get health() {
        return link.health.state;
      },
      closed,
      close: (reason = 'closed') => link.close(reason),
    };
  }

  publish(topic: string, payload?: unknown, { seq = 0, priority = 'normal' }: PublishOptions = {}): number {
    if (!isTopic(topic)) throw problem('bus.topic', { topic });
    const { newest } = this.subscriptions;
    if (this.subscriptions.isExecution(topic) ? seq <= newest : seq !== 0)
      throw problem('bus.sequence', { topic, seq, newest });
    return this.subscriptions.publish(topic, { value: payload }, seq, priorities[priority]);
  }

  subscribe(pattern: string, listener: Listener): Disposable {
    if (!isPattern(pattern)) throw problem('bus.topic', { topic: pattern });
    return this.subscriptions.addLocal(pattern, listener);
  }

  async request(
    ctx: Context,
    type: string,
    payload?: unknown,
    options: RequestOptions = {},
  ): Promise<unknown> {
    const route = this.mustRoute(type);
    if ('link' in route) return ask(ctx, route.link, type, payload, options);
    return askLocal(ctx, this.options.clock, route.handler, type, payload, options);
  }

  stream(ctx: Context, type: string, payload?: unknown, options: StreamOptions = {}): AsyncIterable<unknown> {
    const route = this.mustRoute(type);
    if ('link' in route) return askStream(ctx, () => route.link, type, payload, options);
    return streamLocal(ctx, route.handler, type, payload);
  }

  notify(type: string, payload?: unknown, { priority = 'normal' }: SendOptions = {}): void {
    const packed = pack(payload);
    for (const route of this.switchboard.routes.all(type)) {
      if ('link' in route)
        this.switchboard.pass(route.link, type, priorities[priority], packed, 0, packed.length);
      else
        hear(route.handler, payload, heard(type, hostName, 0), (thrown) =>
          this.options.log.warn('a handler of a notification failed', { type, thrown: String(thrown) }),
        );
    }
  }

  handle(pattern: string, handler: Handler, priority = 0): Disposable {
    return this.switchboard.addRoute(pattern, { handler }, priority);
  }

  stats(): BusStats {
    return {
      ...this.counters,
      violations: { ...this.counters.violations },
      peers: [...this.peers.keys()].map((link) => link.stats()),
      subscriptions: this.subscriptions.count,
      handlers: this.switchboard.handlers,
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
    if (peer !== undefined) this.switchboard.take(peer, envelope);
  }

  onDrained(link: Link): void {
    const subscriptions = this.peers.get(link)?.subscriptions;
    if (subscriptions === undefined || subscriptions.size === 0) return;
    for (const subscription of subscriptions.values())
      if (subscription.lost > 0 || subscription.behind) this.subscriptions.drained(subscription);
  }

  onClosed(link: Link, reason: string): void {
    const peer = this.peers.get(link);
    if (peer === undefined) return;
    this.peers.delete(link);
    for (const held of [...peer.subscriptions.values(), ...peer.routes.values()]) held.dispose();
    peer.ended(reason);
  }

  private mustRoute(type: string): Route {
    const route = this.switchboard.routeOf(type);
    if (route === undefined) throw problem('bus.noRoute', { type });
    return route;
  }

  private tick(): void {
    const now = this.options.clock.monotonic();
    for (const link of [...this.peers.keys()]) link.tick(now);
    if (this.peers.size > 0 && !this.isClosed) this.ticking.set(now + tickMs);
  }
}
