import { findNodeAtLocation, parseTree, type Node } from 'jsonc-parser';
import type { Path, Place } from './types';

/** A path as people read it: `nodes[3].inputs[0].type`; keys that are no names are quoted. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path)
    text +=
      typeof step === 'number'
        ? `[${step}]`
        : /^[A-Za-z_$][\w$-]*$/.test(step)
          ? `${text === '' ? '' : '.'}${step}`
          : `[${JSON.stringify(step)}]`;
  return text;
}

/** Line and column, both from 1, of an offset. */
export type Locate = (offset: number) => { readonly line: number; readonly column: number };

/** Finds lines by halving; the text is looked through once. */
export function locator(text: string): Locate {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/** A place in words, for messages. */
export function placeText({ file, line, column, path }: Place): string {
  if (line > 0) return `${file} line ${line}, column ${column}`;
  return path === '' ? file : `${file} at ${path}`;
}

/** Finds values of a document in its text. Made when the first finding needs it: whole files have none. */
export class SourceMap {
  readonly #text: string;
  readonly #locate: Locate;
  #tree: Node | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#locate = locator(text);
  }

  at = (offset: number) => this.#locate(offset);

  /** Where the value of a path begins, or the nearest value around it; `inside` counts characters of a string. */
  offsetOf(path: Path, inside?: number): number {
    this.#tree ??= parseTree(this.#text, [], { allowTrailingComma: true });
    if (this.#tree === undefined) return 0;
    for (let length = path.length; length >= 0; length--) {
      const node = findNodeAtLocation(this.#tree, path.slice(0, length) as (string | number)[]);
      if (node === undefined) continue;
      const whole = length === path.length && inside !== undefined && node.type === 'string';
      return whole
        ? node.offset + insideString(this.#text.substr(node.offset, node.length), inside)
        : node.offset;
    }
    return this.#tree.offset;
  }

  /** Where the key of a property stands. */
  keyOffset(path: Path): number {
    this.#tree ??= parseTree(this.#text, [], { allowTrailingComma: true });
    const node = this.#tree && findNodeAtLocation(this.#tree, [...path] as (string | number)[]);
    return node?.parent?.type === 'property' ? node.parent.offset : this.offsetOf(path);
  }
}

/** The offset within a quoted string of its n-th character; an escape is one character however long it is. */
function insideString(quoted: string, count: number): number {
  let at = 1;
  for (let seen = 0; seen < count && at < quoted.length - 1; seen++)
    at += quoted[at] !== '\\' ? 1 : quoted[at + 1] === 'u' ? 6 : 2;
  return at;
}
