import type { Clock, Context, Random } from '../base';
import { Fault } from './faults';

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** First pause in milliseconds; it doubles with every try, up to 30 s, with half of it random. */
  readonly firstPauseMs: number;
}

/**
 * Runs `once` until it succeeds, its fault is not worth another try, or its tries are used up; then
 * throws the fault's problem. Pauses honour what the provider asked for.
 */
export async function withRetries<T>(
  ctx: Context,
  options: RetryOptions,
  once: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    ctx.signal.throwIfAborted();
    try {
      return await once(attempt);
    } catch (thrown) {
      ctx.signal.throwIfAborted();
      if (!(thrown instanceof Fault)) throw thrown;
      if (attempt >= thrown.retry.tries) throw thrown.toProblem(attempt);
      const pause = thrown.retry.afterMs ?? backoffMs(options, attempt);
      ctx.log.info('asking the model again', { code: thrown.code, attempt, pauseMs: Math.round(pause) });
      await options.clock.sleep(pause, ctx.signal);
    }
  }
}

function backoffMs({ random, firstPauseMs }: RetryOptions, attempt: number): number {
  const ceiling = Math.min(30_000, firstPauseMs * 2 ** (attempt - 1));
  return ceiling * (0.5 + random.next() / 2);
}
