import type { ProblemError } from '../base';
import type { Envelope } from './envelope';

/** A request this side made and that is not answered yet. What is shown in an envelope is valid during the call alone. */
export interface OutgoingCall {
  /** Everything about a request goes with one priority, or its cancellation could overtake it. */
  readonly priority: number;
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
