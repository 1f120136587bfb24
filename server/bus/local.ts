import { problem, type Clock, type Context } from '../base';
import { timing } from './limits';
import { isStream, isThenable } from './serving';
import { hostName, type Handler, type RequestOptions } from './types';

/** Asks a handler of this process: the same promises as over a connection, without one. */
export async function askLocal(
  ctx: Context,
  clock: Clock,
  handler: Handler,
  type: string,
  payload: unknown,
  { timeoutMs = timing.requestMs }: RequestOptions,
): Promise<unknown> {
  ctx.signal.throwIfAborted();
  const over = new AbortController();
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  try {
    const result = handler(payload, { type, from: hostName, deadlineMs: timeoutMs, signal });
    if (isStream(result)) throw problem('bus.stream', { type });
    if (!isThenable(result)) return result;
    // A late failure is nobody's any more.
    result.catch(() => undefined);
    const late = clock.sleep(timeoutMs, signal).then(
      () => Promise.reject(problem('bus.timeout', { type, milliseconds: timeoutMs })),
      () => Promise.reject(problem('cancelled')),
    );
    return await Promise.race([result, late]);
  } finally {
    over.abort();
  }
}

/** A stream of a handler of this process. */
export async function* streamLocal(
  ctx: Context,
  handler: Handler,
  type: string,
  payload: unknown,
): AsyncGenerator<unknown, void, undefined> {
  ctx.signal.throwIfAborted();
  const over = new AbortController();
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  try {
    const result = await handler(payload, { type, from: hostName, deadlineMs: 0, signal });
    if (!isStream(result)) {
      if (result !== undefined) yield result;
      return;
    }
    for await (const value of result) {
      signal.throwIfAborted();
      yield value;
    }
  } finally {
    over.abort();
  }
}
