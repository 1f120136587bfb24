import { comparePhaseIds, normalPhaseId } from '../ids';
import { type Block, serialise } from '../text/nodes';
import type { Splice } from '../text/splice';

/** New number of a phase by its old one, both in normal form: `3` → `2`. */
export type Renumbering = ReadonlyMap<string, string>;

/**
 * The renumbering that takes out a phase: the whole phases after it move down by one, decimals with
 * them. A decimal phase leaves a gap and moves nothing.
 */
export function withoutPhase(id: string, all: readonly string[]): Renumbering {
  const gone = normalPhaseId(id);
  const moved = new Map<string, string>();
  if (!/^\d+$/.test(gone)) return moved;
  for (const other of all) {
    const whole = /^(\d+)(.*)$/s.exec(other);
    if (!whole || Number(whole[1]) >= backlog || comparePhaseIds(whole[1]!, gone) <= 0) continue;
    moved.set(other, `${Number(whole[1]) - 1}${whole[2]}`);
  }
  return moved;
}

export interface Renumbered {
  readonly splices: readonly Splice[];
  /** Lines that name several phases at once (“Phases 3-5”); a person has to look at them. */
  readonly unclear: readonly number[];
}

/**
 * Every reference to the renumbered phases in one file: `Phase 3`, `03-01`, `03-auth`, `03-CONTEXT.md`,
 * `3. Name` in a first cell. Zero padding stays as it was; fenced code stays untouched.
 */
export function renumberReferences(blocks: readonly Block[], renumbering: Renumbering): Renumbered {
  const splices: Splice[] = [];
  const unclear: number[] = [];
  for (const block of blocks.flatMap(lines)) {
    const text = serialise([block]);
    if (ranges(text).some((id) => renumbering.has(id))) unclear.push(block.line);
    for (const { start, written, isId } of phaseReferences(text, block.kind === 'row')) {
      const renewed = renew(written, renumbering, isId);
      if (renewed !== undefined) {
        splices.push({
          start: block.start + start,
          end: block.start + start + written.length,
          text: renewed,
        });
      }
    }
  }
  return { splices, unclear };
}

/** A path with the phase numbers in its folder and file names renewed. */
export function renumberPath(path: string, renumbering: Renumbering): string {
  return path
    .split('/')
    .map((part) =>
      part.replace(
        /^(\d+[A-Za-z]?(?:\.\d+)*)(?=-)/,
        (written) => renew(written, renumbering, true) ?? written,
      ),
    )
    .join('/');
}

/** From here on numbers are the backlog's. */
const backlog = 999;

/** Blocks of one line outside fences. */
function lines(block: Block): Block[] {
  if (block.kind === 'fence') return [];
  return block.children.length > 0 ? block.children.flatMap(lines) : [block];
}

const number = String.raw`\d+[A-Za-z]?(?:\.\d+)*`;
const patterns: readonly RegExp[] = [
  // Phase 3, **Phase 3:**, [Phase 3]
  new RegExp(String.raw`(?<=\bphase\s+)${number}(?![\p{L}\p{N}]|[-–—.]\d)`, 'giu'),
  // 03-01, 03-01-PLAN.md, phases/03-auth/, 03-CONTEXT.md; not the end of a date or a version
  new RegExp(
    String.raw`(?<![\p{L}\p{N}._-])\d{2,}(?:\.\d+)*(?=-(?:\d{2}[a-z]?(?![\p{L}\p{N}-])|\d{2}[a-z]?-(?:PLAN|SUMMARY|FIX)|[\p{L}]))`,
    'giu',
  ),
];
const firstCell = new RegExp(String.raw`^(\s*\|\s*)(${number})(?=\.\s|\s*\|)`);

/** Every number of a phase in one line, and whether it is part of an id or a name of a file. */
export function phaseReferences(
  text: string,
  isRow: boolean,
): { start: number; written: string; isId: boolean }[] {
  const found = patterns.flatMap((pattern, index) =>
    [...text.matchAll(pattern)].map((match) => ({
      start: match.index,
      written: match[0],
      isId: index === 1,
    })),
  );
  const cell = isRow ? firstCell.exec(text) : null;
  if (cell) found.push({ start: cell[1]!.length, written: cell[2]!, isId: false });
  return found.filter((one, index) => found.findIndex((other) => other.start === one.start) === index);
}

function ranges(text: string): string[] {
  return [...text.matchAll(/\bphases?\s+(\d+[\d.]*)\s*(?:[-–—,&]|to|and)\s*(\d+[\d.]*)/giu)].flatMap(
    (match) => [normalPhaseId(match[1]!), normalPhaseId(match[2]!)],
  );
}

/** Ids of plans and folders keep the width of the number; in prose only a number that was padded is. */
function renew(written: string, renumbering: Renumbering, keepWidth: boolean): string | undefined {
  const renewed = renumbering.get(normalPhaseId(written));
  if (renewed === undefined) return undefined;
  const width = keepWidth || written.startsWith('0') ? /^\d+/.exec(written)![0].length : 0;
  return renewed.replace(/^\d+/, (digits) => digits.padStart(width, '0'));
}
