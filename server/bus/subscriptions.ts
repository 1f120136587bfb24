import { problem, type Clock, type Disposable, type Log } from '../base';
import type { Counters } from './counters';
import { Deque } from './deque';
import { kinds, priorities } from './envelope';
import type { Link } from './link';
import type { QueueOwner, Waiting } from './outbox';
import { pack, unpack } from './payload';
import { PatternTable } from './patternTable';
import { matches } from './topics';
import type { BusEvent, Execution, Listener } from './types';

export interface SubscriptionsSetting {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly execution: Execution | undefined;
}

/** What is published: bytes when it came from a connection, a value when the sidecar itself says it. */
export type Published =
  { readonly value: unknown } | { readonly bytes: Buffer; readonly start: number; readonly end: number };

/**
 * Who hears of which topics. Events of execution topics reach every subscription once and in order: one that cannot
 * take more is left behind and catches up from the source. Of the others the oldest give way, and are counted.
 */
export class Subscriptions {
  private readonly table = new PatternTable<Listener | RemoteSubscription>();
  private readonly executionTopics = new Map<string, boolean>();
  /** How many there are. */
  count = 0;
  /** The newest sequence number that was published. */
  newest: number;

  constructor(private readonly setting: SubscriptionsSetting) {
    this.newest = setting.execution?.lastSeq ?? 0;
  }

  isExecution(topic: string): boolean {
    const known = this.executionTopics.get(topic);
    if (known !== undefined) return known;
    const answer = this.setting.execution?.topics.some((pattern) => matches(pattern, topic)) ?? false;
    if (this.executionTopics.size >= 4096) this.executionTopics.clear();
    this.executionTopics.set(topic, answer);
    return answer;
  }

  addLocal(pattern: string, listener: Listener): Disposable {
    return this.counted(this.table.add(pattern, listener));
  }

  /** `after` is the sequence number it has; undefined for what comes from now on. */
  addRemote(link: Link, id: number, pattern: string, after: number | undefined): RemoteSubscription {
    const subscription = new RemoteSubscription(link, id, pattern, after ?? this.newest);
    subscription.registered = this.counted(this.table.add(pattern, subscription));
    if (after === undefined || this.setting.execution === undefined) return subscription;
    subscription.behind = true;
    this.catchUp(subscription);
    return subscription;
  }

  /** Answers how many subscriptions it is for. `seq` is 0 unless the topic is an execution topic. */
  publish(topic: string, published: Published, seq: number, priority: number): number {
    if (seq > 0) this.newest = seq;
    const all = this.table.all(topic);
    let packed: Published | undefined;
    let event: BusEvent | undefined;
    for (const subscription of all) {
      if (subscription instanceof RemoteSubscription) {
        packed ??= 'value' in published ? whole(pack(published.value)) : published;
        if ('bytes' in packed)
          this.deliver(subscription, topic, seq, priority, packed.bytes, packed.start, packed.end);
      } else {
        event ??= { topic, seq, payload: 'value' in published ? published.value : valueOf(published) };
        this.hear(subscription, event);
      }
    }
    return all.length;
  }

  /** There is room again: tells what was lost, and goes on with who was left behind. */
  drained(subscription: RemoteSubscription): void {
    const { lost, link } = subscription;
    if (lost > 0) {
      subscription.lost = 0;
      link.send(kinds.dropped, priorities.high, subscription.id, 0, lost, '');
    }
    if (subscription.behind) this.catchUp(subscription);
  }

  private hear(listener: Listener, event: BusEvent): void {
    try {
      listener.event(event);
    } catch (thrown) {
      this.setting.log.error('a subscriber of the bus failed', {
        topic: event.topic,
        thrown: String(thrown),
      });
    }
  }

  private deliver(
    to: RemoteSubscription,
    topic: string,
    seq: number,
    priority: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const { link } = to;
    if (link.closed) return;
    if (seq > 0) {
      to.newest = seq;
      if (to.behind || seq <= to.last) return;
      this.keep(to, topic, seq, bytes, start, end);
      return;
    }
    const most = link.setting.limits.queuedMessages;
    for (;;) {
      const refused = link.refusal(topic, end - start);
      if (refused === undefined && to.lossy.queued < most) break;
      to.lost++;
      this.setting.counters.dropped++;
      // Its own oldest gives way; without one, this event does.
      if (refused === 'bus.tooLarge' || !link.outbox.dropOldest(to.lossy)) return;
    }
    link.send(kinds.event, priority, to.id, 0, 0, topic, bytes, start, end, to.lossy);
  }

