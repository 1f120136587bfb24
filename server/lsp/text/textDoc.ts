import type { Position, Range } from 'vscode-languageserver';

/** How columns are counted: UTF-16 units unless the client offers bytes of UTF-8. */
export type PositionEncoding = 'utf-16' | 'utf-8';

/** A text with its lines; offsets are UTF-16 units everywhere inside, positions are the client's. */
export class TextDoc {
  #starts: readonly number[] | undefined;
  #feeds: readonly number[] | undefined;

  constructor(
    readonly uri: string,
    readonly text: string,
    readonly encoding: PositionEncoding,
    /** As the editor counts; null for a text from the disk. */
    readonly version: number | null = null,
  ) {}

  /** The position of an offset; offsets outside the text mean its ends. */
  positionAt(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length));
    const starts = this.starts;
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    const units = at - starts[low]!;
    return {
      line: low,
      character: this.encoding === 'utf-16' ? units : bytesOf(this.text, starts[low]!, at),
    };
  }

  /** The offset of a position; a column behind the end of its line means that end. */
  offsetAt({ line, character }: Position): number {
    const start = this.starts[Math.max(0, line)];
    if (line < 0) return 0;
    if (start === undefined) return this.text.length;
    const end = this.lineEnd(start);
    if (this.encoding === 'utf-16') return Math.min(start + Math.max(0, character), end);
    return offsetOfByte(this.text, start, end, character);
  }

  range(start: number, end: number): Range {
    return { start: this.positionAt(start), end: this.positionAt(end) };
  }

  /** Where a line begins that planning counted: from 1, and by line feeds alone. */
  startOfLine(line: number): number {
    this.#feeds ??= startsOf(this.text, /\n/g);
    return this.#feeds[Math.max(0, line - 1)] ?? this.text.length;
  }

  /** The characters of such a line without its indentation and its end. */
  lineSpan(line: number): { readonly start: number; readonly end: number } {
    const start = this.startOfLine(line);
    const end = this.lineEnd(start);
    const text = this.text.slice(start, Math.min(end, start + 10_000));
    return { start: start + (text.length - text.trimStart().length), end: Math.max(start, end) };
  }

  get lineCount(): number {
    return this.starts.length;
  }

  private get starts(): readonly number[] {
    return (this.#starts ??= startsOf(this.text, /\r\n|\n|\r/g));
  }

  private lineEnd(start: number): number {
    ends.lastIndex = start;
    return ends.exec(this.text)?.index ?? this.text.length;
  }
}

/** A change as an editor sends it: a range with its new text, or a whole new text. */
export interface TextChange {
  readonly range?: Range;
  readonly text: string;
}

/** The text after changes, each of which counts on those before it. */
export function changedDoc(doc: TextDoc, changes: readonly TextChange[], version: number): TextDoc {
  let now = doc;
  for (const { range, text } of changes) {
    const [from, to] = range ? [now.offsetAt(range.start), now.offsetAt(range.end)] : [0, now.text.length];
    const next = now.text.slice(0, Math.min(from, to)) + text + now.text.slice(Math.max(from, to));
    now = new TextDoc(doc.uri, next, doc.encoding, version);
  }
  return now;
}

const ends = /[\r\n]/g;

function startsOf(text: string, end: RegExp): number[] {
  const starts = [0];
  end.lastIndex = 0;
  for (let match = end.exec(text); match; match = end.exec(text)) starts.push(match.index + match[0].length);
  return starts;
}

function bytesOf(text: string, from: number, to: number): number {
  let bytes = 0;
  for (let at = from; at < to; at++) {
    const size = byteSize(text, at);
    bytes += size;
    if (size === 4) at++;
  }
  return bytes;
}

function offsetOfByte(text: string, start: number, end: number, byte: number): number {
  let [at, bytes] = [start, 0];
  while (at < end) {
    const size = byteSize(text, at);
    if (bytes + size > byte) return at;
    bytes += size;
    at += size === 4 ? 2 : 1;
  }
  return end;
}

/** Bytes of the character that begins at `at`; a lone surrogate is shown as U+FFFD, which takes three. */
function byteSize(text: string, at: number): 1 | 2 | 3 | 4 {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  if (unit < 0xd800 || unit > 0xdbff) return 3;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 4 : 3;
}
