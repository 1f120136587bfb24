import { problem, type Disposable, type Log } from '../base';
import type { Counters } from './counters';
import { kinds, priorities, type Envelope } from './envelope';
import type { Action, Grants } from './grants';
import type { Link } from './link';
import { pack } from './payload';
import { PatternTable } from './patternTable';
import { relay } from './relay';
import { packProblem } from './remoteProblem';
import { serve, tell } from './serving';
import type { RemoteSubscription, Subscriptions } from './subscriptions';
import { isPattern, isTopic } from './topics';
import type { Handler } from './types';

/** Where requests and notifications of a pattern go: a handler here, or a connection. */
export type Route = { readonly handler: Handler } | { readonly link: Link };

/** A connection as the bus knows it: what it may do, and what it has announced. */
export interface Connected {
  readonly link: Link;
  readonly grants: Grants;
  readonly subscriptions: Map<number, RemoteSubscription>;
  readonly routes: Map<number, Disposable>;
}

/** Decides where what a connection says goes: to a handler, to other connections, or back as a refusal. */
export class Switchboard {
  readonly routes = new PatternTable<Route>();
  /** How many routes there are. */
  handlers = 0;

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly counters: Counters,
    private readonly log: Log,
  ) {}

  /** Throws `bus.topic`, or `bus.routeTaken` for an exact type that has a handler. */
  addRoute(pattern: string, route: Route, priority: number): Disposable {
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
  routeOf(type: string): Route | undefined {
    const all = this.routes.all(type);
    for (const route of all) if (!('link' in route) || !route.link.health.isOpen) return route;
    return undefined;
  }

  /** Sends a notification to one connection; false, and counted, when there is no room. */
  pass(to: Link, type: string, priority: number, bytes: Buffer, start: number, end: number): void {
    if (to.refusal(type, end - start) === undefined)
      to.send(kinds.notification, priority, 0, 0, 0, type, bytes, start, end);
    else this.counters.refused++;
  }

  take(peer: Connected, envelope: Envelope): void {
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
        return letGo(peer.subscriptions, envelope.correlation);
      case kinds.unhandle:
        return letGo(peer.routes, envelope.correlation);
      default:
        return peer.link.violate('envelope.kind');
    }
  }

  private onRequest(peer: Connected, envelope: Envelope): void {
    const { link } = peer;
    const { type } = envelope;
    const most = link.setting.limits.requests;
    if (!this.granted(peer, 'request', type))
      return this.refuse(link, envelope, problem('bus.forbidden', { action: 'request', type }));
    if (link.incoming.size >= most) return this.busy(link, envelope, most);
    const route = this.routeOf(type);
    if (route === undefined) {
      this.counters.unrouted++;
      return this.refuse(link, envelope, problem('bus.noRoute', { type }));
    }
    this.counters.routed++;
    if ('handler' in route) return serve(link, envelope, route.handler);
    const refused = route.link.refusal(type, envelope.payloadEnd - envelope.payloadStart);
    if (refused === undefined) return relay(link, envelope, route.link);
    this.counters.refused++;
    this.refuse(link, envelope, problem(refused, { peer: route.link.name, type, reason: 'closed' }));
  }

  private onNotification(peer: Connected, envelope: Envelope): void {
    const { type, priority, bytes, payloadStart, payloadEnd } = envelope;
    if (!this.granted(peer, 'notify', type)) return;
    let told = 0;
    for (const route of this.routes.all(type)) {
      if ('handler' in route) tell(peer.link, envelope, route.handler);
      else if (route.link === peer.link) continue;
      else this.pass(route.link, type, priority, bytes, payloadStart, payloadEnd);
      told++;
    }
    this.count(told);
  }

  private onPublish(peer: Connected, envelope: Envelope): void {
    const { type, priority, bytes, payloadStart: start, payloadEnd: end } = envelope;
    if (!isTopic(type)) return peer.link.violate('envelope.type');
    // What happened in a run is told by who recorded it, and by nobody else.
    if (!this.granted(peer, 'publish', type, this.subscriptions.isExecution(type))) return;
    this.count(this.subscriptions.publish(type, { bytes, start, end }, 0, priority));
  }

  private onSubscribe(peer: Connected, envelope: Envelope): void {
    const { link, subscriptions } = peer;
    const { type, correlation, count } = envelope;
    if (!this.mayAnnounce(peer, 'subscribe', envelope, subscriptions)) return;
    link.send(kinds.reply, priorities.high, correlation, 0, 0, '', pack({ seq: this.subscriptions.newest }));
    const after = count > 0 ? count - 1 : undefined;
    subscriptions.set(correlation, this.subscriptions.addRemote(link, correlation, type, after));
  }

  private onHandle(peer: Connected, envelope: Envelope): void {
    const { link, routes } = peer;
    const { type, correlation, count } = envelope;
    if (!this.mayAnnounce(peer, 'handle', envelope, routes)) return;
    try {
      routes.set(correlation, this.addRoute(type, { link }, count));
      link.send(kinds.reply, priorities.high, correlation, 0, 0, '');
    } catch (thrown) {
      this.refuse(link, envelope, thrown);
    }
  }

  /** Whether a subscription or a handler may be added; if not, that was said. */
  private mayAnnounce(
    peer: Connected,
    action: 'subscribe' | 'handle',
    envelope: Envelope,
    held: ReadonlyMap<number, Disposable>,
  ): boolean {
    const { link } = peer;
    const { type, correlation } = envelope;
    const { subscriptions, handlers } = link.setting.limits;
    const most = action === 'subscribe' ? subscriptions : handlers;
    if (held.has(correlation)) link.violate('request.repeated');
    else if (!isPattern(type)) link.violate('envelope.type');
    else if (!this.granted(peer, action, type))
      this.refuse(link, envelope, problem('bus.forbidden', { action, type }));
    else if (held.size >= most) this.busy(link, envelope, most);
    else return true;
    return false;
  }

  private granted({ link, grants }: Connected, action: Action, name: string, never = false): boolean {
    if (!never && grants.may(action, name)) return true;
    this.counters.forbidden++;
    // Who goes on all the same fills the counter and not the log.
    if (grants.isNewRefusal(action, name))
      this.log.info('refused a message of the bus', { peer: link.name, action, type: name });
    return false;
  }

  private busy(link: Link, envelope: Envelope, most: number): void {
    this.counters.refused++;
    this.refuse(link, envelope, problem('bus.busy', { peer: link.name, most }));
  }

  private refuse(link: Link, { correlation, priority }: Envelope, why: unknown): void {
    link.send(kinds.error, priority, correlation, 0, 0, '', packProblem(why));
  }

  private count(told: number): void {
    if (told > 0) this.counters.routed++;
    else this.counters.unrouted++;
  }
}

function letGo(held: Map<number, Disposable>, correlation: number): void {
  held.get(correlation)?.dispose();
  held.delete(correlation);
}
