/** A text file as its bytes say: decoding and encoding again gives the same bytes. */
export interface TextFile {
  readonly text: string;
  readonly encoding: Encoding;
  readonly bom: boolean;
}
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';

/**
 * Bytes as text, or undefined for binary content (a NUL outside UTF-16). UTF-8 where it is valid, UTF-16
 * where a byte order mark says so, else Latin-1, which keeps every byte.
 */
export function decode(bytes: Buffer): TextFile | undefined {
  if (bytes.length >= 2 && bytes.length % 2 === 0) {
    if (bytes[0] === 0xff && bytes[1] === 0xfe)
      return { text: bytes.toString('utf16le', 2), encoding: 'utf-16le', bom: true };
    if (bytes[0] === 0xfe && bytes[1] === 0xff)
      return { text: Buffer.from(bytes).swap16().toString('utf16le', 2), encoding: 'utf-16be', bom: true };
  }
  if (bytes.includes(0)) return undefined;
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    const body = bom ? bytes.subarray(3) : bytes;
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body),
      encoding: 'utf-8',
      bom,
    };
  } catch {
    return { text: bytes.toString('latin1'), encoding: 'latin1', bom: false };
  }
}

/** The bytes of a text, or undefined when its encoding cannot hold a character. */
export function encode({ text, encoding, bom }: TextFile): Buffer | undefined {
  switch (encoding) {
    case 'utf-8': {
      const body = Buffer.from(text, 'utf8');
      return bom ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) : body;
    }
    case 'utf-16le':
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 'utf-16be':
      return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    case 'latin1':
      return /[\u0100-\uffff]/.test(text) ? undefined : Buffer.from(text, 'latin1');
  }
}

/** The line ending most lines of a text have; LF when it has none. */
export function lineEnding(text: string): '\r\n' | '\n' | '\r' {
  const crlf = text.match(/\r\n/g)?.length ?? 0;
  const lf = (text.match(/\n/g)?.length ?? 0) - crlf;
  const cr = (text.match(/\r/g)?.length ?? 0) - crlf;
  return crlf > lf && crlf >= cr ? '\r\n' : cr > lf ? '\r' : '\n';
}

/** Lines without their endings; a final line ending makes no empty last line. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
