import type { RetentionSettings } from '../../schemas/wire/stale';

/** Whether a minute of the day lies in the quiet time; from and to at the same time means all day. */
export function isOffPeak({ from, to }: RetentionSettings['offPeak'], minute: number): boolean {
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  if (begin === end) return true;
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
}

/** Minutes since midnight where this computer is. */
export function localMinute(now: number): number {
  const date = new Date(now);
  return date.getHours() * 60 + date.getMinutes();
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
