import type { UnitState } from '../../../schemas/wire/units';
import type { Proposed, Version } from '../decide';
import { bytesOf, endOf, newLine, splitLines, usualEnd } from './lines';
import type { LineEdit } from './merge';
import type { FileText, FileUnits, Unit } from './units';

/** What was decided on a unit. */
export interface Decision {
  readonly state: UnitState;
  /** What a person kept in place of what was proposed; null: as proposed. */
  readonly edited: Uint8Array | null;
}

/** Which units of a file count as done, and in which words. */
export type Applied = (unit: Unit) => false | true | Uint8Array;

/** What a file comes to: where it is and what it holds; null: it does not exist. */
export interface Shape {
  readonly name: string;
  readonly version: Version | null;
}

/** Kept units are done; in place, undecided ones are as well. */
export const appliedBy =
  (decision: (unit: string) => Decision | undefined, inPlace: boolean): Applied =>
  ({ unit }) => {
    const { state, edited } = decision(unit) ?? { state: 'undecided', edited: null };
    if (state === 'kept') return edited ?? true;
    return state === 'undecided' && inPlace;
  };

/** The file with the applied units done and the others not. */
export function compose(file: Proposed, { units, text }: FileUnits, applied: Applied): Shape {
  const find = (kind: Unit['kind']): Unit | undefined => units.find((unit) => unit.kind === kind);
  const done = (kind: Unit['kind']): false | true | Uint8Array => {
    const unit = find(kind);
    return unit === undefined ? false : applied(unit);
  };
  const name = file.from !== null && find('rename') !== undefined && !done('rename') ? file.from : file.path;
  const { baseline, proposal } = file;
  const whole = done('whole');
  if (baseline === null || proposal === null) {
    const chosen = whole === false ? baseline : proposal;
    return { name, version: chosen !== null && isBytes(whole) ? { ...chosen, bytes: whole } : chosen };
  }
  const executable =
    find('mode') === undefined
      ? baseline.executable
      : done('mode')
        ? proposal.executable
        : baseline.executable;
  if (text !== null) {
    return {
      name,
      version: { kind: 'file', executable, bytes: bytesOf(segments(units, text, applied).flat()) },
    };
  }
  if (whole === false)
    return { name, version: { ...baseline, executable: baseline.kind === 'file' && executable } };
  const bytes = isBytes(whole) ? whole : proposal.bytes;
  const mode = baseline.kind === proposal.kind ? executable : proposal.executable;
  return { name, version: { kind: proposal.kind, bytes, executable: mode } };
}

/** The edits that lead from one composition of a text to another, in the lines of the first. */
export function editsBetween({ units, text }: FileUnits, from: Applied, to: Applied): LineEdit[] {
  if (text === null) return [];
  const edits: LineEdit[] = [];
  const then = segments(units, text, to);
  let start = 0;
  for (const [i, now] of segments(units, text, from).entries()) {
    const edit = differing(now, then[i]!, start);
    const last = edits.at(-1);
    // Parts of a split hunk touch each other; as one edit they are rebased together.
    if (edit !== undefined && last?.end === edit.start)
      edits[edits.length - 1] = { ...edit, start: last.start, lines: [...last.lines, ...edit.lines] };
    else if (edit !== undefined) edits.push(edit);
    start += now.length;
  }
  return edits;
}

/** The lines of a composition, cut where units begin and end; those that are not decided on are cut too. */
function segments(units: readonly Unit[], text: FileText, applied: Applied): string[][] {
  const out: string[][] = [];
  let at = 0;
  for (const unit of units) {
    if (unit.kind !== 'lines') continue;
    out.push(text.before.slice(at, unit.before.start), linesFor(unit, text, applied(unit)));
    at = unit.before.end;
  }
  out.push(text.before.slice(at));
  return sealed(out, text);
}

/** A line that ended the file and has another after it now needs a line break. */
function sealed(parts: string[][], { width, before, after }: FileText): string[][] {
  const last = parts.findLastIndex((part) => part.length > 0);
  for (const part of parts.slice(0, Math.max(last, 0))) {
    const line = part.at(-1);
    if (line === undefined || endOf(line, width) !== '') continue;
    const end = usualEnd({ width, lines: before }) ?? usualEnd({ width, lines: after });
    part[part.length - 1] = line + (end ?? newLine(width));
  }
  return parts;
}

function linesFor(unit: Unit, text: FileText, applied: false | true | Uint8Array): string[] {
  if (applied === false) return text.before.slice(unit.before.start, unit.before.end);
  if (applied === true) return text.after.slice(unit.after.start, unit.after.end);
  return [...splitLines(Buffer.from(applied).toString('latin1'), text.width)];
}

function differing(now: readonly string[], then: readonly string[], start: number): LineEdit | undefined {
  let same = 0;
  while (same < now.length && same < then.length && now[same] === then[same]) same++;
  if (same === now.length && same === then.length) return undefined;
  return { start: start + same, end: start + now.length, lines: then.slice(same) };
}

const isBytes = (value: false | true | Uint8Array): value is Uint8Array => typeof value !== 'boolean';
