import { parse } from 'jsonc-parser';
import { stableStringify, type Json } from '../base';
import type { Melody } from '../../schemas/melody';
import { editText } from './edit';
import type { Edit, Path } from './types';

/**
 * Brings a text to say what `next` says with as few changes as it can: kept nodes and edges keep their lines,
 * their formatting and their comments. Throws `melody.editRefused` where that cannot be proved.
 */
export function updateText(text: string, next: Melody, file: string): string {
  const value = parse(text, [], { allowTrailingComma: true }) as Json;
  return editText(text, differences(value, next as unknown as Json), file);
}

interface Pair {
  readonly path: Path;
  readonly before: Json;
  readonly after: Json;
}

/** Edits that lead from one value to the other, in an order in which each finds what it names. */
export function differences(before: Json, after: Json): readonly Edit[] {
  const edits: Edit[] = [];
  const open: Pair[] = [{ path: [], before, after }];
  for (let pair = open.shift(); pair !== undefined; pair = open.shift()) {
    const { path } = pair;
    if (isObject(pair.before) && isObject(pair.after)) {
      for (const key of Object.keys(pair.before))
        if (pair.after[key] === undefined) edits.push({ path: [...path, key], value: undefined });
      for (const [key, value] of Object.entries(pair.after)) {
        const old = pair.before[key];
        if (old === undefined) edits.push({ path: [...path, key], value });
        else open.push({ path: [...path, key], before: old, after: value });
      }
    } else if (Array.isArray(pair.before) && Array.isArray(pair.after))
      open.push(
        ...listDifferences(path, pair.before as readonly Json[], pair.after as readonly Json[], edits),
      );
    else if (stableStringify(pair.before) !== stableStringify(pair.after))
      edits.push({ path, value: pair.after });
  }
  return edits;
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What makes an item of a list the same one after a change. */
function identity(item: Json): string {
  if (!isObject(item)) return stableStringify(item);
  if (typeof item['id'] === 'string') return `id ${item['id']}`;
  if (typeof item['from'] === 'string')
    return `edge ${[item['kind'], item['from'], item['to']].map(String).join(' ')}`;
  const name = item['name'] ?? item['port'];
  return typeof name === 'string' ? `name ${name}` : stableStringify(item);
}

/** Removes and inserts items; answers the pairs that are the same item before and after, at their new places. */
function listDifferences(
  path: Path,
  before: readonly Json[],
  after: readonly Json[],
  edits: Edit[],
): readonly Pair[] {
  const [old, next] = [before.map(identity), after.map(identity)];
  const wanted = new Set(next);
  const kept = old.filter((name) => wanted.has(name));
  const had = new Set(old);
  const order = next.filter((name) => had.has(name));
  const clear = had.size === old.length && wanted.size === next.length;
  // Items that changed their order, or that cannot be told apart: the list is written anew.
  if (!clear || kept.some((name, index) => name !== order[index])) {
    if (stableStringify(before) !== stableStringify(after)) edits.push({ path, value: after });
    return [];
  }
  for (let index = old.length - 1; index >= 0; index--)
    if (!wanted.has(old[index]!)) edits.push({ path: [...path, index], value: undefined });
  const pairs: Pair[] = [];
  after.forEach((item, index) => {
    if (had.has(next[index]!))
      pairs.push({ path: [...path, index], before: before[old.indexOf(next[index]!)]!, after: item });
    else edits.push({ path: [...path, index], value: item, insert: true });
  });
  return pairs;
}
