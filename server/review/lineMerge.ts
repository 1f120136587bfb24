import { diffArrays } from 'diff';

/** Beyond these sizes a person decides: a merge would hold up everything else. */
const maxBytes = 4 * 1024 * 1024;
const maxEdits = 20_000;

/** `base` lines [start, end) became `lines`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/**
 * Merges two versions of a file over their common base, line by line; a line includes its line break,
 * so that encodings, line ends and byte order marks come through unchanged. Changes that touch or
 * overlap and differ give null, as do files too large or too different. Bytes in, bytes out.
 */
export function mergeLines(base: Uint8Array, ours: Uint8Array, theirs: Uint8Array): Uint8Array | null {
  if (base.length + ours.length + theirs.length > 3 * maxBytes) return null;
  const lines = linesOf(base);
  const left = edits(lines, linesOf(ours));
  const right = edits(lines, linesOf(theirs));
  if (left === null || right === null) return null;
  const merged = combine(left, right);
  if (merged === null) return null;
  const out: string[] = [];
  let at = 0;
  for (const edit of merged) {
    for (; at < edit.start; at++) out.push(lines[at]!);
    for (const line of edit.lines) out.push(line);
    at = edit.end;
  }
  for (; at < lines.length; at++) out.push(lines[at]!);
  return Buffer.from(out.join(''), 'latin1');
}

/** Whether git would call it binary: a zero byte among the first 8,000. */
export const looksBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, 8000).includes(0);

/** Lines with their line breaks; latin1 keeps one character per byte. */
function linesOf(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function edits(base: string[], version: string[]): Edit[] | null {
  const parts = diffArrays(base, version, { maxEditLength: maxEdits }) as
    ReturnType<typeof diffArrays<string>> | undefined;
  if (parts === undefined) return null;
  const found: { start: number; end: number; lines: string[] }[] = [];
  let at = 0;
  let open: { start: number; end: number; lines: string[] } | undefined;
  for (const part of parts) {
    if (!part.added && !part.removed) {
      at += part.value.length;
      open = undefined;
      continue;
    }
    if (open === undefined) found.push((open = { start: at, end: at, lines: [] }));
    if (part.removed) open.end = at += part.value.length;
    else open.lines.push(...part.value);
  }
  return found;
}

/** Both lists as one in order, or null where they meet and differ. */
function combine(left: readonly Edit[], right: readonly Edit[]): Edit[] | null {
  const merged: Edit[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const a = left[l];
    const b = right[r];
    if (a !== undefined && b !== undefined && a.start <= b.end && b.start <= a.end) {
      if (a.start !== b.start || a.end !== b.end || !sameLines(a.lines, b.lines)) return null;
      merged.push(a);
      l++;
      r++;
    } else if (b === undefined || (a !== undefined && a.end < b.start)) merged.push(left[l++]!);
    else merged.push(right[r++]!);
  }
  return merged;
}

const sameLines = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, i) => line === b[i]);
