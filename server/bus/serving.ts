import { problem } from '../base';
import type { IncomingCall } from './calls';
import { kinds, type Envelope } from './envelope';
import type { Link } from './link';
import { noPayload, pack, unpack } from './payload';
import { packProblem } from './remoteProblem';
import type { Call, Handler } from './types';

/** Lets a handler answer the request in `envelope`; whatever it does, there is one answer at most. */
export function serve(link: Link, envelope: Envelope, handler: Handler): void {
  const call = new ServedCall(link, envelope);
  link.incoming.set(call.correlation, call);
  call.run(handler, unpack(envelope.bytes, envelope.payloadStart, envelope.payloadEnd));
}

/** Lets a handler hear a notification; nobody hears of what it throws but the log. */
export function tell(link: Link, envelope: Envelope, handler: Handler): void {
  const { type, deadline } = envelope;
  const { log } = link.setting;
  hear(
    handler,
    unpack(envelope.bytes, envelope.payloadStart, envelope.payloadEnd),
    heard(type, link.name, deadline),
    (thrown) =>
      log.warn('a handler of a notification failed', { type, peer: link.name, thrown: String(thrown) }),
  );
}

/** Calls a handler for its effect alone. */
export function hear(
  handler: Handler,
  payload: unknown,
  call: Call,
  failed: (thrown: unknown) => void,
): void {
  try {
    const result = handler(payload, call);
    if (isThenable(result)) result.then(undefined, failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** A call that nothing aborts. */
export const heard = (type: string, from: string, deadlineMs: number): Call => ({
  type,
  from,
  deadlineMs,
  get signal() {
    return new AbortController().signal;
  },
});

export const isThenable = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { readonly then?: unknown }).then === 'function';

export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

class ServedCall implements IncomingCall, Call {
  readonly type: string;
  readonly correlation: number;
  readonly deadlineMs: number;
  private readonly priority: number;
  private left: number;
  private readonly wantsStream: boolean;
  private aborter: AbortController | undefined;
  private over = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly link: Link,
    envelope: Envelope,
  ) {
    this.type = envelope.type;
    this.correlation = envelope.correlation;
    this.deadlineMs = envelope.deadline;
    this.priority = envelope.priority;
    this.wantsStream = envelope.count > 0;
    this.left = envelope.count;
  }

  get from(): string {
    return this.link.name;
  }

  /** Made when it is first asked for: most handlers never do, and it costs more than the rest of a small call. */
  get signal(): AbortSignal {
    this.aborter ??= new AbortController();
    if (this.over) this.aborter.abort(problem('cancelled'));
    return this.aborter.signal;
  }

  run(handler: Handler, payload: unknown): void {
    try {
      const result = handler(payload, this);
      if (isThenable(result))
        result.then(
          (value) => this.settle(value),
          (thrown) => this.fail(thrown),
        );
      else this.settle(result);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  credit(count: number): void {
    this.left += count;
    this.wake?.();
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.forget();
    this.aborter?.abort(problem('cancelled'));
    this.wake?.();
  }

  private settle(value: unknown): void {
    if (!isStream(value)) return this.answer(value);
    if (!this.wantsStream) return this.fail(problem('bus.stream', { type: this.type }));
    this.pump(value).then(
      () => this.answer(undefined),
      (thrown) => this.fail(thrown),
    );
  }

  /** Sends one value for each credit; a consumer that is gone ends the loop, so that the source can clean up. */
  private async pump(source: AsyncIterable<unknown>): Promise<void> {
    for await (const value of source) {
      while (this.left === 0 && !this.over) await new Promise<void>((resolve) => (this.wake = resolve));
      if (this.over) return;
      this.left--;
      this.send(kinds.data, pack(value));
    }
  }

  private answer(value: unknown): void {
    if (this.over) return;
    let packed: Buffer;
    try {
      packed = value === undefined ? noPayload : pack(value);
    } catch (thrown) {
      return this.fail(thrown);
    }
    this.finish(kinds.reply, packed);
  }

  private fail(thrown: unknown): void {
    if (!this.over) this.finish(kinds.error, packProblem(thrown));
  }

  private finish(kind: typeof kinds.reply | typeof kinds.error, packed: Buffer): void {
    this.over = true;
    this.forget();
    this.send(kind, packed);
  }

  private send(kind: typeof kinds.reply | typeof kinds.error | typeof kinds.data, packed: Buffer): void {
    answerOver(this.link, kind, this.priority, this.correlation, packed);
  }

  private forget(): void {
    if (this.link.incoming.get(this.correlation) === this) this.link.incoming.delete(this.correlation);
  }
}

/**
 * Sends an answer. One for which there is no room becomes an error, and a stream goes no further; who asks on without
 * reading even those is closed.
 */
export function answerOver(
  link: Link,
  kind: typeof kinds.reply | typeof kinds.error | typeof kinds.data,
  priority: number,
  correlation: number,
  payload: Buffer,
  start = 0,
  end = payload.length,
): void {
  const refused = link.refusal('', end - start);
  if (refused === undefined) return link.send(kind, priority, correlation, 0, 0, '', payload, start, end);
  if (refused === 'bus.full' && kind === kinds.error) return link.violate('unread');
  link.incoming.get(correlation)?.cancel();
  link.setting.counters.refused++;
  const why = packProblem(problem(refused, { type: 'reply', peer: link.name, reason: 'closed' }));
  if (link.outbox.bytes > link.setting.limits.queuedBytes + errorsBytes) return link.violate('unread');
  link.send(kinds.error, priority, correlation, 0, 0, '', why);
}

/** How much of errors may wait when nothing else may. */
const errorsBytes = 256 * 1024;
