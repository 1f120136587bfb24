import { problem, problemOf, type Log } from '../base';
import { kinds, priorities, type Envelope } from './envelope';
import type { Link } from './link';
import { unpack } from './payload';
import { readProblem } from './remoteProblem';
import { isPattern } from './topics';
import type { Listener, Registration } from './types';

/** Something announced to the bus, and again on each new connection. */
interface Announced {
  readonly kind: typeof kinds.subscribe | typeof kinds.handle;
  readonly pattern: string;
  readonly priority: number;
  readonly listener: Listener | undefined;
  /** The last sequence number a subscription has. */
  last: number | undefined;
  /** Its number on the connection there is. */
  id: number;
  readonly accepted: () => void;
  readonly refused: (why: Error) => void;
}

/** What a peer has subscribed to and handles, and what comes of it on the connection there is. */
export class Announcing {
  private readonly all = new Set<Announced>();
  private readonly subscribed = new Map<number, Announced>();
  private link: Link | undefined;

  constructor(
    private readonly log: Log,
    /** Whether there will be another connection after one has ended. */
    private readonly again: boolean,
  ) {}

  /** How many subscriptions and handlers there are. */
  get counts(): { readonly subscriptions: number; readonly handlers: number } {
    const handlers = [...this.all].filter(({ kind }) => kind === kinds.handle).length;
    return { subscriptions: this.all.size - handlers, handlers };
  }

  /** Everything is announced on a new connection; subscriptions go on after what they have. */
  connected(link: Link): void {
    this.link = link;
    for (const announced of this.all) this.announce(link, announced);
  }

  disconnected(): void {
    this.link = undefined;
    this.subscribed.clear();
  }

  handle(pattern: string, priority: number, gone: () => void): Registration {
    return this.add({ kind: kinds.handle, pattern, priority, listener: undefined, last: undefined }, gone);
  }

  subscribe(pattern: string, listener: Listener, last: number | undefined): Registration {
    return this.add({ kind: kinds.subscribe, pattern, priority: 0, listener, last }, () => undefined);
  }

  /** An event, each of an execution topic once. */
  event({ correlation, type, count, bytes, payloadStart, payloadEnd }: Envelope): void {
    const to = this.subscribed.get(correlation);
    // One that was let go a moment ago.
    if (to === undefined) return;
    if (count > 0) {
      if (to.last !== undefined && count <= to.last) return;
      to.last = count;
    }
    const payload = unpack(bytes, payloadStart, payloadEnd);
    this.hear(() => to.listener?.event({ topic: type, payload, seq: count }));
  }

  dropped({ correlation, count }: Envelope): void {
    this.hear(() => this.subscribed.get(correlation)?.listener?.dropped?.(count));
  }

  private add(
    given: Pick<Announced, 'kind' | 'pattern' | 'priority' | 'listener' | 'last'>,
    gone: () => void,
  ): Registration {
    const { kind, pattern } = given;
    if (!isPattern(pattern)) throw problem('bus.topic', { topic: pattern });
    let [accepted, refused]: [() => void, (why: Error) => void] = [() => undefined, () => undefined];
    const ready = new Promise<void>((resolve, reject) => ([accepted, refused] = [resolve, reject]));
    // Nobody needs to look at it.
    ready.catch(() => undefined);
    const announced: Announced = { ...given, id: 0, accepted, refused };
    this.all.add(announced);
    if (this.link !== undefined) this.announce(this.link, announced);
    return {
      ready,
      dispose: () => {
        if (!this.all.delete(announced)) return;
        gone();
        this.subscribed.delete(announced.id);
        const undo = kind === kinds.handle ? kinds.unhandle : kinds.unsubscribe;
        this.link?.send(undo, priorities.high, announced.id, 0, 0, '');
      },
    };
  }

  private announce(link: Link, announced: Announced): void {
    const { kind, pattern, priority, last } = announced;
    announced.id = link.begin({
      priority: priorities.high,
      due: Infinity,
      reply: ({ bytes, payloadStart, payloadEnd }) => {
        const { seq } = (unpack(bytes, payloadStart, payloadEnd) ?? {}) as { readonly seq?: unknown };
        if (typeof seq === 'number') announced.last ??= seq;
        announced.accepted();
      },
      error: (envelope) => this.refused(announced, readProblem(envelope, link.name)),
      data: () => false,
      expired: () => undefined,
      gone: (why) => void (this.again || announced.refused(why)),
    });
    if (kind === kinds.subscribe) this.subscribed.set(announced.id, announced);
    const count = kind === kinds.handle ? priority : last === undefined ? 0 : last + 1;
    link.send(kind, priorities.high, announced.id, 0, count, pattern);
  }

  private refused({ pattern, refused }: Announced, why: Error): void {
    this.log.warn('the bus refused what was announced', { pattern, why: problemOf(why).code });
    refused(why);
  }

  private hear(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.log.error('a subscriber of the bus failed', { thrown: String(thrown) });
    }
  }
}
