import { type Block, leaf } from './nodes';
import { type Entry, type Value, flowItems, scalarOf, unquote } from './values';

/** A value of frontmatter with its structure: text, a list, or keys with values. */
export type Nested =
  | { readonly kind: 'text'; readonly value: Value }
  | { readonly kind: 'list'; readonly items: readonly Nested[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Nested> };

/**
 * The value of a key with everything indented below it, lists of objects and flow style included.
 * Indentation of any width is accepted; nothing is converted, every scalar stays text.
 */
export function nestedOf(entry: Entry): Nested {
  const own = leaf(entry.block, 'value');
  if (own) return ofInline(entry, own.text);
  return readBelow(
    entry.below.filter(
      (block) => block.kind === 'entry' || block.kind === 'item' || block.kind === 'continuation',
    ),
  );
}

/** The member of a map, or undefined. Keys are compared as written. */
export function member(nested: Nested | undefined, key: string): Nested | undefined {
  return nested?.kind === 'map' ? nested.entries.get(key) : undefined;
}

/** The texts of a list, or of a single text. */
export function textsOf(nested: Nested | undefined): string[] {
  if (!nested) return [];
  if (nested.kind === 'text') return [nested.value.text];
  return nested.kind === 'list'
    ? nested.items.flatMap((item) => (item.kind === 'text' ? [item.value.text] : []))
    : [];
}

function ofInline(entry: Entry, written: string): Nested {
  const value = scalarOf(entry)!;
  if (/^[[{]/.test(written)) return ofFlow(value.text, value.line, value.start);
  return { kind: 'text', value };
}

/** Text in flow style: `[a, b]`, `{a: b}`, or a plain scalar. */
function ofFlow(text: string, line: number, start: number, depth = 0): Nested {
  const trimmed = text.trim();
  const plain: Nested = {
    kind: 'text',
    value: { text: unquote(trimmed), line, start, end: start + text.length },
  };
  if (depth > 20 || !/^[[{]/.test(trimmed)) return plain;
  const inner = flowItems({ role: 'value', text: trimmed, start }, line, { flow: true, asWritten: true });
  if (trimmed.startsWith('[')) {
    return { kind: 'list', items: inner.map((item) => ofFlow(item.text, line, item.start, depth + 1)) };
  }
  const entries = new Map<string, Nested>();
  for (const item of inner) {
    const pair = /^("[^"]*"|'[^']*'|[^:]+):\s*(.*)$/s.exec(item.text);
    if (pair) entries.set(unquote(pair[1]!.trim()), ofFlow(pair[2]!, line, item.start, depth + 1));
  }
  return { kind: 'map', entries };
}

/** Lines below a key: items make a list, keys a map; deeper lines belong to the line above them. */
function readBelow(blocks: readonly Block[]): Nested {
  const first = blocks[0];
  if (!first) return { kind: 'list', items: [] };
  const isList = first.kind === 'item';
  const groups: { head: Block; below: Block[] }[] = [];
  const indent = indentOf(first);
  for (const block of blocks) {
    const starts =
      block.kind !== 'continuation' && indentOf(block) <= indent && (block.kind === 'item') === isList;
    if (starts || groups.length === 0) groups.push({ head: block, below: [] });
    else groups.at(-1)!.below.push(block);
  }
  if (isList) return { kind: 'list', items: groups.map(({ head, below }) => itemOf(head, below)) };
  const entries = new Map<string, Nested>();
  for (const { head, below } of groups) {
    const key = leaf(head, 'key')?.text;
    if (key !== undefined) entries.set(key, nestedOf({ key, block: head, below }));
  }
  return { kind: 'map', entries };
}

/** `- text`, or `- key: value` with further keys below it. */
function itemOf(head: Block, below: readonly Block[]): Nested {
  const key = leaf(head, 'key')?.text;
  const value = leaf(head, 'value');
  if (key === undefined) {
    if (!value) return readBelow(below);
    return ofInline({ key: '', block: head, below }, value.text);
  }
  const keyIndent = leaf(head, 'key')!.start - head.start;
  const own = below.filter((block) => indentOf(block) > keyIndent || block.kind === 'continuation');
  const firstSibling = below.findIndex((block) => block.kind === 'entry' && indentOf(block) <= keyIndent);
  const ownBelow = firstSibling < 0 ? own : below.slice(0, firstSibling);
  const entries = new Map<string, Nested>([[key, nestedOf({ key, block: head, below: ownBelow })]]);
  if (firstSibling >= 0) {
    const rest = readBelow(below.slice(firstSibling));
    if (rest.kind === 'map') for (const [name, nested] of rest.entries) entries.set(name, nested);
  }
  return { kind: 'map', entries };
}

function indentOf(block: Block): number {
  return leaf(block, 'indent')?.text.length ?? 0;
}
