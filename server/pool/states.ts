import { problem } from '../base';
import type { PoolState, Reason } from './types';

/** Where a resource is in its life. Times are milliseconds since the epoch. */
export interface Lifecycle {
  readonly id: string;
  readonly state: PoolState;
  readonly since: number;
  readonly reason: Reason;
  readonly transitions: number;
  readonly failures: number;
}

const next: Readonly<Record<PoolState, readonly PoolState[]>> = {
  cold: ['warming', 'failed'],
  warming: ['hot', 'failed'],
  hot: ['cooling', 'failed'],
  cooling: ['cold', 'failed'],
  failed: ['cold'],
};

export const newLifecycle = (id: string, at: number): Lifecycle => ({
  id,
  state: 'cold',
  since: at,
  reason: 'done',
  transitions: 0,
  failures: 0,
});

/** Whether a resource may go from one state to the other. */
export const isLegal = (from: PoolState, to: PoolState): boolean => next[from].includes(to);

/** The life after a change; throws `pool.transition` for one there is not. */
export function moved(life: Lifecycle, to: PoolState, reason: Reason, at: number): Lifecycle {
  if (!isLegal(life.state, to)) throw problem('pool.transition', { resource: life.id, from: life.state, to });
  return {
    id: life.id,
    state: to,
    since: at,
    reason,
    transitions: life.transitions + 1,
    failures: life.failures + (to === 'failed' ? 1 : 0),
  };
}

/** Whether a resource in this state takes room: also one that failed, until it has been let go of. */
export const takesRoom = (state: PoolState): boolean => state !== 'cold';
