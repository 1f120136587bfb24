/**
 * engine/failure: what is done when work goes wrong — how much depends on a node, how a failure is answered,
 * when going round in circles ends, what may be spent, how far a model can be relied on.
 * Invariant: rules are data; everything here is a pure function of its arguments.
 */
export * from './budget';
export * from './criticality';
export * from './health';
export * from './loops';
export * from './respond';
export { withCriticality } from './standing';
export { defaultFailureTables, failureTablesWith } from './tables';
