/**
 * review: changesets, what their changes are cut into, and what a person's decision does to the user's tree.
 * Invariant: the tree changes only by a decision that is on record, and only where it holds what was decided on.
 */
export * from './types';
export type { DecisionLog, Offered, UserTree } from './ports';
export { buildChangeset, type ChangesetOptions } from './changeset';
export { lineAt } from './answers';
export { openUserTree } from './tree';
export { Reviews, type Decided, type DecideParams } from './reviews';
export type { Review, ReviewsPorts } from './shelf';
export { decideWhole, wholeDecisions, type WholeFiles } from './wholeFiles';
export { ChangedMeanwhile } from './disk';
export { withBytes } from './files';
export { isVersion, sameBytes, type OnDisk, type Proposed, type Version } from './decide';
export { unitsOf, type FileUnits, type Unit } from './algebra/units';
export { appliedBy, compose, type Decision } from './algebra/compose';
export { seriesOf, type DecidedFile, type Included } from './export/series';
export { commitMessage } from './export/message';
export { mailText } from './export/mail';
