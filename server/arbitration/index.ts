/**
 * arbitration: who gets what when not everybody can have it, which parallel work will collide, and in what order it is
 * merged. Invariant: everything is granted, deferred or denied with a reason; the same requests get the same answers.
 */
export * from './types';
export { decide, wakeAt } from './decide';
export { emptyState, type State } from './state';
export { createArbitration } from './service';
export type { Arbitration, ArbitrationOptions, Ask } from './port';
export type { Grant, Wait } from './callers';
export type { Fairness } from './fairness';
export type { Shown } from './report';
export {
  forecast,
  type Advice,
  type Collision,
  type CollisionKind,
  type Touched,
  type WriteSet,
} from './forecast';
export {
  MergeQueue,
  mergeInTurn,
  type Change,
  type LeftOut,
  type MergeWorker,
  type QueueAction,
  type QueueOutcome,
} from './mergeQueue';
export { collisionProblem, type Writes } from './writes';
