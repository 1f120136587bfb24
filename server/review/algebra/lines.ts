/** How many bytes a character of a text takes at least, and in which order. */
export type Width = 'bytes' | 'utf16le' | 'utf16be';

/** A text as lines with their line breaks; joined they are the text again, byte for byte. */
export interface Lines {
  readonly width: Width;
  /** One latin1 character per byte. A byte order mark is part of the first line. */
  readonly lines: readonly string[];
}

const breaks: Readonly<Record<Exclude<Width, 'bytes'>, readonly [string, string]>> = {
  utf16le: ['\r\0', '\n\0'],
  utf16be: ['\0\r', '\0\n'],
};

/**
 * Splits bytes where editors break lines: after CRLF, LF, or a CR alone. Nothing is decoded, so that every
 * encoding, byte order mark and mixture of line ends comes through; UTF-16 is told by its mark.
 */
export function linesOf(bytes: Uint8Array): Lines {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const width = widthOf(bytes);
  return { width, lines: splitLines(text, width) };
}

/** The lines of a text that is one latin1 character per byte, or of any text where `width` is `bytes`. */
export const splitLines = (text: string, width: Width): string[] =>
  width === 'bytes' ? splitNarrow(text) : splitWide(text, ...breaks[width]);

/** The line break where nothing else is known. */
export const newLine = (width: Width): string => (width === 'bytes' ? '\n' : breaks[width][1]);

/** The bytes of lines as `linesOf` made them. */
export const bytesOf = (lines: readonly string[]): Uint8Array => Buffer.from(lines.join(''), 'latin1');

/** Whether git would call it binary: a zero byte among the first 8,000; UTF-16 with its mark is a text. */
export function holdsBinary(bytes: Uint8Array): boolean {
  return widthOf(bytes) === 'bytes' && bytes.subarray(0, 8000).includes(0);
}

/** The line break at the end of a line; '' at the end of a file without a final newline. */
export function endOf(line: string, width: Width): string {
  if (width !== 'bytes') {
    const [cr, lf] = breaks[width];
    if (line.endsWith(cr + lf)) return cr + lf;
    return line.endsWith(lf) ? lf : line.endsWith(cr) ? cr : '';
  }
  if (line.endsWith('\r\n')) return '\r\n';
  return line.endsWith('\n') ? '\n' : line.endsWith('\r') ? '\r' : '';
}

/** The line with another line break; a line without one stays as it is. */
export function withEnd(line: string, end: string, width: Width): string {
  const own = endOf(line, width);
  return own === '' || own === end ? line : line.slice(0, line.length - own.length) + end;
}

/** The one line break all lines have; undefined where they are mixed or there is none. */
export function commonEnd({ lines, width }: Lines): string | undefined {
  let common: string | undefined;
  for (const line of lines) {
    const end = endOf(line, width);
    if (end === '') continue;
    if (common !== undefined && common !== end) return undefined;
    common = end;
  }
  return common;
}

/** The line break most lines have; undefined where there is none. */
export function usualEnd({ lines, width }: Lines): string | undefined {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const end = endOf(line, width);
    if (end !== '') counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function widthOf(bytes: Uint8Array): Width {
  if (bytes.length % 2 !== 0) return 'bytes';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf16be' : 'bytes';
}

function splitNarrow(text: string): string[] {
  const lines: string[] = [];
  if (!text.includes('\r')) {
    for (let at = 0; at < text.length;) {
      const next = text.indexOf('\n', at);
      const end = next === -1 ? text.length : next + 1;
      lines.push(text.slice(at, end));
      at = end;
    }
    return lines;
  }
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
}

/** Looks for the breaks at even places only: a byte of one character and one of the next are no break. */
function splitWide(text: string, cr: string, lf: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 2) {
    const unit = text.slice(at, at + 2);
    if (unit !== lf && unit !== cr) continue;
    if (unit === cr && text.slice(at + 2, at + 4) === lf) at += 2;
    lines.push(text.slice(start, at + 2));
    start = at + 2;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}
