import type { LineSpan } from '../../../schemas/wire/units';
import { sha256 } from '../../base/node';
import { sameBytes, type Proposed, type Version } from '../decide';
import { diffLines } from './diff';
import { commonEnd, holdsBinary, linesOf, newLine, withEnd, type Lines, type Width } from './lines';

/** What one can decide on, without the decision. Spans count lines of baseline and proposal from 0. */
export interface Unit {
  readonly unit: string;
  readonly kind: 'lines' | 'whole' | 'mode' | 'rename';
  readonly before: LineSpan;
  readonly after: LineSpan;
}

/** A proposal for one file, cut into what can be decided on by itself. */
export interface FileUnits {
  readonly path: string;
  /** In the order of the file; `rename`, `mode` and `whole` come first. */
  readonly units: readonly Unit[];
  /** Baseline and proposal as lines; null where the file is not decided on by lines. */
  readonly text: FileText | null;
}

export interface FileText {
  readonly width: Width;
  readonly before: readonly string[];
  /** The proposed lines as they are written: with the line ends and the byte order mark of the user's file. */
  readonly after: readonly string[];
  /** Whether line ends or the mark of the proposal were others. */
  readonly adapted: boolean;
}

/** Beyond this size a file is decided on as a whole. */
const maxBytes = 64 * 1024 * 1024;

const none: LineSpan = { start: 0, end: 0 };
const bom = '\xef\xbb\xbf';

/**
 * Cuts a proposal into units. Line ends and byte order marks are not compared: the lines that stay keep
 * theirs, and new ones get those of the file. Files that come or go, links, binaries, notebooks, pointers
 * to large files, and files whose line ends alone or whose encoding changed, are one unit.
 */
export function unitsOf(file: Proposed): FileUnits {
  const { path, from, baseline, proposal } = file;
  if (baseline === null || proposal === null) {
    return { path, units: [simple(path, 'whole', contents(baseline, proposal))], text: null };
  }
  const units: Unit[] = [];
  if (from !== null) units.push(simple(path, 'rename', from));
  const sameKind = baseline.kind === proposal.kind;
  if (sameKind && baseline.kind === 'file' && baseline.executable !== proposal.executable)
    units.push(simple(path, 'mode', String(proposal.executable)));
  if (sameBytes(baseline, proposal)) return { path, units, text: null };
  const text = textOf(path, baseline, proposal);
  if (text === null) units.push(simple(path, 'whole', contents(baseline, proposal)));
  else units.push(...hunksOf(path, text));
  return { path, units, text: text };
}

/** Units in the place of one, cut at lines of both sides; undefined where the places are not inside it, in order. */
export function splitUnit(
  unit: Unit,
  at: readonly { readonly before: number; readonly after: number }[],
): Unit[] | undefined {
  if (unit.kind !== 'lines' || at.length === 0) return undefined;
  const marks = [
    { before: unit.before.start, after: unit.after.start },
    ...at,
    { before: unit.before.end, after: unit.after.end },
  ];
  const parts: Unit[] = [];
  for (let i = 1; i < marks.length; i++) {
    const [start, end] = [marks[i - 1]!, marks[i]!];
    const lines = end.before - start.before + (end.after - start.after);
    if (end.before < start.before || end.after < start.after || lines === 0) return undefined;
    const before = { start: start.before, end: end.before };
    const after = { start: start.after, end: end.after };
    const id = idOf('part', unit.unit, ...[before, after].flatMap((span) => [span.start, span.end]));
    parts.push({ unit: id, kind: 'lines', before, after });
  }
  return parts;
}

function textOf(path: string, baseline: Version, proposal: Version): FileText | null {
  const wholes = [baseline, proposal].some(
    ({ kind, bytes }) => kind === 'link' || bytes.length > maxBytes || holdsBinary(bytes) || isPointer(bytes),
  );
  if (wholes || path.endsWith('.ipynb')) return null;
  const before = linesOf(baseline.bytes);
  const after = linesOf(proposal.bytes);
  // An empty file has no encoding yet; it takes the other's.
  if (before.width !== after.width && before.lines.length > 0 && after.lines.length > 0) return null;
  const width = before.lines.length > 0 ? before.width : after.width;
  const adapted = adapt(before, after);
  // Nothing but line ends or the mark differ: that is the proposal then.
  if (
    adapted.length === before.lines.length &&
    adapted.every((line, i) => sameButEnds(line, before.lines[i]!, width))
  )
    return null;
  return {
    width,
    before: before.lines,
    after: adapted,
    adapted: adapted.some((line, i) => line !== after.lines[i]),
  };
}

const plain = (line: string, width: Width): string =>
  withEnd(width === 'bytes' && line.startsWith(bom) ? line.slice(3) : line, newLine(width), width);

const sameButEnds = (a: string, b: string, width: Width): boolean => plain(a, width) === plain(b, width);

/** The proposed lines with the mark and, where the file has but one kind, the line ends of the file. */
function adapt(before: Lines, after: Lines): string[] {
  if (before.lines.length === 0) return [...after.lines];
  const end = commonEnd(before);
  const marked = before.lines[0]!.startsWith(bom);
  return after.lines.map((line, i) => {
    const ended = end === undefined ? line : withEnd(line, end, after.width);
    if (i > 0 || before.width !== 'bytes') return ended;
    const bare = ended.startsWith(bom) ? ended.slice(3) : ended;
    return marked ? bom + bare : bare;
  });
}

function hunksOf(path: string, { before, after, width }: FileText): Unit[] {
  const compared = (lines: readonly string[]): string[] => lines.map((line) => plain(line, width));
  const mixed = before.some((line) => line.includes('\r')) || after.some((line) => line.includes('\r'));
  const marked = before[0]?.startsWith(bom) === true;
  const hunks = mixed || marked ? diffLines(compared(before), compared(after)) : diffLines(before, after);
  return hunks.map((hunk) => {
    const texts = [
      before.slice(hunk.before.start, hunk.before.end),
      after.slice(hunk.after.start, hunk.after.end),
    ];
    // The place in the proposal is no part of it: it moves with the other hunks of another version.
    const place = [hunk.before.start, hunk.before.end];
    const id = idOf(
      path,
      'lines',
      ...place,
      ...texts.map((lines) => sha256(Buffer.from(lines.join(''), 'latin1'))),
    );
    return { unit: id, kind: 'lines', before: hunk.before, after: hunk.after };
  });
}

/** A text file of git-lfs that stands for bytes elsewhere: half of one is none. */
function isPointer(bytes: Uint8Array): boolean {
  if (bytes.length > 1024) return false;
  return Buffer.from(bytes).toString('latin1').startsWith('version https://git-lfs.github.com/spec/');
}

const contents = (...sides: readonly (Version | null)[]): string =>
  sides
    .map((side) => (side === null ? '-' : `${side.kind} ${String(side.executable)} ${sha256(side.bytes)}`))
    .join('\n');

const simple = (path: string, kind: Unit['kind'], content: string): Unit => ({
  unit: idOf(path, kind, content),
  kind,
  before: none,
  after: none,
});

const idOf = (...parts: readonly (string | number)[]): string => sha256(JSON.stringify(parts)).slice(0, 12);
