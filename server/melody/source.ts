import { parse, printParseErrorCode, stripComments, visit, type ParseError } from 'jsonc-parser';
import type { Json } from '../base';
import { melodyLimits } from '../../schemas/melody';
import { finding, wholeFile } from './findings';
import { locator, pathText } from './place';
import type { Finding, Path } from './types';

/** A text read as JSON with comments: its value, or why there is none. */
export type Source =
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly findings: readonly Finding[] };

/** Names that mean something to objects themselves; nothing in a Melody may be called so. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads JSON with comments and trailing commas. Refused with their places: too many bytes (before anything is
 * read), nothing, broken syntax, brackets too deep, keys that stand twice or are forbidden.
 */
export function readSource(text: string, file: string): Source {
  const refuse = (...findings: Finding[]): Source => ({ ok: false, findings });
  // A character is at least one byte, so that this holds before the bytes are counted.
  if (text.length > melodyLimits.fileBytes) return refuse(tooLarge(file, text.length));
  const shape = lookOver(text);
  if (shape.blank) return refuse(finding('melody.empty', { file }, wholeFile(file)));
  if (shape.tooDeepAt !== undefined) {
    const place = { file, ...locator(text)(shape.tooDeepAt), path: '' };
    return refuse(finding('melody.tooDeep', { most: melodyLimits.depth }, place));
  }
  const value = shape.unclosed ? undefined : quickly(text, shape);
  if (value !== undefined) {
    const keys = countKeys(value);
    // As many keys in the value as colons in the text: none stood twice and was lost.
    if (!keys.forbidden && keys.count === shape.colons) return { ok: true, value };
  }
  const findings = [...syntaxOf(text, file), ...keysOf(text, file)];
  if (findings.length > 0) return refuse(...findings);
  return { ok: true, value: parse(text, [], { allowTrailingComma: true }) as Json };
}

export const tooLarge = (file: string, bytes: number): Finding =>
  finding('melody.tooLarge', { file, bytes, most: melodyLimits.fileBytes }, wholeFile(file));

interface Shape {
  readonly blank: boolean;
  readonly comments: boolean;
  readonly unclosed: boolean;
  readonly colons: number;
  readonly tooDeepAt: number | undefined;
}

/** One pass over the characters, without recursion, so that the parsers only see what they can bear. */
function lookOver(text: string): Shape {
  let [depth, colons, blank, comments, unclosed] = [0, 0, true, false, false];
  let tooDeepAt: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 0xfeff) continue;
    if (code === 47) {
      const second = text.charCodeAt(at + 1);
      const end = second === 47 ? text.indexOf('\n', at) : second === 42 ? text.indexOf('*/', at + 2) : -2;
      if (end !== -2) {
        comments = true;
        unclosed ||= second === 42 && end === -1;
        at = end === -1 ? text.length : second === 47 ? end : end + 1;
        continue;
      }
    }
    blank = false;
    if (code === 34) at = endOfString(text, at);
    else if (code === 58) colons++;
    else if (code === 123 || code === 91) {
      if (++depth > melodyLimits.depth) {
        tooDeepAt = at;
        break;
      }
    } else if (code === 125 || code === 93) depth--;
  }
  return { blank, comments, unclosed, colons, tooDeepAt };
}

/** The offset of the quote that ends a string, or the end of its line where it has none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 34 || code === 10) return at;
  }
  return text.length;
}

/** The built-in parser, which is ten times faster; undefined where it does not understand the text. */
function quickly(text: string, shape: Shape): Json | undefined {
  try {
    return JSON.parse(shape.comments ? stripComments(text, ' ') : text) as Json;
  } catch {
    return undefined;
  }
}

/** Counts keys and looks for forbidden ones. */
export function countKeys(value: Json): { readonly count: number; readonly forbidden: boolean } {
  let [count, forbidden] = [0, false];
  const open: Json[] = [value];
  while (open.length > 0) {
    const next = open.pop()!;
    if (next === null || typeof next !== 'object') continue;
    if (Array.isArray(next)) {
      for (const item of next as readonly Json[]) if (typeof item === 'object') open.push(item);
      continue;
    }
    for (const key of Object.keys(next)) {
      count++;
      if (forbiddenKeys.has(key)) forbidden = true;
      const inner = (next as Readonly<Record<string, Json>>)[key]!;
      if (typeof inner === 'object') open.push(inner);
    }
  }
  return { count, forbidden };
}

function syntaxOf(text: string, file: string): Finding[] {
  const errors: ParseError[] = [];
  parse(text, errors, { allowTrailingComma: true });
  const locate = locator(text);
  // One slip makes many errors after it; the first ones are those to correct.
  return errors.slice(0, 10).map(({ error, offset }) => {
    const detail = printParseErrorCode(error)
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase();
    return finding('melody.syntax', { detail }, { file, ...locate(offset), path: '' });
  });
}

/** Keys that stand twice in one object, and keys nothing may have. */
function keysOf(text: string, file: string): Finding[] {
  const found: Finding[] = [];
  const locate = locator(text);
  const objects: Map<string, number>[] = [];
  visit(
    text,
    {
      onObjectBegin: () => void objects.push(new Map()),
      onObjectEnd: () => void objects.pop(),
      onObjectProperty: (key, offset, _length, _line, _character, pathSupplier) => {
        const keys = objects.at(-1);
        const path: Path = pathSupplier();
        const place = () => ({ file, ...locate(offset), path: pathText([...path, key]) });
        const first = keys?.get(key);
        if (forbiddenKeys.has(key)) found.push(finding('melody.keyForbidden', { key }, place()));
        else if (first !== undefined)
          found.push(finding('melody.keyTwice', { key, first: locate(first).line }, place()));
        else keys?.set(key, offset);
      },
    },
    { allowTrailingComma: true },
  );
  return found.slice(0, 100);
}
