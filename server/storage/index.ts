/**
 * storage: the data home of a workspace — journal, blobs, lock, policy — and the planning files of a root.
 * Invariant: it acknowledges only what is durable, and never takes damaged or newer data for an empty start.
 */
export { durable, openSqlite } from './sqlite';
export type { Database, OpenDatabase, Row, Statement, Value } from './sqlite';
export { openJournal, type JournalOptions, type StoredJournal } from './journal';
export type { Recordable, Schedule } from './journalWriter';
export { headingAfter } from './journalHeadings';
export { nodeJournalFiles, type JournalFiles, type SmallFile } from './journalFiles';
export { embeddedQueue } from './queue';
export { embeddedHints } from './hints';
export { jsonPacking } from './packing';
export { openBlobs, type BlobsOptions } from './blobs';
export { exportRun } from './runFile';
export { importRun, type Imported, type ImportLimits } from './runFileImport';
export { openWorkspace, type DataHome, type Fingerprint, type OpenWorkspace } from './home';
export { takeLock, type Lock, type LockAttempt } from './lock';
export { openPolicy, type Policy } from './policy';
export { openFirings } from './firings';
export type { ArmedTrigger, Firing, FiringOutcome, Firings, FiringsOptions, NewFiring } from './firings';
export { openDecisions, type DecisionsOptions } from './decisions';
export { planningFiles } from './planningFiles';
export { openPlanningWriter } from './planningWriter';
export type { Edited, EditReason, PastEdit, PlanningWriter, PlanningWriterOptions } from './planningWriter';
export { readTemplateFiles } from './templateFiles';
