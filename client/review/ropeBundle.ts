/**
 * The third bundle: what follows hunks through open documents. It is loaded when the first document under review is
 * open, so that an editor that merely has Symphony installed does not pay for it.
 * Invariant: nothing here knows the editor; it works on lines.
 */
export { align, find, nearest } from './align';
export { Rope } from './rope';
