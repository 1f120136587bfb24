import { problem } from '../base';
import { endOf, linesOf, newLine, splitLines, usualEnd, withEnd } from './algebra/lines';
import type { FileText, Unit } from './algebra/units';

/**
 * The lines of a hunk with only some of its changes: removed lines that are not chosen stay, before the added
 * ones that are. Undefined where a number is not of the hunk, or for what has no lines.
 */
export function chosenLines(
  unit: Unit,
  text: FileText | null,
  { added, removed }: { added: readonly number[]; removed: readonly number[] },
): Uint8Array | undefined {
  const inside = (numbers: readonly number[], span: Unit['before']) =>
    numbers.every((line) => line >= span.start && line < span.end);
  if (unit.kind !== 'lines' || text === null) return undefined;
  if (!inside(added, unit.after) || !inside(removed, unit.before)) return undefined;
  const gone = new Set(removed);
  const come = new Set(added);
  const stay = text.before
    .slice(unit.before.start, unit.before.end)
    .filter((_, i) => !gone.has(unit.before.start + i));
  const news = text.after
    .slice(unit.after.start, unit.after.end)
    .filter((_, i) => come.has(unit.after.start + i));
  const last = stay.at(-1);
  const end = usualEnd({ width: text.width, lines: text.before }) ?? newLine(text.width);
  // A line that ended the file gets a break before what follows it.
  if (last !== undefined && news.length > 0 && endOf(last, text.width) === '')
    stay[stay.length - 1] = last + end;
  return latin1([...stay, ...news].join(''));
}

/**
 * A person's text as bytes of the file: in its encoding and with its line ends. `sample` is content of the
 * file that shows the encoding. Throws `review.encoding` where that cannot hold the text.
 */
export function editedBytes(
  path: string,
  text: string,
  file: FileText | null,
  sample: Uint8Array,
): Uint8Array {
  const { width, mark } = file ?? linesOf(sample);
  const bytes = encoded(path, text, sample, width);
  const end = file === null ? undefined : usualEnd({ width, lines: file.before });
  // A file that is kept as a whole keeps its mark; a hunk has none.
  if (file === null) return Buffer.concat([Buffer.from(mark, 'latin1'), bytes]);
  if (end === undefined) return bytes;
  const lines = splitLines(Buffer.from(bytes).toString('latin1'), width);
  return latin1(lines.map((line) => withEnd(line, end, width)).join(''));
}

function encoded(path: string, text: string, sample: Uint8Array, width: FileText['width']): Uint8Array {
  if (width !== 'bytes') {
    const bytes = Buffer.from(text, 'utf16le');
    return width === 'utf16be' ? bytes.swap16() : bytes;
  }
  if (isValidUtf8(sample)) return Buffer.from(text, 'utf8');
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.toString('latin1') === text) return bytes;
  throw problem('review.encoding', { path, encoding: 'iso88591' });
}

function isValidUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
