import {
  applyEdits,
  createScanner,
  findNodeAtLocation,
  modify,
  parse,
  parseTree,
  type Node,
  type SyntaxKind,
} from 'jsonc-parser';
import { problem, stableStringify, type Json } from '../base';
import { pathText } from './place';
import type { Edit } from './types';

/**
 * Makes changes in the text of a document and leaves everything else, comments included, as it is. Each change is
 * proved: the new text says exactly what was asked, and every comment outside of what was replaced is still there.
 * Throws `melody.editRefused` otherwise; the given text must be valid.
 */
export function editText(text: string, edits: readonly Edit[], file: string): string {
  return edits.reduce((before, edit) => {
    const refuse = (detail: string) =>
      problem('melody.editRefused', { file, path: pathText(edit.path), detail });
    const tree = parseTree(before, [], { allowTrailingComma: true });
    const target = tree && findNodeAtLocation(tree, [...edit.path]);
    if (edit.path.length === 0) throw refuse('the document itself cannot be replaced');
    if (edit.value === undefined && target === undefined) throw refuse('there is nothing to remove');
    const after =
      edit.value === undefined ? removed(before, target!) : changed(before, edit, edit.value, refuse);
    if (stableStringify(valueOf(after)) !== stableStringify(expected(valueOf(before), edit)))
      throw refuse('the text would say something else');
    const replaced = edit.insert === true ? undefined : target;
    if (commentsOf(before, replaced).join('\n') !== commentsOf(after).join('\n'))
      throw refuse('a comment would be lost');
    return after;
  }, text);
}

/** Kinds of tokens by the numbers the library declares for them; its own names vanish when it is compiled. */
const token = { comma: 5, lineComment: 12, blockComment: 13, end: 17 } as const satisfies Record<
  string,
  SyntaxKind
>;

/** All comments of a text in their order, those inside `except` left out. */
export function commentsOf(text: string, except?: Pick<Node, 'offset' | 'length'>): readonly string[] {
  const scanner = createScanner(text, false);
  const found: string[] = [];
  for (let kind: number = scanner.scan(); kind !== token.end; kind = scanner.scan()) {
    if (kind !== token.lineComment && kind !== token.blockComment) continue;
    const at = scanner.getTokenOffset();
    if (except !== undefined && at > except.offset && at < except.offset + except.length) continue;
    found.push(scanner.getTokenValue().trimEnd());
  }
  return found;
}

const valueOf = (text: string): Json => parse(text, [], { allowTrailingComma: true }) as Json;

function changed(text: string, edit: Edit, value: Json, refuse: (detail: string) => Error): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const formattingOptions = { insertSpaces: !/^\t/m.test(text), tabSize: indentOf(text), eol };
  try {
    const isArrayInsertion = edit.insert ?? false;
    return applyEdits(text, modify(text, [...edit.path], value, { formattingOptions, isArrayInsertion }));
  } catch (thrown) {
    throw refuse(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

const indentOf = (text: string): number => /^( +)\S/m.exec(text)?.[1]?.length ?? 2;

/** Takes out one property or item with its comma and nothing else; the library would take comments before it along. */
function removed(text: string, target: Node): string {
  const whole = target.parent?.type === 'property' ? target.parent : target;
  const siblings = whole.parent?.children ?? [];
  const before = siblings[siblings.indexOf(whole) - 1];
  const end = whole.offset + whole.length;
  const comma = commaAfter(text, end) ?? (before && commaAfter(text, before.offset + before.length));
  let result = text.slice(0, whole.offset) + text.slice(end);
  let at = whole.offset;
  if (comma !== undefined) {
    const shifted = comma >= end ? comma - whole.length : comma;
    result = result.slice(0, shifted) + result.slice(shifted + 1);
    if (shifted < at) at--;
  }
  return withoutBlankLine(result, at);
}

/** Where the comma stands that follows, comments and white space between passed over. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  return (scanner.scan() as number) === token.comma ? scanner.getTokenOffset() : undefined;
}

/** Takes the line out where nothing is left on it, or the white space before what is left. */
function withoutBlankLine(text: string, at: number): string {
  let [start, end] = [at, at];
  while (start > 0 && /[ \t]/.test(text[start - 1]!)) start--;
  while (end < text.length && /[ \t\r]/.test(text[end]!)) end++;
  const alone = (start === 0 || text[start - 1] === '\n') && text[end] === '\n';
  return alone ? text.slice(0, start) + text.slice(end + 1) : text;
}

/** What the document must say after an edit. */
function expected(value: Json, { path, value: next, insert }: Edit): Json {
  const root = structuredCopy(value) as Record<string, unknown>;
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) {
    const inner = (parent as Record<string | number, unknown>)[step];
    // Objects on the way are made by the library where they are absent.
    parent = inner === undefined ? ((parent as Record<string | number, unknown>)[step] = {}) : inner;
  }
  const last = path.at(-1)!;
  if (Array.isArray(parent) && typeof last === 'number') {
    if (next === undefined) parent.splice(last, 1);
    else if (insert === true || last >= parent.length) parent.splice(last, 0, next);
    else parent[last] = next;
  } else if (next === undefined) delete (parent as Record<string, unknown>)[String(last)];
  else (parent as Record<string, unknown>)[String(last)] = next;
  return root as Json;
}

const structuredCopy = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;
