import { problem, type Context, type ProblemError } from '../base';
import type { OutgoingCall } from './calls';
import { kinds, priorities, type Envelope } from './envelope';
import { timing } from './limits';
import type { Link } from './link';
import { pack, unpack } from './payload';
import { readProblem } from './remoteProblem';
import type { RequestOptions, StreamOptions } from './types';

/** Makes a request over a link. */
export function ask(
  ctx: Context,
  link: Link,
  type: string,
  payload: unknown,
  options: RequestOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const packed = pack(payload);
    const timeoutMs = options.timeoutMs ?? timing.requestMs;
    const { signal } = ctx;
    signal.throwIfAborted();
    const refused = link.refusal(type, packed.length);
    if (refused !== undefined) throw problem(refused, { peer: link.name, type, reason: 'closed' });
    const settled = () => signal.removeEventListener('abort', onAbort);
    const priority = priorities[options.priority ?? 'normal'];
    const call: OutgoingCall = {
      priority,
      due: link.setting.clock.monotonic() + timeoutMs,
      reply(envelope) {
        settled();
        resolve(unpack(envelope.bytes, envelope.payloadStart, envelope.payloadEnd));
      },
      error(envelope) {
        settled();
        reject(readProblem(envelope, link.name));
      },
      // Nobody gave credit.
      data: () => false,
      expired() {
        settled();
        reject(problem('bus.timeout', { type, milliseconds: timeoutMs }));
      },
      gone(why) {
        settled();
        reject(why);
      },
    };
    const correlation = link.begin(call);
    const onAbort = () => {
      link.giveUp(correlation);
      reject(reasonOf(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    link.send(kinds.request, priority, correlation, timeoutMs, 0, type, packed);
  });
}

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : problem('cancelled');

/** How many values may come ahead unless somebody says otherwise. */
const usualCredit = 64;

/** Makes a request for a stream over the link `linkNow` gives, once somebody begins to read. */
export async function* askStream(
  ctx: Context,
  linkNow: () => Link,
  type: string,
  payload: unknown,
  options: StreamOptions,
): AsyncGenerator<unknown, void, undefined> {
  ctx.signal.throwIfAborted();
  const packed = pack(payload);
  const link = linkNow();
  const refused = link.refusal(type, packed.length);
  if (refused !== undefined) throw problem(refused, { peer: link.name, type, reason: 'closed' });
  const credit = Math.max(1, Math.min(options.credit ?? usualCredit, link.setting.limits.credit));
  const priority = priorities[options.priority ?? 'normal'];
  const call = new StreamCall(credit, link.name, priority);
  const correlation = link.begin(call);
  link.send(kinds.request, priority, correlation, 0, credit, type, packed);
  const onAbort = () => call.fail(reasonOf(ctx.signal));
  ctx.signal.addEventListener('abort', onAbort, { once: true });
  try {
    let owed = 0;
    while (await call.available()) {
      yield call.values.shift();
      call.room++;
      if (++owed * 2 < credit) continue;
      link.send(kinds.credit, priority, correlation, 0, owed, '');
      call.allowed += owed;
      owed = 0;
    }
  } finally {
    ctx.signal.removeEventListener('abort', onAbort);
    link.giveUp(correlation);
  }
}

/** The values of a stream that have come and nobody has looked at; never more than credit was given for. */
class StreamCall implements OutgoingCall {
  readonly due = Infinity;
  readonly values: unknown[] = [];
  room = 0;
  private over = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(
    public allowed: number,
    private readonly from: string,
    readonly priority: number,
  ) {}

  /** Whether there is a value; waits for one or the end. What came before a failure is shown first. */
  async available(): Promise<boolean> {
    while (this.values.length === 0 && !this.over)
      await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.values.length === 0 && this.failure !== undefined) throw this.failure;
    return this.values.length > 0;
  }

  data(envelope: Envelope): boolean {
    if (this.allowed <= 0) return false;
    this.allowed--;
    this.add(envelope);
    return true;
  }

  /** The reply ends the stream; a handler that had one value to give gives it here. */
  reply(envelope: Envelope): void {
    if (envelope.payloadEnd - envelope.payloadStart > 1) this.add(envelope);
    this.finish();
  }

  error(envelope: Envelope): void {
    this.fail(readProblem(envelope, this.from));
  }

  expired(): void {
    this.finish();
  }

  gone(why: ProblemError): void {
    this.fail(why);
  }

  fail(failure: Error): void {
    this.failure ??= failure;
    this.finish();
  }

  private add({ bytes, payloadStart, payloadEnd }: Envelope): void {
    this.values.push(unpack(bytes, payloadStart, payloadEnd));
    this.wake?.();
  }

  private finish(): void {
    this.over = true;
    this.wake?.();
  }
}
