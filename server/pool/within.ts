import { problem, type Clock, type Context } from '../base';

/**
 * Does work that may take `ms` milliseconds; then its signal is aborted and `pool.slow` is thrown, whether it
 * listens or not.
 */
export async function within<T>(
  ctx: Context,
  clock: Clock,
  ms: number,
  what: string,
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  ctx.signal.throwIfAborted();
  const over = new AbortController();
  const slow = problem('pool.slow', { resource: what, ms });
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  const late = clock.sleep(ms, signal).then(
    () => {
      throw slow;
    },
    () => {
      throw ctx.signal.aborted ? (ctx.signal.reason as Error) : slow;
    },
  );
  late.catch(() => undefined);
  const done = new AbortController();
  try {
    return await Promise.race([
      late,
      work({ signal: AbortSignal.any([ctx.signal, done.signal]), log: ctx.log }),
    ]);
  } catch (thrown) {
    if (thrown === slow) done.abort(slow);
    throw thrown;
  } finally {
    over.abort();
  }
}
