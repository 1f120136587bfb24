import { toDisposable, type Clock, type Disposable } from '../base';

/**
 * Calls `onIdle` once when `quiet` has held for `idleMs` without interruption. It looks at a fraction
 * of that time, so it may be late by a quarter and is never early.
 */
export function watchIdle(
  clock: Clock,
  idleMs: number,
  quiet: () => boolean,
  onIdle: () => void,
): Disposable {
  let since = clock.monotonic();
  const timer = setInterval(
    () => {
      if (!quiet()) since = clock.monotonic();
      else if (clock.monotonic() - since >= idleMs) {
        clearInterval(timer);
        onIdle();
      }
    },
    Math.min(Math.max(idleMs / 4, 10), 30_000),
  );
  return toDisposable(() => clearInterval(timer));
}
