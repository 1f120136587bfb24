import { type Block, type Line, type Role, compound, lineBlock } from './nodes';

/** Reads a table whose first line is at `from`; undefined when no table begins there. */
export function parseTable(
  lines: readonly Line[],
  from: number,
): { readonly block: Block; readonly next: number } | undefined {
  const first = lines[from]!.text;
  if (!first.includes('|')) return undefined;
  const framed = first.trimStart().startsWith('|');
  if (!framed && !isDelimiterRow(lines[from + 1]?.text ?? '')) return undefined;
  let next = from;
  const children: Block[] = [];
  while (next < lines.length) {
    const line = lines[next]!;
    if (framed ? !line.text.trimStart().startsWith('|') : !line.text.includes('|')) break;
    children.push(lineBlock(isDelimiterRow(line.text) ? 'delimiterRow' : 'row', line, rowParts(line.text)));
    next += 1;
  }
  return { block: compound('table', children), next };
}

/** The cells of a row in order, as their leaves' indices; an empty cell has no `cell` leaf and is found by its pipes. */
export interface CellView {
  /** Trimmed text. */
  readonly text: string;
  /** Offset of the text, or of the middle of an empty cell. */
  readonly start: number;
  /** All characters between the two pipes. */
  readonly inner: { readonly start: number; readonly end: number };
}

export function cellsOf(row: Block): CellView[] {
  const cells: CellView[] = [];
  const leaves = row.leaves.filter((one) => one.role !== 'indent' && one.role !== 'eol');
  let open: { start: number; end: number; text: string; textStart: number } | undefined;
  const flush = (): void => {
    if (open)
      cells.push({ text: open.text, start: open.textStart, inner: { start: open.start, end: open.end } });
    open = undefined;
  };
  for (const one of leaves) {
    const end = one.start + one.text.length;
    if (one.role === 'pipe') {
      flush();
      open = { start: end, end, text: '', textStart: end };
    } else {
      open ??= { start: one.start, end, text: '', textStart: one.start };
      open.end = end;
      if (one.role === 'cell') {
        open.text = one.text;
        open.textStart = one.start;
      }
    }
  }
  // What follows the last pipe of a framed row is no cell unless something stands there.
  if (open && (open.text !== '' || leaves[0]?.role !== 'pipe')) flush();
  return cells;
}

export function isDelimiterRow(text: string): boolean {
  return text.includes('|') && text.includes('-') && /^[\s|:-]+$/.test(text);
}

function rowParts(text: string): [Role, string][] {
  const indent = text.length - text.trimStart().length;
  const parts: [Role, string][] = [['indent', text.slice(0, indent)]];
  let from = indent;
  const cell = (to: number): void => {
    const inner = text.slice(from, to);
    const trimmed = inner.trim();
    if (trimmed === '') parts.push(['pad', inner]);
    else {
      const lead = inner.indexOf(trimmed);
      parts.push(
        ['pad', inner.slice(0, lead)],
        ['cell', trimmed],
        ['pad', inner.slice(lead + trimmed.length)],
      );
    }
  };
  for (let at = indent; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '|') {
      cell(at);
      parts.push(['pipe', '|']);
      from = at + 1;
    }
  }
  cell(text.length);
  return parts;
}
