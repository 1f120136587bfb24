/**
 * review: changesets, and what a person's decision does to the user's tree.
 * Invariant: the tree changes only by a decision, and only where it holds what was decided on.
 */
export * from './types';
export { buildChangeset, type ChangesetOptions } from './changeset';
export { decideFiles, removeLeftovers, type DecideOptions } from './apply';
export { looksBinary, mergeLines } from './lineMerge';
export { ChangedMeanwhile, lookAt, putVersion, removeTemporary, removeVersion, setExecutable } from './disk';
export { isVersion, sameBytes, type OnDisk, type Version } from './decide';
export { withBytes } from './files';
export { unitsOf, type FileUnits, type Unit } from './algebra/units';
export { compose, type Decision } from './algebra/compose';
export { seriesOf, type DecidedFile, type Included } from './export/series';
export { commitMessage } from './export/message';
export { mailText } from './export/mail';
