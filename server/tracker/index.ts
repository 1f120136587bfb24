/**
 * tracker: the engine's service face — how far runs are, how long they still take and by which way, how long
 * nodes of each kind take and wait, and how full the places are.
 * Invariant: everything it tells comes from the folds of the journal; it keeps nothing of its own.
 */
export { timeLeft, type Ahead, type PlacesByClass } from './eta';
export { DurationHistory, type Durations, type Estimate } from './durations';
export { nodesOf, progressOf } from './progress';
export { criticalPath, type CriticalPath } from './criticalPath';
export { RunHistory } from './history';
export { TrackerService, type TrackerOptions } from './service';
