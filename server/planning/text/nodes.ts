/**
 * The concrete syntax of a planning file: blocks of leaves. Leaves hold every character of the file
 * exactly once and in order, so joining them gives the file back.
 */
export type BlockKind =
  | 'bom'
  | 'blank'
  | 'heading'
  | 'bullet'
  | 'field'
  | 'table'
  | 'row'
  | 'delimiterRow'
  | 'fence'
  | 'fenceLine'
  | 'comment'
  | 'details'
  | 'tag'
  | 'quote'
  | 'rule'
  | 'paragraph'
  | 'frontmatter'
  | 'delimiter'
  | 'entry'
  | 'item'
  | 'continuation'
  | 'remark'
  | 'data'
  | 'notUnderstood';

export type Role =
  | 'bom'
  | 'indent'
  | 'marker'
  | 'gap'
  | 'boxOpen'
  | 'mark'
  | 'boxClose'
  | 'strong'
  | 'name'
  | 'aside'
  | 'colon'
  | 'key'
  | 'value'
  | 'text'
  | 'tag'
  | 'pipe'
  | 'pad'
  | 'cell'
  | 'comment'
  | 'raw'
  | 'eol';

export interface Leaf {
  readonly role: Role;
  readonly text: string;
  /** Offset in the decoded text, in UTF-16 units. */
  readonly start: number;
}

export interface Block {
  readonly kind: BlockKind;
  /** 1-based. */
  readonly line: number;
  readonly start: number;
  readonly leaves: readonly Leaf[];
  readonly children: readonly Block[];
  /** Why a person should look at it: on `notUnderstood` blocks and on blocks whose end is missing. */
  readonly reason?: string;
}

/** A half-open range of the decoded text, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One line of the decoded text; `text` without its end of line. */
export interface Line {
  readonly text: string;
  readonly eol: string;
  readonly start: number;
  /** 1-based. */
  readonly number: number;
}

export function splitLines(text: string, from = 0, firstNumber = 1): Line[] {
  const lines: Line[] = [];
  let start = from;
  let number = firstNumber;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const hasReturn = feed > start && text.charCodeAt(feed - 1) === 13;
    const contentEnd = hasReturn ? end - 1 : end;
    const next = feed < 0 ? text.length : feed + 1;
    lines.push({ text: text.slice(start, contentEnd), eol: text.slice(contentEnd, next), start, number });
    start = next;
    number += 1;
  }
  return lines;
}

/** Leaves laid one after the other from `start`; empty ones are left out. */
export function leavesFrom(start: number, parts: readonly (readonly [Role, string | undefined])[]): Leaf[] {
  const leaves: Leaf[] = [];
  let at = start;
  for (const [role, text] of parts) {
    if (text === undefined || text === '') continue;
    leaves.push({ role, text, start: at });
    at += text.length;
  }
  return leaves;
}

/** A block of one line, whose parts together are the line without its end. */
export function lineBlock(
  kind: BlockKind,
  line: Line,
  parts: readonly (readonly [Role, string | undefined])[],
  reason?: string,
): Block {
  const leaves = leavesFrom(line.start, [...parts, ['eol', line.eol]]);
  const block = { kind, line: line.number, start: line.start, leaves, children: [] };
  return reason === undefined ? block : { ...block, reason };
}

export function compound(kind: BlockKind, children: readonly Block[], reason?: string): Block {
  const first = children[0]!;
  const block = { kind, line: first.line, start: first.start, leaves: [], children };
  return reason === undefined ? block : { ...block, reason };
}

/** Every character of the blocks, from their leaves alone. */
export function serialise(blocks: readonly Block[]): string {
  const parts: string[] = [];
  const visit = (block: Block): void => {
    for (const leaf of block.leaves) parts.push(leaf.text);
    for (const child of block.children) visit(child);
  };
  for (const block of blocks) visit(block);
  return parts.join('');
}

export function leaf(block: Block, role: Role): Leaf | undefined {
  return block.leaves.find((one) => one.role === role);
}

/** What a bullet, field, quote, heading or paragraph says: everything after its markers, without the end of line. */
export function contentOf(block: Block): string {
  return contentLeaves(block)
    .map((one) => one.text)
    .join('');
}

/** Its beginning, long enough for everything that names something; patterns stay fast on it. */
export function headOf(block: Block): string {
  return contentOf(block).slice(0, 2000);
}

/** Where that content begins. */
export function contentStart(block: Block): number {
  return contentLeaves(block)[0]?.start ?? endOf(block);
}

export function endOf(block: Block): number {
  const lastChild = block.children.at(-1);
  if (lastChild) return endOf(lastChild);
  const last = block.leaves.at(-1);
  return last ? last.start + last.text.length : block.start;
}

function contentLeaves(block: Block): readonly Leaf[] {
  let from = 0;
  while (from < block.leaves.length && structural.has(block.leaves[from]!.role)) from += 1;
  const to = block.leaves.at(-1)?.role === 'eol' ? -1 : block.leaves.length;
  return block.leaves.slice(from, to);
}

const structural = new Set<Role>(['bom', 'indent', 'marker', 'gap', 'boxOpen', 'mark', 'boxClose']);
