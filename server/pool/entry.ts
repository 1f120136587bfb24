import { problem, type ProblemError } from '../base';
import { Condition } from './health';
import type { Occupant } from './room';
import { newLifecycle, type Lifecycle } from './states';
import type { PoolLimits, Resource } from './types';

/** A resource as the pool keeps it. */
export interface Entry extends Occupant {
  readonly resource: Resource;
  readonly condition: Condition;
  life: Lifecycle;
  bytes: number;
  /** Bytes set aside for it while it warms: what it states, or more once it was seen to take more. */
  needs: number;
  leases: number;
  usedAt: number;
  uses: number;
  /** How long it took to get ready the last time, in milliseconds. */
  warmedInMs: number | undefined;
  /** Made ready because it was foreseen, and not used since. */
  foreseen: boolean;
  lost: AbortController;
  missed: number;
  /** Vain tries in a row to make it ready again after it failed. */
  recoveries: number;
}

/** A resource nobody has used yet; `at` in milliseconds since the epoch. */
export const newEntry = (resource: Resource, at: number): Entry => ({
  resource,
  condition: new Condition(),
  life: newLifecycle(resource.id, at),
  ...{ bytes: 0, needs: resource.bytes ?? 0, leases: 0, usedAt: 0, uses: 0, missed: 0, recoveries: 0 },
  warmedInMs: undefined,
  foreseen: false,
  lost: new AbortController(),
});

export const tooLarge = ({ resource, bytes, needs }: Entry, limits: PoolLimits): ProblemError =>
  problem('pool.tooLarge', {
    resource: resource.label,
    bytes: Math.max(bytes, needs),
    limit: limits.bytes,
  });

export const isIdle = ({ life, leases }: Entry): boolean => life.state === 'hot' && leases === 0;
