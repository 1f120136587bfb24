/**
 * planningTool: the work of `symphony planning` on a project's files, without a sidecar.
 * Invariant: files change only through storage's planning writer, so every edit can be taken back.
 */
export { projectOf } from './project';
export { lintTree, roundtripTree, showTree, type Finding, type RoundtripReport } from './look';
export { changeTree, editsOf, prepareChange, undoLast } from './change';
export type { Change, ChangeOptions, PreparedChange } from './change';
export { planningFiles } from '../storage';
