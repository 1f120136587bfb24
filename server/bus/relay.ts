import { problem, type ProblemError } from '../base';
import type { IncomingCall, OutgoingCall } from './calls';
import { kinds, type Envelope } from './envelope';
import { timing } from './limits';
import type { Link } from './link';
import { packProblem } from './remoteProblem';
import { answerOver } from './serving';

/** Passes a request on to another connection without decoding its payload. The caller has checked that there is room. */
export function relay(origin: Link, envelope: Envelope, target: Link): void {
  const relayed = new Relay(origin, envelope, target);
  origin.incoming.set(envelope.correlation, relayed);
  const { priority, deadline, count, type, bytes, payloadStart, payloadEnd } = envelope;
  const correlation = (relayed.correlation = target.begin(relayed));
  // prettier-ignore
  target.send(
    kinds.request, priority, correlation, deadline, count, type, bytes, payloadStart, payloadEnd,
  );
}

/** A request between two connections: towards the target it is outgoing, towards the origin incoming. */
class Relay implements OutgoingCall, IncomingCall {
  readonly due: number;
  correlation = 0;
  private readonly asked: number;
  readonly priority: number;
  private readonly type: string;
  private readonly deadline: number;
  private left: number;

  constructor(
    private readonly origin: Link,
    envelope: Envelope,
    private readonly target: Link,
  ) {
    this.asked = envelope.correlation;
    this.priority = envelope.priority;
    this.type = envelope.type;
    this.deadline = envelope.deadline;
    this.left = envelope.count;
    const isStream = envelope.count > 0;
    const wait = envelope.deadline > 0 ? envelope.deadline : isStream ? Infinity : timing.requestMs;
    this.due = origin.setting.clock.monotonic() + wait;
  }

  reply(envelope: Envelope): void {
    this.pass(kinds.reply, envelope);
  }

  error(envelope: Envelope): void {
    this.pass(kinds.error, envelope);
  }

  data({ bytes, payloadStart, payloadEnd }: Envelope): boolean {
    if (this.left <= 0) return false;
    this.left--;
    answerOver(this.origin, kinds.data, this.priority, this.asked, bytes, payloadStart, payloadEnd);
    return true;
  }

  expired(): void {
    this.fail(problem('bus.timeout', { type: this.type, milliseconds: this.deadline || timing.requestMs }));
  }

  gone(why: ProblemError): void {
    this.fail(why);
  }

  cancel(): void {
    this.forget();
    this.target.giveUp(this.correlation);
  }

  credit(count: number): void {
    this.left += count;
    this.target.send(kinds.credit, this.priority, this.correlation, 0, count, '');
  }

  private pass(kind: typeof kinds.reply | typeof kinds.error, envelope: Envelope): void {
    this.forget();
    const { bytes, payloadStart, payloadEnd } = envelope;
    answerOver(this.origin, kind, this.priority, this.asked, bytes, payloadStart, payloadEnd);
  }

  private fail(why: ProblemError): void {
    this.forget();
    answerOver(this.origin, kinds.error, this.priority, this.asked, packProblem(why));
  }

  private forget(): void {
    if (this.origin.incoming.get(this.asked) === this) this.origin.incoming.delete(this.asked);
  }
}
