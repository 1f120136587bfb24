import { type Block, type Leaf, leaf } from './nodes';

/** A value read from frontmatter, unquoted, with its place. */
export interface Value {
  readonly text: string;
  readonly line: number;
  /** Of the text as written, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** A top-level key of frontmatter with the blocks that make up its value. */
export interface Entry {
  readonly key: string;
  readonly block: Block;
  /** The lines below the key that belong to it. */
  readonly below: readonly Block[];
}

/** The top-level keys of the first frontmatter; undefined where the file has none. */
export function frontmatterEntries(blocks: readonly Block[]): Entry[] | undefined {
  const frontmatter = blocks.find((block) => block.kind === 'frontmatter');
  if (!frontmatter) return undefined;
  const entries: { key: string; block: Block; below: Block[] }[] = [];
  for (const block of frontmatter.children) {
    if (block.kind === 'delimiter') continue;
    if (block.kind === 'entry' && !leaf(block, 'indent')) {
      entries.push({ key: leaf(block, 'key')!.text, block, below: [] });
    } else entries.at(-1)?.below.push(block);
  }
  return entries;
}

/** Finds a key; `_` and `-` are the same, and so is case. */
export function entryOf(entries: readonly Entry[] | undefined, key: string): Entry | undefined {
  return entries?.find((entry) => sameKey(entry.key, key));
}

export function sameKey(left: string, right: string): boolean {
  return left.replaceAll('_', '-').toLowerCase() === right.replaceAll('_', '-').toLowerCase();
}

/** The value on the key's own line and its folded continuation, unquoted; undefined when it is empty. */
export function scalarOf(entry: Entry | undefined): Value | undefined {
  const value = entry && leaf(entry.block, 'value');
  if (!value) return undefined;
  const folded = entry.below
    .filter((block) => block.kind === 'continuation')
    .map((block) => leaf(block, 'value')?.text ?? '');
  const isBlock = /^[|>][+-]?\d?\s*(#.*)?$/.test(value.text);
  const text = (isBlock ? folded : [value.text, ...folded])
    .join(value.text.startsWith('|') ? '\n' : ' ')
    .trim();
  return {
    text: unquote(text),
    line: entry.block.line,
    start: value.start,
    end: value.start + value.text.length,
  };
}

/** The entries of a flow list, of a block list, or of a scalar with commas. Nothing for `[]`, `null`, `~`. */
export function listOf(entry: Entry | undefined): Value[] {
  if (!entry) return [];
  const value = leaf(entry.block, 'value');
  if (value) {
    const leaves: [Leaf, number][] = [[value, entry.block.line]];
    for (const block of entry.below) {
      const more = block.kind === 'continuation' ? leaf(block, 'value') : undefined;
      if (more) leaves.push([more, block.line]);
    }
    return leaves.flatMap(([one, line]) => flowItems(one, line, { flow: value.text.startsWith('[') }));
  }
  let itemIndent = -1;
  const items: Value[] = [];
  for (const block of entry.below) {
    if (block.kind !== 'item') continue;
    const indent = leaf(block, 'indent')?.text.length ?? 0;
    if (itemIndent < 0) itemIndent = indent;
    if (indent !== itemIndent) continue;
    const first = leaf(block, 'key') ?? leaf(block, 'value');
    const last = leaf(block, 'value') ?? leaf(block, 'colon');
    if (!first || !last) continue;
    const text = block.leaves
      .filter((one) => one.start >= first.start && one.start <= last.start)
      .map((one) => one.text)
      .join('');
    items.push({
      text: unquote(text),
      line: block.line,
      start: first.start,
      end: last.start + last.text.length,
    });
  }
  return items.filter((item) => item.text !== '');
}

export function unquote(text: string): string {
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) {
    return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  }
  if (text.length >= 2 && text.startsWith("'") && text.endsWith("'"))
    return text.slice(1, -1).replaceAll("''", "'");
  return text;
}

/**
 * Splits `[a, "b, c"]` or `{a: b}`, or one line of it, at commas outside quotes and brackets.
 * Without `flow` brackets are part of the text; `asWritten` keeps quotes.
 */
export function flowItems(
  one: Leaf,
  line: number,
  { flow, asWritten = false }: { readonly flow: boolean; readonly asWritten?: boolean },
): Value[] {
  const from = flow && /^[[{]/.test(one.text) ? 1 : 0;
  const trimmedEnd = one.text.trimEnd().length;
  const to = flow && /[\]}]/.test(one.text[trimmedEnd - 1] ?? '') ? trimmedEnd - 1 : one.text.length;
  const items: Value[] = [];
  let quote = '';
  let depth = 0;
  let begin = from;
  const push = (end: number): void => {
    const raw = one.text.slice(begin, end);
    const trimmed = raw.trim();
    const start = one.start + begin + (raw.length - raw.trimStart().length);
    const text = asWritten ? trimmed : unquote(trimmed);
    if (text !== '' && !/^(?:null|~)$/i.test(trimmed)) {
      items.push({ text, line, start, end: start + trimmed.length });
    }
    begin = end + 1;
  };
  for (let at = from; at < to; at++) {
    const char = one.text[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && /[[{\s,]/.test(one.text[at - 1] ?? ' ')) quote = char;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    else if (char === ',' && depth <= 0) push(at);
  }
  push(to);
  return items;
}
