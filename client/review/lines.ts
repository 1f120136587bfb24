import type { LineSpan, ReviewUnit } from '../../schemas/wire';

/** A text as lines with their ends, broken where the editor and the sidecar break them: after CRLF, LF or CR. */
export const linesOf = (text: string): string[] => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

/** The same without their ends, as an editor counts them: an end is followed by one more line, if an empty one. */
export const editorLines = (text: string): string[] => text.split(/\r\n|\r|\n/);

/** What stands for a unit in a text put together of both sides. */
export type Part = 'baseline' | 'proposal';

/** A text put together, and where each unit of lines is in it. */
export interface Composed {
  readonly lines: readonly string[];
  readonly spans: ReadonlyMap<string, LineSpan>;
}

/**
 * Puts a file together: its baseline, with the proposed (or edited) lines of chosen units.
 * @param edited texts kept in place of proposed ones, by hash
 */
export function compose(
  baseline: readonly string[],
  proposal: readonly string[],
  units: readonly ReviewUnit[],
  choose: (unit: ReviewUnit) => Part,
  edited: ReadonlyMap<string, string> = new Map(),
): Composed {
  const lines: string[] = [];
  const spans = new Map<string, LineSpan>();
  let at = 0;
  for (const unit of inOrder(units)) {
    append(lines, baseline, at, unit.before.start);
    const start = lines.length;
    const own = unit.edited === null ? undefined : edited.get(unit.edited);
    if (choose(unit) === 'baseline') append(lines, baseline, unit.before.start, unit.before.end);
    else if (own !== undefined) lines.push(...linesOf(own));
    else append(lines, proposal, unit.after.start, unit.after.end);
    spans.set(unit.unit, { start, end: lines.length });
    at = unit.before.end;
  }
  append(lines, baseline, at, baseline.length);
  return { lines, spans };
}

/** Spreading a whole file into a call would overflow the stack. */
function append(to: string[], from: readonly string[], start: number, end: number): void {
  for (let i = start; i < end; i++) to.push(from[i] ?? '');
}

/** Units of lines as they follow each other in the file. */
export const inOrder = (units: readonly ReviewUnit[]): ReviewUnit[] =>
  units
    .filter(({ kind }) => kind === 'lines')
    .sort((a, b) => a.before.start - b.before.start || a.after.start - b.after.start);

/**
 * Whether a cursor or a selection is at a span. An empty span lies between two lines and is met on both of them.
 * @param first first and last line of the selection, both included
 */
export function touches({ start, end }: LineSpan, first: number, last: number): boolean {
  return start === end ? first <= start && last >= start - 1 : first < end && last >= start;
}

/** A unit and where it is in the document at hand. */
export interface At extends LineSpan {
  readonly unit: ReviewUnit;
}

/** The next place behind (or, backwards, before) a line, or undefined at the end of the document. */
export function step(places: readonly At[], line: number, forward: boolean): At | undefined {
  const sorted = [...places].sort((a, b) => a.start - b.start);
  return forward
    ? sorted.find(({ start }) => start > line)
    : sorted.reverse().find(({ start, end }) => Math.max(end - 1, start) < line);
}

/** One hunk as the editor's quick diff counts it: from 1, and 0 as an end where there is nothing on that side. */
export interface EditorChange {
  readonly originalStartLineNumber: number;
  readonly originalEndLineNumber: number;
  readonly modifiedStartLineNumber: number;
  readonly modifiedEndLineNumber: number;
}

/** Lines of an editor's change on one side. */
export function spanOf(startLine: number, endLine: number): LineSpan {
  // Nothing on this side: the change lies behind `startLine`.
  return endLine === 0 ? { start: startLine, end: startLine } : { start: startLine - 1, end: endLine };
}

/**
 * Which of the placed units an editor's change shows. The editor may join what are two units, and its lines may be
 * those of a moment ago, so both of its sides are asked, and only where they name the same units is there an answer.
 * @param originals where the units are in the text the editor compares with
 */
export function unitsOf(
  change: EditorChange,
  places: readonly At[],
  originals: ReadonlyMap<string, LineSpan>,
): ReviewUnit[] | undefined {
  const now = spanOf(change.modifiedStartLineNumber, change.modifiedEndLineNumber);
  const then = spanOf(change.originalStartLineNumber, change.originalEndLineNumber);
  const met = places.filter((place) => meets(place, now));
  const same = places.filter(({ unit }) => {
    const original = originals.get(unit.unit);
    return original !== undefined && meets(original, then);
  });
  const agreed = met.length > 0 && met.length === same.length && met.every((place) => same.includes(place));
  return agreed ? met.map(({ unit }) => unit) : undefined;
}

/** Whether two spans have a line in common; an empty one is met by what lies on either side of it. */
const meets = (a: LineSpan, b: LineSpan): boolean =>
  a.start === a.end || b.start === b.end
    ? a.start <= b.end && a.end >= b.start
    : a.start < b.end && a.end > b.start;

/** How many units there are, by what was decided. */
export interface Counts {
  readonly all: number;
  readonly kept: number;
  readonly dropped: number;
  readonly undecided: number;
}

export function countsOf(units: Iterable<Pick<ReviewUnit, 'state'>>): Counts {
  const counts = { all: 0, kept: 0, dropped: 0, undecided: 0 };
  for (const { state } of units) {
    counts.all++;
    counts[state]++;
  }
  return counts;
}

/** What was removed and added, as `+3 −1` counts. */
export const sizeOf = ({ before, after }: ReviewUnit): { added: number; removed: number } => ({
  added: after.end - after.start,
  removed: before.end - before.start,
});

/**
 * Where the other side of a hunk is divided when one side is divided at a line: at the corresponding line where both
 * are equally long, else as far in as it goes.
 */
export function divide(
  { before, after }: ReviewUnit,
  side: Part,
  line: number,
): { before: number; after: number } | undefined {
  const [own, other] = side === 'proposal' ? [after, before] : [before, after];
  if (line <= own.start || line >= own.end) return undefined;
  const there = Math.min(other.end, other.start + line - own.start);
  return side === 'proposal' ? { before: there, after: line } : { before: line, after: there };
}
