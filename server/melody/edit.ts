import {
  createScanner,
  findNodeAtLocation,
  parse,
  parseTree,
  type Node,
  type SyntaxKind,
} from 'jsonc-parser';
import { problem, stableStringify, type Json } from '../base';
import { laidOut } from './layout';
import { pathText } from './place';
import type { Edit } from './types';

/**
 * Makes changes in the text of a document and leaves everything else, comments included, as it is. Each change is
 * proved: the new text says exactly what was asked, and every comment outside of what was replaced is still there.
 * Throws `melody.editRefused` otherwise; the given text must be valid.
 */
export function editText(text: string, edits: readonly Edit[], file: string): string {
  let [now, value] = [text, valueOf(text)];
  // Values bring no comments along, so that a text without any needs no look at them.
  const hasComments = commentsOf(text).length > 0;
  for (const edit of edits) {
    const refuse: Refuse = (detail) =>
      problem('melody.editRefused', { file, path: pathText(edit.path), detail });
    if (edit.path.length === 0) throw refuse('the document itself cannot be replaced');
    const tree = parseTree(now, [], { allowTrailingComma: true })!;
    const target = findNodeAtLocation(tree, [...edit.path]);
    if (edit.value === undefined && target === undefined) throw refuse('there is nothing to remove');
    const next =
      edit.value === undefined ? removed(now, target!) : changed(now, tree, edit, edit.value, refuse);
    const replaced = edit.insert === true ? undefined : target;
    if (hasComments && commentsOf(now, replaced).join('\n') !== commentsOf(next).join('\n'))
      throw refuse('a comment would be lost');
    now = next;
    value = expected(value, edit);
  }
  if (stableStringify(valueOf(now)) === stableStringify(value)) return now;
  const path = edits.map((edit) => pathText(edit.path)).join(', ');
  throw problem('melody.editRefused', { file, path, detail: 'the text would say something else' });
}

/** Kinds of tokens by the numbers the library declares for them; its own names vanish when it is compiled. */
const token = { comma: 5, lineComment: 12, blockComment: 13, end: 17 } as const satisfies Record<
  string,
  SyntaxKind
>;

type Refuse = (detail: string) => Error;

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

/** Replaces a value, or puts a new one into the innermost object or list of its path that is there. */
function changed(text: string, tree: Node, { path, insert }: Edit, value: Json, refuse: Refuse): string {
  const target = insert === true ? undefined : findNodeAtLocation(tree, [...path]);
  if (target !== undefined) {
    const laid = laidOut(value, indentAt(text, target.offset));
    return splice(text, target.offset, target.length, laid);
  }
  let depth = path.length - 1;
  while (depth > 0 && findNodeAtLocation(tree, path.slice(0, depth)) === undefined) depth--;
  const container = depth === 0 ? tree : findNodeAtLocation(tree, path.slice(0, depth))!;
  const step = path[depth]!;
  if (container.type !== (typeof step === 'number' ? 'array' : 'object'))
    throw refuse(`there is no ${typeof step === 'number' ? 'list' : 'object'} to put it into`);
  const inner = path.slice(depth + 1).reduceRight<Json>((held, key) => ({ [String(key)]: held }), value);
  return inserted(text, container, step, inner);
}

/** Puts a property or an item into its container, on a line of its own where its neighbours have one. */
function inserted(text: string, container: Node, step: string | number, value: Json): string {
  const children = container.children ?? [];
  const label = typeof step === 'number' ? '' : `${JSON.stringify(step)}: `;
  const next = typeof step === 'number' ? children[step] : undefined;
  const last = children.at(-1);
  const neighbour = next ?? last;
  const outer = indentAt(text, container.offset);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  if (neighbour === undefined) {
    const indent = `${outer}  `;
    return splice(
      text,
      container.offset + 1,
      0,
      `${newline}${indent}${label}${laidOut(value, indent)}${newline}${outer}`,
    );
  }
  const indent = indentAt(text, neighbour.offset);
  const content = `${label}${laidOut(value, indent)}`;
  const between = text.slice(0, neighbour.offset).endsWith(`\n${indent}`) ? `,${newline}${indent}` : ', ';
  if (next !== undefined) return splice(text, next.offset, 0, `${content}${between}`);
  return splice(text, neighbour.offset + neighbour.length, 0, `${between}${content}`);
}

const splice = (text: string, offset: number, length: number, put: string): string =>
  text.slice(0, offset) +
  put.replace(/\r?\n/g, text.includes('\r\n') ? '\r\n' : '\n') +
  text.slice(offset + length);

/** The white space the line of an offset begins with. */
const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset))![0];

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
  // Only what lies on the way is copied; the rest is shared and never written to.
  const root = shallow(value);
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) {
    const inner = (parent as Record<string | number, unknown>)[step];
    // Objects on the way are made where they are absent.
    const copy = inner === undefined ? {} : shallow(inner as Json);
    (parent as Record<string | number, unknown>)[step] = copy;
    parent = copy;
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

const shallow = (value: Json): unknown =>
  Array.isArray(value) ? [...(value as readonly Json[])] : { ...(value as { readonly [key: string]: Json }) };
