/** A text as lines with their ends, broken where the editor and the sidecar break them: after CRLF, LF or CR. */
export const linesOf = (text: string): string[] => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

/**
 * The text of bytes in base64, to be looked at: by its mark where it has one, else UTF-8, and where that does not
 * fit, a character per byte, which breaks lines at the same places.
 */
export function textOf(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  /** Numbers on the two sides, from 1; null where the line is not on that side. */
  readonly before: number | null;
  readonly after: number | null;
  /** Without its end. */
  readonly text: string;
}

export interface Sides {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface Spans {
  readonly before: { readonly start: number; readonly end: number };
  readonly after: { readonly start: number; readonly end: number };
}

/** Lines shown around a hunk. */
const around = 3;

/** A hunk as it is read: what comes before, what goes, what comes, what follows. */
export function diffOf({ before, after }: Sides, spans: Spans): DiffLine[] {
  const lines: DiffLine[] = [];
  const same = (from: number, to: number, shift: number): void => {
    for (let at = Math.max(0, from); at < Math.min(to, before.length); at++)
      lines.push({ kind: 'same', before: at + 1, after: at + 1 + shift, text: bare(before[at]!) });
  };
  same(spans.before.start - around, spans.before.start, spans.after.start - spans.before.start);
  for (let at = spans.before.start; at < spans.before.end; at++)
    lines.push({ kind: 'removed', before: at + 1, after: null, text: bare(before[at] ?? '') });
  for (let at = spans.after.start; at < spans.after.end; at++)
    lines.push({ kind: 'added', before: null, after: at + 1, text: bare(after[at] ?? '') });
  same(spans.before.end, spans.before.end + around, spans.after.end - spans.before.end);
  return lines;
}

/** What a row says of a hunk: its first added line with something on it, else its first removed one. */
export function gistOf({ before, after }: Sides, spans: Spans): string {
  const told = (lines: readonly string[], { start, end }: { start: number; end: number }) =>
    lines.slice(start, Math.min(end, start + 50)).find((line) => line.trim() !== '');
  return (told(after, spans.after) ?? told(before, spans.before) ?? '').trim();
}

const bare = (line: string): string => line.replace(/\r?\n$|\r$/, '');
