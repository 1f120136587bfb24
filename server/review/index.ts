/**
 * review: changesets, what their changes are cut into, and what a person's decision does to the user's tree.
 * Invariant: the tree changes only by a decision that is on record, and only where it holds what was decided on.
 */
export * from './types';
export type { DecisionLog, Offered, UserTree } from './ports';
export { buildChangeset, type ChangesetOptions } from './changeset';
export { openUserTree } from './tree';
export { Reviews, type Decided, type DecideParams, type Review, type ReviewsPorts } from './reviews';
export { decideWhole, wholeDecisions, type WholeFiles } from './wholeFiles';
