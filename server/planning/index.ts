/**
 * planning: reads `.planning` trees of every dialect and edits them without changing a byte it was not
 * asked to change. Invariant: no I/O of its own; no input makes it throw; text in is text out.
 */
export * from './types';
export { readPlanning } from './read';
