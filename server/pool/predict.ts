/** How likely it is that a resource is needed soon, 0–1. */
export interface Forecast {
  readonly resource: string;
  readonly probability: number;
}

/** What is kept of how resources were used; small, and of no use to anybody who wants to know more. */
export interface UsageRecord {
  /** Days with any use, as numbers of days since the epoch, oldest first. */
  readonly days: readonly number[];
  /** By resource, by hour of the day: the days it was used in it. */
  readonly hours: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** By what came before, by resource: how often it followed. */
  readonly after: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Habits of the last two weeks say more than older ones. */
const daysKept = 14;
const mostResources = 100;
const mostBefore = 500;
/** From so many on, both counts are halved: what was long ago fades. */
const fadeAt = 64;
/** Fewer observations foretell nothing. */
const leastSeen = 2;

const hourMs = 3_600_000;

/** Learns when resources are used and after what, and foretells it. Times are milliseconds since the epoch. */
export class Habits {
  private days: number[];
  private readonly hours: Map<string, Map<number, number[]>>;
  private readonly after: Map<string, Map<string, number>>;

  constructor(record: UsageRecord = { days: [], hours: {}, after: {} }) {
    this.days = [...record.days];
    this.hours = new Map(
      Object.entries(record.hours).map(([id, byHour]) => [
        id,
        new Map(Object.entries(byHour).map(([hour, days]) => [Number(hour), [...days]])),
      ]),
    );
    this.after = new Map(
      Object.entries(record.after).map(([before, counts]) => [before, new Map(Object.entries(counts))]),
    );
  }

  /** A resource was used; `before` names what came before it, for example a workflow and its last resource. */
  used(resource: string, at: number, before: string): void {
    const [day, hour] = placeOf(at);
    addDay(this.days, day);
    const byHour = this.hours.get(resource) ?? new Map<number, number[]>();
    renew(this.hours, resource, byHour, mostResources);
    const days = byHour.get(hour) ?? [];
    byHour.set(hour, days);
    addDay(days, day);
    const counts = this.after.get(before) ?? new Map<string, number>();
    renew(this.after, before, counts, mostBefore);
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
    if (sumOf(counts) >= fadeAt)
      for (const [id, count] of counts)
        if (count < 2) counts.delete(id);
        else counts.set(id, count / 2);
  }

  /** What is used at this time of the day. */
  byTime(at: number): Forecast[] {
    const [day, hour] = placeOf(at);
    const past = this.days.filter((one) => one < day && one > day - daysKept);
    if (past.length < leastSeen) return [];
    return [...this.hours].flatMap(([resource, byHour]) => {
      const used = byHour.get(hour)?.filter((one) => past.includes(one)).length ?? 0;
      return used === 0 ? [] : [{ resource, probability: used / past.length }];
    });
  }

  /** What follows `before`. */
  bySuccession(before: string): Forecast[] {
    const counts = this.after.get(before);
    if (counts === undefined) return [];
    const sum = sumOf(counts);
    if (sum < leastSeen) return [];
    return [...counts].map(([resource, count]) => ({ resource, probability: count / sum }));
  }

  record(): UsageRecord {
    return {
      days: this.days,
      hours: Object.fromEntries(
        [...this.hours].map(([id, byHour]) => [id, Object.fromEntries(byHour) as Record<string, number[]>]),
      ),
      after: Object.fromEntries(
        [...this.after].map(([before, counts]) => [before, Object.fromEntries(counts)]),
      ),
    };
  }
}

const placeOf = (at: number): readonly [day: number, hour: number] => [
  Math.floor(at / (24 * hourMs)),
  Math.floor(at / hourMs) % 24,
];

function addDay(days: number[], day: number): void {
  if (days.at(-1) === day) return;
  days.push(day);
  while (days.length > 0 && days[0]! <= day - daysKept) days.shift();
}

/** Puts an entry last; the one that was used longest ago goes when there are too many. */
function renew<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
