import type { Bug } from './bug';
import { commitBeforeIntent } from './commitBeforeIntent';
import { doubleDispatch } from './doubleDispatch';
import { lostWakeUp } from './lostWakeUp';
import { missingFsync } from './missingFsync';
import { nonDeterministicDecide } from './nonDeterministicDecide';

/** All planted bugs; each must be found within the seeds that the product passes. */
export const bugs: readonly Bug[] = [
  missingFsync,
  commitBeforeIntent,
  doubleDispatch,
  lostWakeUp,
  nonDeterministicDecide,
];
