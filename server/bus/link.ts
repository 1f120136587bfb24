import type { Duplex } from 'node:stream';
import { problem, type Clock, type Log } from '../base';
import type { Code } from '../../schemas/codes';
import { Alarm } from './alarm';
import type { IncomingCall, OutgoingCall } from './calls';
import { Correlations } from './correlations';
import type { Counters } from './counters';
import { kinds, priorities, roomFor, type Envelope, type Kind } from './envelope';
import { Health } from './health';
import { Inlet } from './inlet';
import type { PeerLimits } from './limits';
import type { Outbox, QueueOwner } from './outbox';
import { Outlet } from './outlet';
import { noPayload, pack } from './payload';
import { packProblem } from './remoteProblem';
import type { PeerStats } from './types';

/** Who decides what the messages of a link mean. */
export interface LinkOwner {
  /** Requests, notifications, events, and what announces handlers and subscriptions. */
  onMessage(link: Link, envelope: Envelope): void;
  /** There is room again after there was none. */
  onDrained(link: Link): void;
  onClosed(link: Link, reason: string): void;
}

export interface LinkSetting {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: PeerLimits;
  readonly counters: Counters;
}

/**
 * One connection: bytes in, envelopes out to its owner, and what waits to be written. Whatever comes, it
 * neither throws nor grows; who breaks the rules is closed with a code that says which.
 */
export class Link {
  readonly outgoing = new Correlations<OutgoingCall>();
  readonly incoming = new Map<number, IncomingCall>();
  private readonly outlet: Outlet;
  readonly health: Health;
  private readonly inlet: Inlet;
  private readonly deadlines: Alarm;
  private readonly resting: Alarm;
  private isClosed = false;

  constructor(
    private readonly stream: Duplex,
    private readonly owner: LinkOwner,
    readonly setting: LinkSetting,
  ) {
    const { clock, limits } = setting;
    const now = clock.monotonic();
    this.health = new Health(now);
    this.inlet = new Inlet(limits, now, (envelope) => this.handled(envelope));
    this.outlet = new Outlet(
      ...([stream, clock, setting.counters] as const),
      () => this.isClosed || owner.onDrained(this),
      (thrown) => this.failed(thrown),
    );
    this.deadlines = new Alarm(clock, () => this.expire());
    this.resting = new Alarm(clock, () => this.stream.resume());
    stream.on('error', () => this.end('lost'));
    stream.on('end', () => this.end('ended'));
    stream.on('close', () => this.end('lost'));
    stream.on('data', (chunk: Buffer) => this.read(chunk));
    if (stream.destroyed || stream.readableEnded) queueMicrotask(() => this.end('lost'));
  }

