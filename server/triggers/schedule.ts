import { Cron } from 'croner';

/** When a schedule of five fields is due, in milliseconds since the epoch. */
export interface Schedule {
  /** The first due moment after `after`; undefined when there is none any more. */
  next(after: number): number | undefined;
}

export type ScheduleFault =
  { readonly fault: 'zone' | 'never' } | { readonly fault: 'schedule'; readonly detail: string };

/**
 * Reads a schedule in an IANA time zone. Where clocks are set forward, a fixed time that does not exist is
 * due at the moment of the change; where they are set back, it is due once, and only a schedule with `*` or
 * a step in hour or minute goes on through both hours. A day and a weekday together mean either, as ever in cron.
 */
export function openSchedule(schedule: string, zone = 'UTC'): Schedule | ScheduleFault {
  if (!isZone(zone)) return { fault: 'zone' };
  let cron: Cron;
  try {
    cron = new Cron(schedule.trim(), {
      timezone: zone,
      mode: '5-part',
      paused: true,
      // “5/15” is what people write for “5-59/15”.
      sloppyRanges: true,
      fixedTimeRule: 'no-wildcard',
    });
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message.replace(/^CronPattern: /, '') : String(thrown);
    return { fault: 'schedule', detail };
  }
  const next = (after: number) => cron.nextRun(new Date(after))?.getTime();
  // Any moment does for the question whether the day ever comes; leap years are found from each.
  return next(0) === undefined ? { fault: 'never' } : { next };
}

/** What is due of a schedule, seen from now. */
export interface DueLook {
  /** The last due moment that has come. */
  readonly due: number;
  /** The first that was not dealt with. */
  readonly first: number;
  /** How many came before `due` since the mark; at most `mostCounted`. */
  readonly missed: number;
  /** Whether `due` is so fresh that it was not missed itself. */
  readonly onTime: boolean;
}

/** A firing within its own minute is on time. */
const onTimeMs = 60_000;
/** Counting on would take a fifth of a millisecond each, and people need no larger number. */
export const mostCounted = 1000;

/** What came due after `mark` and up to `now`; undefined when nothing did. */
export function lookAt(schedule: Schedule, mark: number, now: number): DueLook | undefined {
  const first = schedule.next(mark);
  if (first === undefined || first > now) return undefined;
  let due = first;
  let missed = 0;
  for (;;) {
    const after = schedule.next(due);
    if (after === undefined || after > now) break;
    missed++;
    due = after;
    if (missed < mostCounted) continue;
    due = latest(schedule, due, now);
    break;
  }
  return { due, first, missed, onTime: now - due < onTimeMs };
}

/** The last due moment up to `now`, given that `known` is one: found from ever further back. */
function latest(schedule: Schedule, known: number, now: number): number {
  for (let back = 3_600_000; now - back > known; back *= 4) {
    let due = schedule.next(now - back);
    if (due === undefined || due > now) continue;
    for (let after = schedule.next(due); after !== undefined && after <= now; after = schedule.next(due))
      due = after;
    return due;
  }
  let due = known;
  for (let after = schedule.next(due); after !== undefined && after <= now; after = schedule.next(due))
    due = after;
  return due;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
