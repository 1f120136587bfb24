import { waitParams } from '../../schemas/journal/controls';
import { problem, type Clock } from '../base';
import type { Performer } from '../engine';
import { paramsOf } from './params';

const minute = 60_000;
/** Sleeps are no longer than this: a clock that was set or a computer that slept is noticed after it. */
const longestSleepMs = 30_000;

/**
 * Time passes. The end is fixed once, so that a restart waits only for what is left. A moment is waited for by the
 * clock on the wall. A number of minutes is over when either clock says so: the wall's while the computer or the
 * program slept, the steady one when the wall's was set back.
 */
export const waitPerformer =
  (clock: Clock): Performer =>
  async (ctx) => {
    const { minutes, until } = paramsOf(ctx, waitParams);
    const end = await ctx.step('until', async () => endOf(clock, minutes, until, ctx.node, ctx.run));
    const began = clock.monotonic();
    const most = minutes === undefined ? Infinity : Math.min(minutes * minute, end - clock.now());
    for (;;) {
      const left = Math.min(end - clock.now(), most - (clock.monotonic() - began));
      if (left <= 0) return {};
      ctx.progress(new Date(end).toISOString(), { until: end, leftMs: Math.ceil(left) });
      await clock.sleep(Math.min(left, longestSleepMs), ctx.signal);
    }
  };

/** Milliseconds since the epoch. */
function endOf(
  clock: Clock,
  minutes: number | undefined,
  until: string | undefined,
  node: string,
  run: string,
): number {
  const end = minutes === undefined ? Date.parse(until ?? '') : clock.now() + minutes * minute;
  if (Number.isFinite(end)) return end;
  const detail = 'it says neither how many minutes nor until when';
  throw problem('workflow.malformed', { title: run, place: `${node}.params`, detail });
}
