/**
 * review: changesets, and what a person's decision does to the user's tree.
 * Invariant: the tree changes only by a decision, and only where it holds what was decided on.
 */
export * from './types';
export { buildChangeset, type ChangesetOptions } from './changeset';
export { decideFiles, removeLeftovers, type DecideOptions } from './apply';
export { looksBinary, mergeLines } from './lineMerge';
export { withBytes } from './files';
export { unitsOf, type FileUnits, type Unit } from './algebra/units';
