import { diffLines, type Hunk } from './diff';

/** Lines [start, end) become `lines`. Edits of one text are in order and share no line. */
export interface LineEdit {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** The edits in the coordinates of the text they are to be made in, or the lines of it that are in the way. */
export type Rebased =
  | { readonly ok: true; readonly edits: readonly LineEdit[]; readonly moved: boolean }
  | { readonly ok: false; readonly at: { readonly start: number; readonly end: number } };

/**
 * Carries edits of `base` over to `now`, which somebody else made of `base`. An edit that `now` has made
 * already falls away; one that shares a line with another change, or inserts at the same place, is a
 * conflict. `moved` says that there were changes of others.
 */
export function rebaseEdits(
  base: readonly string[],
  now: readonly string[],
  edits: readonly LineEdit[],
): Rebased {
  const theirs = diffLines(base, now);
  const out: LineEdit[] = [];
  let next = 0;
  let shift = 0;
  for (const edit of edits) {
    while (next < theirs.length && isBefore(theirs[next]!, edit)) {
      shift += growth(theirs[next]!);
      next++;
    }
    const other = theirs[next];
    if (other !== undefined && collide(other, edit)) {
      if (!isSame(other, edit, now)) return { ok: false, at: other.after };
      continue;
    }
    out.push({ start: edit.start + shift, end: edit.end + shift, lines: edit.lines });
  }
  return { ok: true, edits: out, moved: theirs.length > 0 };
}

/** The text with the edits made. */
export function applyEdits(lines: readonly string[], edits: readonly LineEdit[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const edit of edits) {
    for (; at < edit.start; at++) out.push(lines[at]!);
    for (const line of edit.lines) out.push(line);
    at = edit.end;
  }
  for (; at < lines.length; at++) out.push(lines[at]!);
  return out;
}

const growth = (hunk: Hunk): number =>
  hunk.after.end - hunk.after.start - (hunk.before.end - hunk.before.start);

/** Wholly before the edit; of two insertions at one place neither is. */
function isBefore({ before }: Hunk, edit: LineEdit): boolean {
  if (before.end > edit.start) return false;
  return !(before.start === edit.start && before.end === edit.end);
}

function collide({ before }: Hunk, edit: LineEdit): boolean {
  if (before.start === edit.start && before.end === edit.end) return true;
  return before.start < edit.end && edit.start < before.end;
}

function isSame({ before, after }: Hunk, edit: LineEdit, now: readonly string[]): boolean {
  return (
    before.start === edit.start &&
    before.end === edit.end &&
    after.end - after.start === edit.lines.length &&
    edit.lines.every((line, i) => line === now[after.start + i])
  );
}
