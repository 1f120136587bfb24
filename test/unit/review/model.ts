import type { FileText, Unit } from '../../../server/review/algebra/units';

/** What a person did to the lines that nobody proposes to change: by their number in the baseline. */
export interface OwnEdits {
  readonly replaced: Map<number, string>;
  readonly inserted: Map<number, string>;
}

/** What a unit comes to: nothing of it, all of it, or other lines. */
export type Done = (unit: Unit) => false | true | string;

/**
 * The text a file should have: line by line along the baseline, which is slow and plain. Lines are latin1 of
 * their bytes.
 */
export function modelText(
  text: FileText,
  units: readonly Unit[],
  done: Done,
  own: OwnEdits,
  end: string,
): string {
  const lines: string[] = [];
  const hunks = units.filter(({ kind }) => kind === 'lines');
  for (let at = 0; at <= text.before.length;) {
    const starting = hunks.filter(({ before }) => before.start === at);
    // Of parts at one place those without lines of the baseline come first, in order.
    for (const unit of starting) {
      const how = done(unit);
      if (how === false) lines.push(...text.before.slice(unit.before.start, unit.before.end));
      else if (how === true) lines.push(...text.after.slice(unit.after.start, unit.after.end));
      else lines.push(...(how.match(/[^\n]*\n(?:\0)?|[^\n]+$/g) ?? []));
    }
    const next = Math.max(at, ...starting.map(({ before }) => before.end));
    if (next > at) {
      at = next;
      continue;
    }
    if (own.inserted.has(at)) lines.push(own.inserted.get(at)!);
    if (at < text.before.length) lines.push(own.replaced.get(at) ?? text.before[at]!);
    at++;
  }
  const joined = lines
    .filter((line) => line !== '')
    .map((line, i, all) => (i < all.length - 1 && !line.includes('\n') ? line + end : line))
    .join('');
  return text.mark + joined;
}

/** Baseline lines that are not in or beside a unit: what is done to them is in nobody's way. */
export function freeLines(text: FileText, units: readonly Unit[]): number[] {
  const taken = (line: number): boolean =>
    units.some(({ kind, before }) => kind === 'lines' && line >= before.start - 1 && line <= before.end);
  return text.before
    .map((_, line) => line)
    .filter((line) => line > 0 && !taken(line) && line < text.before.length - 1);
}
