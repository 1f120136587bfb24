import type { Random } from '../base';
import { reconnecting } from './limits';

/** Milliseconds to wait before attempt `attempt`, counted from 1. */
export function waitBefore(attempt: number, random: Random): number {
  const { firstMs, factor, longestMs, jitter } = reconnecting;
  const steady = Math.min(longestMs, firstMs * factor ** (attempt - 1));
  return steady * (1 + jitter * (2 * random.next() - 1));
}