  /** Sends an event that must not be lost, or leaves the subscription behind; false then. */
  private keep(
    to: RemoteSubscription,
    topic: string,
    seq: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    const { link } = to;
    const refused = link.refusal(topic, end - start);
    if (refused === 'bus.tooLarge') {
      // It could never come further.
      link.close('tooLarge');
      return false;
    }
    if (refused !== undefined || to.kept.queued >= link.setting.limits.queuedMessages) {
      to.behind = true;
      return false;
    }
    to.last = seq;
    // One priority for all of them keeps their order.
    link.send(kinds.event, priorities.high, to.id, 0, seq, topic, bytes, start, end, to.kept);
    return true;
  }

  private catchUp(subscription: RemoteSubscription): void {
    if (subscription.catching) {
      subscription.roomAgain = true;
      return;
    }
    subscription.catching = true;
    subscription.roomAgain = false;
    this.readAgain(subscription)
      .catch((thrown: unknown) => {
        this.setting.log.error('the events of a subscription could not be read again', {
          peer: subscription.link.name,
          pattern: subscription.pattern,
          thrown: String(thrown),
        });
        // Connecting again begins after what it has; going on here would lose what lies between.
        subscription.link.close('replay');
      })
      .finally(() => {
        subscription.catching = false;
        // There may have been room again before this was reached.
        if (subscription.roomAgain && subscription.behind) this.catchUp(subscription);
      });
  }

  private async readAgain(to: RemoteSubscription): Promise<void> {
    const { execution, counters, clock } = this.setting;
    if (execution === undefined) return;
    let empty = 0;
    while (!to.gone && !to.link.closed) {
      counters.replays++;
      const before = to.last;
      for (const event of await execution.replay(to.pattern, to.last, batch)) {
        if (to.gone || to.link.closed) return;
        if (event.seq <= to.last) continue;
        const packed = pack(event.payload);
        // Full again: whoever empties the queue calls.
        if (!this.keep(to, event.topic, event.seq, packed, 0, packed.length)) return;
        counters.replayed++;
      }
      const came = to.last > before;
      // Without anything published since it began, only an answer without events says that nothing is left.
      if (to.newest <= to.last && (to.newest > 0 || !came)) {
        to.behind = false;
        return;
      }
      if (came) {
        empty = 0;
        continue;
      }
      // Published, but not found: the source may be a moment late, but it must come.
      if (++empty > 10) throw problem('bus.replay', { pattern: to.pattern, seq: to.last });
      await clock.sleep(100);
    }
  }

  private counted(registered: Disposable): Disposable {
    this.count++;
    let gone = false;
    return {
      dispose: () => {
        if (gone) return;
        gone = true;
        this.count--;
        registered.dispose();
      },
    };
  }
}

/** How many events are read again at once. */
const batch = 256;

const whole = (bytes: Buffer) => ({ bytes, start: 0, end: bytes.length });
const valueOf = ({
  bytes,
  start,
  end,
}: {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}) => unpack(bytes, start, end);

/** The subscription of a connection and how far it is. */
export class RemoteSubscription implements Disposable {
  readonly lossy = emptyQueue();
  readonly kept = emptyQueue();
  /** Events lost and not told of yet. */
  lost = 0;
  /** Whether it has not got all execution events and must be given them from the source. */
  behind = false;
  catching = false;
  /** Whether its queue was emptied while it was catching up. */
  roomAgain = false;
  gone = false;
  /** The newest execution event that was published to it. */
  newest = 0;
  registered: Disposable | undefined;

  constructor(
    readonly link: Link,
    readonly id: number,
    readonly pattern: string,
    /** The sequence number of the last execution event that was sent to it. */
    public last: number,
  ) {}

  dispose(): void {
    this.gone = true;
    this.registered?.dispose();
    this.link.outbox.dropAll(this.lossy);
    this.link.outbox.dropAll(this.kept);
  }
}

function emptyQueue(): QueueOwner {
  return { waiting: new Deque<Waiting>(), queued: 0 };
}
