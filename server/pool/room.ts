import { takesRoom, type Lifecycle } from './states';
import type { PoolLimits } from './types';

/** As much of a resource as decides who keeps its room. */
export interface Occupant {
  readonly life: Lifecycle;
  readonly bytes: number;
  readonly leases: number;
  /** Grows with every use. */
  readonly usedAt: number;
}

export interface Occupied {
  readonly count: number;
  readonly bytes: number;
}

export function occupied(all: Iterable<Occupant>): Occupied {
  let [count, bytes] = [0, 0];
  for (const { life, bytes: own } of all)
    if (takesRoom(life.state)) {
      count++;
      bytes += own;
    }
  return { count, bytes };
}

/** Whether one more of `bytes` fits. */
export const fits = (now: Occupied, bytes: number, limits: PoolLimits): boolean =>
  now.count < limits.count && now.bytes + bytes <= limits.bytes;

/**
 * Which resources have to go so that one of `bytes` fits, those unused for longest first; none where those that
 * are going already are enough, and undefined where it would not fit even without all that nobody uses.
 */
export function victims<T extends Occupant>(
  all: Iterable<T>,
  bytes: number,
  limits: PoolLimits,
): readonly T[] | undefined {
  const list = [...all];
  const staying = list.filter(({ life }) => life.state !== 'cooling' && life.state !== 'failed');
  let now = occupied(staying);
  const idle = staying
    .filter(({ life, leases }) => life.state === 'hot' && leases === 0)
    .sort((a, b) => a.usedAt - b.usedAt);
  const going: T[] = [];
  for (const one of idle) {
    if (fits(now, bytes, limits)) break;
    going.push(one);
    now = { count: now.count - 1, bytes: now.bytes - one.bytes };
  }
  return fits(now, bytes, limits) ? going : undefined;
}