  get name(): string {
    return this.setting.name;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** What waits to be written. */
  get outbox(): Outbox {
    return this.outlet.outbox;
  }

  /** Whether what is sent now goes without delay. */
  get idle(): boolean {
    return this.outlet.idle;
  }

  stats(): PeerStats {
    return {
      name: this.name,
      health: this.health.state,
      roundTripMs: this.health.roundTrips.at(-1),
      waiting: this.outbox.count,
      waitingBytes: this.outbox.bytes,
      requestsOpen: this.incoming.size,
    };
  }

  /** Why a message of this size cannot be sent now; undefined when it can. */
  refusal(type: string, payloadBytes: number): Code | undefined {
    const { limits } = this.setting;
    if (this.isClosed) return 'bus.closed';
    if (roomFor(type, payloadBytes) > limits.messageBytes) return 'bus.tooLarge';
    if (this.outbox.bytes + payloadBytes > limits.queuedBytes || this.outbox.unowned >= mostUnowned)
      return 'bus.full';
    return undefined;
  }

  /** Queues a message; it goes at the end of this turn, with the others. */
  send(
    kind: Kind,
    priority: number,
    correlation: number,
    deadline: number,
    count: number,
    type: string,
    payload: Buffer = noPayload,
    payloadStart = 0,
    payloadEnd = payload.length,
    owner?: QueueOwner,
  ): void {
    if (this.isClosed) return;
    // prettier-ignore
    this.outlet.add(
      kind, priority, correlation, deadline, count, type, payload, payloadStart, payloadEnd, owner,
    );
  }

  /** Begins a request that `send` is about to carry, and answers its number. */
  begin(call: OutgoingCall): number {
    if (call.due !== Infinity) this.deadlines.set(call.due);
    return this.outgoing.begin(call);
  }

  /** Gives up a request and tells the other side. */
  giveUp(correlation: number): void {
    const call = this.outgoing.giveUp(correlation, this.setting.clock.monotonic());
    if (call === undefined) return;
    this.setting.counters.cancelled++;
    this.send(kinds.cancel, call.priority, correlation, 0, 0, '');
  }

  /** Once a second: health, and who stalls. */
  tick(now: number): void {
    if (this.isClosed) return;
    const { limits } = this.setting;
    if (this.inlet.isSlow(now)) return this.violate('frame.slow');
    if (this.outlet.isStalled(now, limits.stallMs)) return this.violate('stalled');
    const wish = this.health.tick(now);
    if (wish !== undefined) this.send(kinds.ping, priorities.critical, wish.ping, 0, 0, '');
    this.outgoing.expire(now).forEach((due) => this.expireOne(...due));
  }

  /** Ends a connection that broke a rule. */
  violate(code: string): void {
    if (this.isClosed) return;
    const { violations } = this.setting.counters;
    violations[code] = (violations[code] ?? 0) + 1;
    this.setting.log.warn('closed a connection of the bus that broke a rule', { peer: this.name, code });
    this.close(code);
  }

  /** Says why, ends the stream, and lets all who wait on it know at once. */
  close(reason: string): void {
    if (this.isClosed) return;
    this.send(kinds.bye, priorities.critical, 0, 0, 0, '', pack({ code: reason }));
    this.guard(() => this.outlet.write());
    this.end(reason);
  }

  private end(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.deadlines.clear();
    this.resting.clear();
    const { stream } = this;
    stream.removeAllListeners('data');
    stream.resume();
    this.outlet.end();
    const why = problem('bus.closed', { peer: this.name, reason });
    for (const call of this.outgoing.clear()) this.guard(() => call.gone(why));
    for (const call of [...this.incoming.values()]) this.guard(() => call.cancel());
    this.incoming.clear();
    this.guard(() => this.owner.onClosed(this, reason));
  }

  private read(chunk: Buffer): void {
    if (this.isClosed) return;
    const { clock, counters } = this.setting;
    const now = clock.monotonic();
    counters.receivedBytes += chunk.length;
    const fault = this.inlet.read(chunk, now);
    counters.received += this.inlet.messages;
    if (fault !== undefined) return this.violate(fault);
    const rest = this.inlet.rest(now);
    if (rest === 0 || this.isClosed) return;
    counters.throttled++;
    this.stream.pause();
    this.resting.set(now + rest);
  }

  /** Whether to go on after this message. */
  private handled(envelope: Envelope): boolean {
    try {
      this.dispatch(envelope);
    } catch (thrown) {
      const facts = { peer: this.name, thrown: String(thrown) };
      this.setting.log.error('a message of the bus could not be handled', facts);
      this.violate('internal');
    }
    return !this.isClosed;
  }

  private dispatch(envelope: Envelope): void {
    const { correlation } = envelope;
    switch (envelope.kind) {
      case kinds.reply: {
        const call = this.outgoing.settle(correlation);
        return call === undefined ? this.stray(correlation) : call.reply(envelope);
      }
      case kinds.error: {
        const call = this.outgoing.settle(correlation);
        return call === undefined ? this.stray(correlation) : call.error(envelope);
      }
      case kinds.data: {
        const call = this.outgoing.find(correlation);
        if (call !== undefined) return call.data(envelope) ? undefined : this.violate('stream.credit');
        return this.outgoing.wasGivenUp(correlation) ? undefined : this.stray(correlation);
      }
      case kinds.credit:
        return this.incoming.get(correlation)?.credit(envelope.count);
      case kinds.cancel:
        return this.incoming.get(correlation)?.cancel();
      case kinds.ping:
        return this.send(kinds.pong, priorities.critical, correlation, 0, 0, '');
      case kinds.pong:
        return this.health.answered(correlation, this.setting.clock.monotonic());
      case kinds.bye:
        return this.end('ended');
      case kinds.request:
        if (envelope.type === '') return this.violate('envelope.type');
        if (this.incoming.has(correlation)) return this.violate('request.repeated');
        if (this.isOver(envelope)) return;
        return this.owner.onMessage(this, envelope);
      default:
        return this.owner.onMessage(this, envelope);
    }
  }

  /** A request that waited longer than its answer is of use is not handled; whoever asked has given up. */
  private isOver({ deadline, time, type, correlation }: Envelope): boolean {
    const { clock, counters } = this.setting;
    if (deadline === 0 || clock.now() - time <= deadline) return false;
    counters.timeouts++;
    const why = packProblem(problem('bus.timeout', { type, milliseconds: deadline }));
    this.send(kinds.error, priorities.low, correlation, 0, 0, '', why);
    return true;
  }

  /** A reply nobody waits for: late and double ones are counted, one to no request ends the connection. */
  private stray(correlation: number): void {
    const stray = this.outgoing.stray(correlation);
    if (stray === 'late') this.setting.counters.repliesLate++;
    else if (stray === 'double') this.setting.counters.repliesDouble++;
    else this.violate('reply.unasked');
  }

  private expire(): void {
    const now = this.setting.clock.monotonic();
    for (const due of this.outgoing.expire(now)) this.expireOne(...due);
    // At most every few milliseconds, however many deadlines there are.
    this.deadlines.set(Math.max(this.outgoing.nextDue(), now + deadlineGrainMs));
  }

  private expireOne(correlation: number, call: OutgoingCall): void {
    this.setting.counters.timeouts++;
    this.send(kinds.cancel, call.priority, correlation, 0, 0, '');
    this.guard(() => call.expired());
  }

  /** What others do in answer to the link must not end it half way. */
  private guard(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  private failed(thrown: unknown): void {
    this.setting.log.error('a listener of the bus failed', { peer: this.name, thrown: String(thrown) });
  }
}

/** Messages that belong to no subscription: more than a chunk of the smallest requests, answered at once, makes. */
const mostUnowned = 8192;
const deadlineGrainMs = 4;
