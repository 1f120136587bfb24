import type { Block } from '../text/nodes';
import type { Splice } from '../text/splice';
import { type CellView, cellsOf } from '../text/tables';

/**
 * Writes a cell so that its column keeps its width and alignment where the text fits; only this row
 * grows where it does not. Pipes are escaped. Undefined where the row has no such cell.
 */
export function setCell(table: Block, row: Block, index: number, value: string): Splice | undefined {
  const cell = cellsOf(row)[index];
  if (!cell) return undefined;
  const text = escapePipes(value);
  const width = cell.inner.end - cell.inner.start;
  const { lead, trail } = padding(cell);
  const free = width - cell.text.length + displayWidth(cell.text) - displayWidth(text);
  const [left, right] = spaces(alignment(table, index), free, lead, trail);
  return { start: cell.inner.start, end: cell.inner.end, text: ' '.repeat(left) + text + ' '.repeat(right) };
}

/** The text of a cell as a person wrote it, pipes unescaped. */
export function cellText(cell: CellView | undefined): string {
  return (cell?.text ?? '').replaceAll('\\|', '|');
}

/** Column of the first header cell that matches, -1 where none does. */
export function columnOf(table: Block, pattern: RegExp): number {
  const header = table.children.find((row) => row.kind === 'row');
  return header ? cellsOf(header).findIndex((cell) => pattern.test(plain(cell.text))) : -1;
}

/** Rows below the header. */
export function bodyRows(table: Block): Block[] {
  return table.children.filter((row) => row.kind === 'row').slice(1);
}

/** A cell without marks of emphasis. */
export function plain(text: string): string {
  return text.replace(/[*`]|~~/g, '').trim();
}

function escapePipes(value: string): string {
  return value.replaceAll('\\|', '|').replaceAll('|', '\\|');
}

function padding(cell: CellView): { lead: number; trail: number } {
  const width = cell.inner.end - cell.inner.start;
  if (cell.text === '') return { lead: 1, trail: 1 };
  const lead = cell.start - cell.inner.start;
  return { lead, trail: width - lead - cell.text.length };
}

function spaces(
  align: 'left' | 'right' | 'center',
  free: number,
  lead: number,
  trail: number,
): [number, number] {
  const least = Math.min(lead, 1);
  const leastTrail = Math.min(trail, 1);
  if (align === 'right') return [Math.max(least, free - trail), trail];
  if (align === 'center') {
    const left = Math.max(least, Math.floor(free / 2));
    return [left, Math.max(leastTrail, free - left)];
  }
  return [lead, Math.max(leastTrail, free - lead)];
}

function alignment(table: Block, index: number): 'left' | 'right' | 'center' {
  const row = table.children.find((one) => one.kind === 'delimiterRow');
  const dashes = row ? (cellsOf(row)[index]?.text ?? '') : '';
  if (!dashes.endsWith(':')) return 'left';
  return dashes.startsWith(':') ? 'center' : 'right';
}

/** Columns a text takes in a fixed-width font: two for East Asian wide characters and emoji. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{Mn}|\u200d/u.test(char)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]|\p{Emoji_Presentation}/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return width;
}
