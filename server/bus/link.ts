import type { Duplex } from 'node:stream';
import { problem, type Clock, type Log, type ProblemError } from '../base';
import type { Code } from '../../schemas/codes';
import { Alarm } from './alarm';
import { Correlations } from './correlations';
import type { Counters } from './counters';
import { Envelope, kinds, Names, priorities, readEnvelope, roomFor, type Kind } from './envelope';
import { FrameSplitter } from './frames';
import { Health } from './health';
import type { PeerLimits } from './limits';
import { Outbox, type QueueOwner } from './outbox';
import { noPayload, pack } from './payload';
import { TokenBucket } from './tokenBucket';

/** A request this side made and that is not answered yet. What is shown in an envelope is valid during the call alone. */
export interface OutgoingCall {
  /** On the monotonic clock; Infinity for none. */
  readonly due: number;
  reply(envelope: Envelope): void;
  error(envelope: Envelope): void;
  /** A value of a stream; false when nobody gave credit for it. */
  data(envelope: Envelope): boolean;
  /** Given up because its time is over; the other side is told by the link. */
  expired(): void;
  /** Given up because the connection ended. */
  gone(why: ProblemError): void;
}

/** A request the other side made and that is not answered yet. */
export interface IncomingCall {
  cancel(): void;
  credit(count: number): void;
}

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
  readonly outbox = new Outbox();
  readonly health: Health;
  private readonly envelope = new Envelope();
  private readonly names = new Names();
  private readonly splitter: FrameSplitter;
  private readonly bucket: TokenBucket;
  private readonly deadlines: Alarm;
  private readonly resting: Alarm;
  private isClosed = false;
  private flushing = false;
  private turn = 0;
  private blockedSince = -1;
  private withinSince = -1;
  private frames = 0;

  constructor(
    private readonly stream: Duplex,
    private readonly owner: LinkOwner,
    readonly setting: LinkSetting,
  ) {
    const { clock, limits } = setting;
    const now = clock.monotonic();
    this.health = new Health(now);
    this.splitter = new FrameSplitter(limits.messageBytes);
    this.bucket = new TokenBucket(limits.messagesPerSecond, limits.burst, now);
    this.deadlines = new Alarm(clock, () => this.expire());
    this.resting = new Alarm(clock, () => this.stream.resume());
    stream.on('error', () => this.end('lost'));
    stream.on('end', () => this.end('ended'));
    stream.on('close', () => this.end('lost'));
    stream.on('drain', () => this.unblock());
    stream.on('data', (chunk: Buffer) => this.read(chunk));
    if (stream.destroyed || stream.readableEnded) queueMicrotask(() => this.end('lost'));
  }

  get name(): string {
    return this.setting.name;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Whether more can be taken in without delay. */
  get idle(): boolean {
    return this.blockedSince < 0 && this.outbox.count === 0;
  }

  /** Why a message of this size cannot be sent now; undefined when it can. */
  refusal(type: string, payloadBytes: number): Code | undefined {
    const { limits } = this.setting;
    const { outbox } = this;
    if (this.isClosed) return 'bus.closed';
    if (roomFor(type, payloadBytes) > limits.messageBytes) return 'bus.tooLarge';
    if (outbox.bytes + payloadBytes > limits.queuedBytes || outbox.unowned >= limits.queuedMessages * 8)
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
    const { clock, counters } = this.setting;
    if (!this.flushing) {
      this.turn = clock.monotonic();
      if (this.blockedSince < 0) {
        this.flushing = true;
        queueMicrotask(this.flush);
      }
    }
    counters.sent++;
    // prettier-ignore
    this.outbox.add(
      kind, priority, correlation, clock.now(), deadline, count, type,
      payload, payloadStart, payloadEnd, this.turn, owner,
    );
  }

  /** Begins a request that `send` is about to carry, and answers its number. */
  begin(call: OutgoingCall): number {
    if (call.due !== Infinity) this.deadlines.set(call.due);
    return this.outgoing.begin(call);
  }

  /** Gives up a request and tells the other side. */
  giveUp(correlation: number): void {
    if (this.outgoing.giveUp(correlation, this.setting.clock.monotonic()) === undefined) return;
    this.setting.counters.cancelled++;
    this.send(kinds.cancel, priorities.high, correlation, 0, 0, '');
  }

  /** Once a second: health, and who stalls. */
  tick(now: number): void {
    if (this.isClosed) return;
    const { limits } = this.setting;
    if (this.withinSince >= 0 && now - this.withinSince > limits.stallMs) return this.violate('frame.slow');
    if (this.blockedSince >= 0 && now - this.blockedSince > limits.stallMs) return this.violate('stalled');
    const wish = this.health.tick(now);
    if (wish !== undefined) this.send(kinds.ping, priorities.critical, wish.ping, 0, 0, '');
    this.outgoing.expire(now).forEach((due) => this.expireOne(...due));
  }

  /** Ends a connection that broke a rule. */
  violate(code: string): void {
    if (this.isClosed) return;
    this.setting.counters.violation(code);
    this.setting.log.warn('closed a connection of the bus that broke a rule', { peer: this.name, code });
    this.close(code);
  }

  /** Says why, ends the stream, and lets all who wait on it know at once. */
  close(reason: string): void {
    if (this.isClosed) return;
    this.send(kinds.bye, priorities.critical, 0, 0, 0, '', pack({ code: reason }));
    this.write();
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
    stream.end();
    // One who does not read its end is not waited for.
    const farewell = new AbortController();
    stream.once('close', () => farewell.abort());
    this.setting.clock.sleep(farewellMs, farewell.signal).then(
      () => stream.destroy(),
      () => undefined,
    );
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
    this.frames = 0;
    const fault = this.splitter.push(chunk, this.sink);
    counters.received += this.frames;
    if (fault !== undefined) return this.violate(fault);
    if (!this.splitter.within) this.withinSince = -1;
    else if (this.frames > 0 || this.withinSince < 0) this.withinSince = now;
    const rest = this.bucket.take(this.frames, now);
    if (rest === 0 || this.isClosed) return;
    counters.throttled++;
    this.stream.pause();
    this.resting.set(now + rest);
  }

  private readonly sink = (bytes: Buffer, start: number, end: number): boolean => {
    this.frames++;
    const { envelope } = this;
    const fault = readEnvelope(bytes, start, end, envelope, this.names);
    if (fault !== undefined) this.violate(fault);
    else
      try {
        this.dispatch(envelope);
      } catch (thrown) {
        this.setting.log.error('a message of the bus could not be handled', {
          peer: this.name,
          thrown: String(thrown),
        });
        this.violate('internal');
      }
    return !this.isClosed;
  };

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
        return this.owner.onMessage(this, envelope);
      default:
        return this.owner.onMessage(this, envelope);
    }
  }

  /** A reply nobody waits for: late and double ones are counted, one to no request ends the connection. */
  private stray(correlation: number): void {
    const stray = this.outgoing.stray(correlation);
    if (stray === 'late') this.setting.counters.repliesLate++;
    else if (stray === 'double') this.setting.counters.repliesDouble++;
    else this.violate('reply.unasked');
  }

  private readonly flush = (): void => {
    this.flushing = false;
    if (this.isClosed || this.blockedSince >= 0) return;
    this.guard(() => this.write());
  };

  private write(): void {
    const { stream, outbox } = this;
    while (outbox.count > 0 && this.blockedSince < 0 && stream.writable) {
      const pieces = outbox.take(this.turn, bytesAtOnce);
      let room = true;
      if (pieces.length > 1) stream.cork();
      for (const piece of pieces) {
        this.setting.counters.sentBytes += piece.length;
        room = stream.write(piece);
      }
      if (pieces.length > 1) stream.uncork();
      if (!room) this.blockedSince = this.setting.clock.monotonic();
    }
    if (outbox.count === 0) this.owner.onDrained(this);
  }

  private unblock(): void {
    this.blockedSince = -1;
    this.turn = this.setting.clock.monotonic();
    this.flush();
  }

  private expire(): void {
    const now = this.setting.clock.monotonic();
    for (const due of this.outgoing.expire(now)) this.expireOne(...due);
    // At most every few milliseconds, however many deadlines there are.
    this.deadlines.set(Math.max(this.outgoing.nextDue(), now + deadlineGrainMs));
  }

  private expireOne(correlation: number, call: OutgoingCall): void {
    this.setting.counters.timeouts++;
    this.send(kinds.cancel, priorities.high, correlation, 0, 0, '');
    this.guard(() => call.expired());
  }

  /** What others do in answer to the link must not end it half way. */
  private guard(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.setting.log.error('a listener of the bus failed', { peer: this.name, thrown: String(thrown) });
    }
  }
}

const bytesAtOnce = 256 * 1024;
const farewellMs = 500;
const deadlineGrainMs = 4;
