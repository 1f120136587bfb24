import { problem } from '../../base';
import { type Block, endOf, leaf } from '../text/nodes';
import type { Splice } from '../text/splice';
import { type Entry, frontmatterEntries, sameKey, scalarOf } from '../text/values';
import { oneLine, proved } from './prove';

export interface SetFrontmatter {
  readonly file: string;
  /** A key, or `progress.percent` for a key one level below another. */
  readonly key: string;
  readonly value: string;
  /** Adds the key as the last one where it is missing. */
  readonly add?: boolean;
}

/**
 * Sets one scalar of frontmatter. The key keeps its spelling, the value its quotes, the line its comment;
 * lines a longer value used to take go. Throws `planning.fieldUnknown` and `planning.valueRefused`.
 */
export function setFrontmatter(blocks: readonly Block[], set: SetFrontmatter): readonly Splice[] {
  const value = oneLine(set.value, set.file, set.key);
  const entry = findEntry(blocks, set.key);
  if (!entry) {
    const splice = set.add === true ? addition(blocks, set.key, value) : undefined;
    if (!splice) {
      const known = (frontmatterEntries(blocks) ?? []).map((one) => one.key).join(', ');
      throw problem('planning.fieldUnknown', { file: set.file, field: set.key, known });
    }
    return proveScalar(blocks, [splice], set.file, set.key, value);
  }
  if (!isScalar(entry)) {
    throw problem('planning.valueRefused', {
      file: set.file,
      field: set.key,
      detail: 'it is a list or has keys of its own',
    });
  }
  if (scalarOf(entry)?.text === value) return [];
  return proveScalar(blocks, [replacement(entry, value)], set.file, set.key, value);
}

/** The unquoted text of a key, or undefined. */
export function frontmatterValue(blocks: readonly Block[], key: string): string | undefined {
  const entry = findEntry(blocks, key);
  return entry && isScalar(entry) ? (scalarOf(entry)?.text ?? '') : undefined;
}

function proveScalar(
  blocks: readonly Block[],
  splices: readonly Splice[],
  file: string,
  key: string,
  value: string,
): readonly Splice[] {
  return proved(blocks, splices, {
    file,
    what: key,
    holds: (edited) => frontmatterValue(edited, key) === value,
  });
}

function findEntry(blocks: readonly Block[], key: string): Entry | undefined {
  const [first, ...rest] = key.split('.');
  const entry = frontmatterEntries(blocks)?.find((one) => sameKey(one.key, first!));
  if (rest.length === 0 || !entry) return entry;
  const nested = entry.below.findIndex(
    (block) => block.kind === 'entry' && sameKey(leaf(block, 'key')!.text, rest.join('.')),
  );
  const block = entry.below[nested];
  if (!block) return undefined;
  const indent = leaf(block, 'indent')?.text.length ?? 0;
  const below: Block[] = [];
  for (const one of entry.below.slice(nested + 1)) {
    if (one.kind !== 'continuation' && (leaf(one, 'indent')?.text.length ?? 0) <= indent) break;
    below.push(one);
  }
  return { key: leaf(block, 'key')!.text, block, below };
}

function isScalar(entry: Entry): boolean {
  const value = leaf(entry.block, 'value')?.text ?? '';
  return (
    !/^[[{]/.test(value) && !entry.below.some((block) => block.kind === 'item' || block.kind === 'entry')
  );
}

function replacement(entry: Entry, value: string): Splice {
  const old = leaf(entry.block, 'value');
  const colon = leaf(entry.block, 'colon')!;
  const colonEnd = colon.start + colon.text.length;
  const written = writeScalar(value, old?.text ?? '');
  if (!old) {
    const hasGap = entry.block.leaves.find((one) => one.role === 'gap' && one.start === colonEnd);
    const at = hasGap ? hasGap.start + hasGap.text.length : colonEnd;
    return { start: at, end: at, text: hasGap ? written : ` ${written}` };
  }
  const last = entry.below.findLast((block) => block.kind === 'continuation');
  const end = last ? (leaf(last, 'value') ?? leaf(last, 'indent')) : old;
  return { start: old.start, end: (end ?? old).start + (end ?? old).text.length, text: written };
}

/** A new last line of the first frontmatter, with its line ends. */
function addition(blocks: readonly Block[], key: string, value: string): Splice | undefined {
  const frontmatter = blocks.find((block) => block.kind === 'frontmatter');
  const close = frontmatter?.children.at(-1);
  if (!frontmatter || close?.kind !== 'delimiter' || close === frontmatter.children[0] || key.includes('.'))
    return undefined;
  const before = frontmatter.children.at(-2)!;
  const eol = leaf(frontmatter.children[0]!, 'eol')?.text ?? '\n';
  const at = endOf(before);
  return { start: at, end: at, text: `${key}: ${writeScalar(value, '')}${eol}` };
}

/** A scalar in the quotes of the old one; plain text gets quotes only where a reader needs them. */
function writeScalar(value: string, old: string): string {
  if (old.startsWith("'")) return `'${value.replaceAll("'", "''")}'`;
  if (old.startsWith('"') || needsQuotes(value)) return `"${value.replace(/["\\]/g, '\\$&')}"`;
  return value;
}

function needsQuotes(value: string): boolean {
  return value === '' || /^[>|@`"'%&*!#{}[\],]|^[-?:](?:\s|$)|:\s|:$|\s#/.test(value);
}
