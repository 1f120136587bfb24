import type { BufferEdit, OpenBuffer } from '../../../schemas/wire/units';
import { commonEnd, linesOf, splitLines } from './lines';
import { rebaseEdits, type LineEdit } from './merge';
import { withEndsOf } from './rebase';

export type BufferAnswer =
  | { readonly kind: 'edits'; readonly edits: readonly BufferEdit[]; readonly saved: Uint8Array }
  | {
      readonly kind: 'overlap';
      readonly at: { readonly start: number; readonly end: number };
      readonly saved: Uint8Array;
    }
  /** The text could not be saved as it would have to be. */
  | { readonly kind: 'encoding' };

/**
 * The edits of an open document that make there what leads from `base` to another composition, and the bytes
 * the document would be saved as. Refused where saving would change what nobody decided on: an encoding
 * that does not hold the text, or line ends that are mixed on the disk and would be made one kind.
 */
export function editBuffer(base: Uint8Array, edits: readonly LineEdit[], buffer: OpenBuffer): BufferAnswer {
  const codec = codecs[buffer.encoding.toLowerCase().replaceAll(/[-_]/g, '')];
  if (codec === undefined) return { kind: 'encoding' };
  const from = linesOf(base);
  const decode = (lines: readonly string[]): string[] =>
    lines.map((line) => codec.decode(Buffer.from(line, 'latin1')));
  const before = decode(from.lines);
  const faithful = Buffer.compare(codec.encode(before.join('')), base) === 0;
  const mixed = commonEnd(from) === undefined && from.lines.length > 1;
  if (!faithful || mixed) return { kind: 'encoding' };

  const now = { width: 'bytes' as const, lines: splitLines(buffer.text, 'bytes') };
  const texts = edits.map((edit) => ({ ...edit, lines: decode(edit.lines) }));
  const ended = withEndsOf(now, { width: 'bytes', lines: before }, texts);
  const rebased = rebaseEdits(ended.base, now.lines, ended.edits);
  if (!rebased.ok) return { kind: 'overlap', at: rebased.at, saved: codec.encode(buffer.text) };
  const asEdits = inCodeUnits(now.lines, rebased.edits);
  const text = withEdits(buffer.text, asEdits);
  const saved = codec.encode(text);
  const holds = codec.decode(codec.mark ? saved.subarray(codec.mark) : saved) === text;
  return holds ? { kind: 'edits', edits: asEdits, saved } : { kind: 'encoding' };
}

/** The text with edits made that are in its own code units. */
export function withEdits(text: string, edits: readonly BufferEdit[]): string {
  let out = '';
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

function inCodeUnits(lines: readonly string[], edits: readonly LineEdit[]): BufferEdit[] {
  let line = 0;
  let offset = 0;
  const upTo = (end: number): number => {
    for (; line < end; line++) offset += lines[line]!.length;
    return offset;
  };
  return edits.map((edit) => ({
    start: upTo(edit.start),
    end: upTo(edit.end),
    text: edit.lines.join(''),
  }));
}

interface Codec {
  /** Bytes of the byte order mark that files of this encoding begin with. */
  readonly mark: number;
  /** Of lines without the mark. */
  decode(bytes: Uint8Array): string;
  /** The whole file, with the mark. */
  encode(text: string): Uint8Array;
}

const utf8 = (marked: boolean): Codec => ({
  mark: marked ? 3 : 0,
  decode: (bytes) => Buffer.from(bytes).toString('utf8'),
  encode: (text) => Buffer.from(marked ? `\ufeff${text}` : text, 'utf8'),
});

const utf16 = (bigEndian: boolean): Codec => {
  const swapped = (bytes: Uint8Array): Buffer => {
    const copy = Buffer.from(bytes);
    return bigEndian ? copy.swap16() : copy;
  };
  return {
    mark: 2,
    decode: (bytes) => (bytes.length % 2 === 0 ? swapped(bytes).toString('utf16le') : '\ufffd'),
    encode: (text) => swapped(Buffer.from(`\ufeff${text}`, 'utf16le')),
  };
};

const latin1: Codec = {
  mark: 0,
  decode: (bytes) => Buffer.from(bytes).toString('latin1'),
  encode: (text) => Buffer.from(text, 'latin1'),
};

/** By VS Code's names without dashes. Others could not be checked, and are refused. */
const codecs: Readonly<Record<string, Codec>> = {
  utf8: utf8(false),
  utf8bom: utf8(true),
  utf16le: utf16(false),
  utf16be: utf16(true),
  iso88591: latin1,
};
