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
export { decodeForReading, decodeText, encodeText } from './text/bytes';
export { applySplices, invertSplices, spliceBytes, type Splice } from './text/splice';

export { fields, fieldValue, setField, type Field, type SetField } from './edit/field';
export { frontmatterValue, setFrontmatter, type SetFrontmatter } from './edit/frontmatter';
export { completePhase, markRequirement, requirementStates, tickPlan } from './edit/ticks';
export { renumberPath, renumberReferences, withoutPhase } from './edit/renumber';
export type { Renumbered, Renumbering } from './edit/renumber';

// The parts of the text layer that tools which show positions in a file stand on.
export { faultsOf } from './read';
export { comparePhaseIds, normalPhaseId, normalPlanId, readDirectoryName } from './ids';
export { countsOf, isCompleteStatus, phaseOfBullet, phaseOfCell, planRowOf, tickOf } from './roadmapLines';
export { contentOf, contentStart, endOf, leaf, serialise, type Block, type Leaf } from './text/nodes';
export { cellsOf } from './text/tables';
export { elementsNamed, elementsOf, type Element } from './text/elements';
export { entryOf, frontmatterEntries, listOf, scalarOf, type Entry, type Value } from './text/values';
export { knownTags } from './text/tags';
export { member, nestedOf, textsOf } from './text/nested';
export { walk, type Standing } from './text/walk';
export { bodyRows, columnOf, plain } from './edit/cells';
export { phaseReferences } from './edit/renumber';
export { proved } from './edit/prove';
export { parseMarkdown as parseMarkdownText } from './text/parse';
