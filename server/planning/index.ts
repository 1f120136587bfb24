/**
 * planning: reads `.planning` trees of every dialect and edits them without changing a byte it was not
 * asked to change. Invariant: no I/O of its own; no input makes reading throw; text in is text out.
 */
export * from './types';
export { readPlanning } from './read';
export { PlanningMemory } from './memory';

export { roundtrip, type Roundtrip } from './roundtrip';
export { parseDocument, serialiseDocument, understandingOf, fileKindOf, fileKinds } from './text/document';
export type { Document, FileKind, Understanding } from './text/document';
export { decodeText, encodeText } from './text/bytes';
export { applySplices, invertSplices, spliceBytes, type Splice } from './text/splice';

export { fields, fieldValue, setField, type Field, type SetField } from './edit/field';
export { frontmatterValue, setFrontmatter, type SetFrontmatter } from './edit/frontmatter';
export { completePhase, markRequirement, requirementStates, tickPlan } from './edit/ticks';
export { renumberPath, renumberReferences, withoutPhase } from './edit/renumber';
export type { Renumbered, Renumbering } from './edit/renumber';
