/**
 * engine: runs workflows durably — folds journal events to state, decides what happens next, drives performers.
 * Invariant: it decides and asks ports; it performs no I/O, reads no clock of its own, and keeps no state
 * that a fold of the journal would not give back.
 */
export * from './ports';
export * from './state';
export { fold, foldAll, type FoldedRun } from './fold';
export { decide, type Command, type Live } from './decide';
export type { Packing } from './shelf';
export { restored, shotOfRun } from './fold';
export { outlookOf, type NodeOutlook } from './outlook';
export { checkWorkflow } from './workflow';
export { backoffMs, isFinal } from './retry';
export { SeqConflict } from './conflict';
export { Engine, type EngineOptions, type StartRun, type RunChange, type RunTrouble } from './engine';
export type { RunCommand, Wish } from './loopEvents';
