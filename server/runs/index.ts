/**
 * runs: the main job. Joins planning, engine, agents, git and review: starts runs, performs their nodes,
 * reports on them, offers and applies their changesets.
 * Invariant: what it knows of a run is the fold of its journal; it keeps no state beside it.
 */
export * from './dependencies';
export * from './operators';
export * from './performers';
export { previewMelody, startMelody, type MelodyPreview, type StartMelody } from './startMelody';
export { runFacts } from './facts';
export * from './service';
export type { Approvals, RunSettings } from './startRun';
