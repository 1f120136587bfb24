import { problem } from '../../base';
import { type Block, contentOf, leaf } from '../text/nodes';
import type { Splice } from '../text/splice';
import { cellsOf } from '../text/tables';
import { walk } from '../text/walk';
import { cellText, plain, setCell } from './cells';
import { frontmatterValue, setFrontmatter } from './frontmatter';
import { oneLine, proved } from './prove';

export interface SetField {
  readonly file: string;
  /** As in the file, case and `_` aside: `Last activity`, `status`. */
  readonly name: string;
  readonly value: string;
  /** Heading under which the field stands, where several have the name. */
  readonly section?: string;
}

/**
 * Sets a field of STATE, or of any file that has such fields, in the notation it has there: `**F:** v`,
 * `**F**: v`, `F: v`, a row of a table with two columns, or a key of the frontmatter. Lines on which the
 * old value went on go with it. Where several fields share the name, the one in its usual section is
 * meant. Throws `planning.fieldUnknown`, `planning.ambiguous` and `planning.valueRefused`.
 */
export function setField(blocks: readonly Block[], set: SetField): readonly Splice[] {
  const value = oneLine(set.value, set.file, set.name);
  const place = choose(blocks, set);
  if (!place) {
    const key = set.name.trim().replace(/[\s-]+/g, '_');
    if (set.section === undefined && frontmatterValue(blocks, key) !== undefined) {
      return setFrontmatter(blocks, { file: set.file, key, value });
    }
    const known = [...new Set(fields(blocks).map((field) => field.name))].slice(0, 30).join(', ');
    throw problem('planning.fieldUnknown', { file: set.file, field: set.name, known });
  }
  if (place.value === value) return [];
  const splice = place.write(value);
  const index = fields(blocks).findIndex((field) => field.line === place.line);
  const holds = (edited: readonly Block[]): boolean => {
    const field = fields(edited)[index];
    return field?.value === value && sameName(field.name, set.name);
  };
  return proved(blocks, [splice], { file: set.file, what: set.name, holds });
}

/** What a field says, lines it goes on to included; undefined where there is no such field. */
export function fieldValue(blocks: readonly Block[], name: string, section?: string): string | undefined {
  return choose(blocks, { file: '', name, value: '', ...(section === undefined ? {} : { section }) })?.value;
}

export interface Field {
  readonly name: string;
  readonly value: string;
  readonly headings: readonly string[];
  readonly details: number;
  readonly line: number;
  /** The splice that gives the field another value. */
  readonly write: (value: string) => Splice;
}

/** All fields of the body in order. */
export function fields(blocks: readonly Block[]): Field[] {
  const found: Field[] = [];
  for (const { block, index, headings, details } of walk(blocks)) {
    if (block.kind === 'table') {
      for (const row of fieldRows(block)) {
        const [first, second] = cellsOf(row);
        const name = plain(first!.text).replace(/:$/, '');
        const write = (value: string): Splice => setCell(block, row, 1, value)!;
        found.push({ name, value: cellText(second), headings, details, line: row.line, write });
      }
      continue;
    }
    const name = leaf(block, 'name');
    if (!name) continue;
    const below = continuation(blocks, index);
    const own = leaf(block, 'value')?.text.trim() ?? '';
    const value = [own, ...below.map((one) => contentOf(one).trim())].join(' ').trim();
    const write = (text: string): Splice => writeLine(block, below, text);
    found.push({ name: name.text.trim(), value, headings, details, line: block.line, write });
  }
  return found;
}

/** Sections in which STATE keeps its fields; elsewhere the same words are about other things. */
const usualSections: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:phase|plan|status|last activity|progress)$/, /^current position/],
  [/^(?:see|core value|current focus)$/, /^project reference/],
  [/^(?:last session|stopped at|resume file)$/, /^session(?: continuity)?/],
];

function choose(blocks: readonly Block[], set: SetField): Field | undefined {
  const named = fields(blocks).filter((field) => sameName(field.name, set.name));
  const { section } = set;
  const inSection = (field: Field, pattern: (heading: string) => boolean): boolean =>
    field.headings.some((heading) => pattern(heading.toLowerCase()));
  if (section !== undefined) {
    return named.find((field) => inSection(field, (heading) => heading === section.trim().toLowerCase()));
  }
  const usual = usualSections.find(([name]) => name.test(set.name.trim().toLowerCase()))?.[1];
  const right = usual && named.find((field) => inSection(field, (heading) => usual.test(heading)));
  if (right) return right;
  const open = named.filter((field) => field.details === 0);
  const candidates = open.length > 0 ? open : named;
  // Fields above the first section belong to the whole document.
  const top = candidates.filter((field) => field.headings.length <= 1);
  const rest = top.length > 0 ? top : candidates;
  if (rest.length > 1 && new Set(rest.map((field) => field.headings.join('/'))).size > 1) {
    const lines = rest.map((field) => field.line).join(', ');
    throw problem('planning.ambiguous', { file: set.file, what: set.name, lines });
  }
  return rest[0];
}

function sameName(left: string, right: string): boolean {
  const normal = (name: string): string =>
    name
      .trim()
      .toLowerCase()
      .replace(/[\s_]+/g, ' ')
      .replace(/:$/, '');
  return normal(left) === normal(right);
}

/** Rows of a table with two columns that hold a name and its value. */
function fieldRows(table: Block): Block[] {
  const rows = table.children.filter((row) => row.kind === 'row');
  if (rows.some((row) => cellsOf(row).length !== 2)) return [];
  const hasHeader = table.children[1]?.kind === 'delimiterRow';
  return hasHeader ? rows.slice(1) : rows;
}

/** The lines right below a field on which its value goes on: prose without a blank line between. */
function continuation(blocks: readonly Block[], index: number): Block[] {
  const field = blocks[index]!;
  const indent = leaf(field, 'indent')?.text.length ?? 0;
  const below: Block[] = [];
  for (const block of blocks.slice(index + 1, index + 1 + mostContinuation)) {
    const deeper = (leaf(block, 'indent')?.text.length ?? 0) > indent;
    const unmarked = block.kind === 'field' && deeper && !leaf(block, 'strong');
    if (block.kind !== 'paragraph' && !unmarked) break;
    if (field.kind === 'bullet' && !deeper) break;
    below.push(block);
  }
  return below;
}

const mostContinuation = 200;

function writeLine(block: Block, below: readonly Block[], text: string): Splice {
  const value = leaf(block, 'value');
  const eol = leaf(block, 'eol');
  const lineEnd = eol?.start ?? block.leaves.at(-1)!.start + block.leaves.at(-1)!.text.length;
  const last = below.at(-1);
  const lastContent = last?.leaves.findLast((one) => one.role !== 'eol');
  if (value && value.text.trim() !== '') {
    const end = lastContent
      ? lastContent.start + lastContent.text.length
      : value.start + value.text.trimEnd().length;
    return { start: value.start, end, text };
  }
  const end = lastContent ? lastContent.start + lastContent.text.length : lineEnd;
  const before = block.leaves.findLast((one) => one.role !== 'eol' && one.role !== 'value')!;
  const gap = before.role === 'gap' ? '' : ' ';
  return { start: before.start + before.text.length, end, text: text === '' ? '' : gap + text };
}
