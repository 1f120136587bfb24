import { commonEnd, bytesOf, linesOf, withEnd, type Lines } from './lines';
import { applyEdits, rebaseEdits, type LineEdit } from './merge';

export type RebasedText =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** The lines of the user's text that are in the way. */
  | { readonly ok: false; readonly at: { readonly start: number; readonly end: number } };

/**
 * Makes in the user's text the edits that lead from `base` to another composition of it. A text whose line
 * ends somebody changed as a whole gets the edits with those.
 */
export function rebaseText(base: Uint8Array, current: Uint8Array, edits: readonly LineEdit[]): RebasedText {
  const now = linesOf(current);
  const from = linesOf(base);
  if (now.width !== from.width && now.lines.length > 0 && from.lines.length > 0)
    return { ok: false, at: { start: 0, end: now.lines.length } };
  const ended = withEndsOf(now, from, edits);
  const rebased = rebaseEdits(ended.base, now.lines, ended.edits);
  if (!rebased.ok) return rebased;
  return { ok: true, bytes: bytesOf({ mark: now.mark, lines: applyEdits(now.lines, rebased.edits) }) };
}

/** Base and edits with the one kind of line ends that `now` has, if it has one. */
export function withEndsOf(
  now: Omit<Lines, 'mark'>,
  from: Omit<Lines, 'mark'>,
  edits: readonly LineEdit[],
): { readonly base: readonly string[]; readonly edits: readonly LineEdit[] } {
  const end = commonEnd(now);
  const own = commonEnd(from);
  if (end === undefined || own === end) return { base: from.lines, edits };
  const ended = (lines: readonly string[]): string[] => lines.map((line) => withEnd(line, end, from.width));
  return {
    base: ended(from.lines),
    edits: edits.map((edit) => ({ ...edit, lines: ended(edit.lines) })),
  };
}
