/**
 * Bytes to text and back without loss. Valid UTF-8 is decoded as usual and a BOM is kept; each byte
 * that is not part of valid UTF-8 becomes one lone surrogate (U+DC80 to U+DCFF), which valid UTF-8
 * cannot contain, so that encoding gives back exactly the bytes that were there.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return decodeWithEscapes(bytes);
  }
}

/**
 * The text of a file that is only read: as `decodeText`, and UTF-16 where a BOM says so. Such files do not
 * come back from this text, so edits, which use `decodeText`, see them as binary and refuse them.
 */
export function decodeForReading(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined;
  return encoding === undefined ? decodeText(bytes) : new TextDecoder(encoding).decode(bytes);
}

/** The bytes of a decoded text, escaped bytes as they were. */
export function encodeText(text: string): Uint8Array {
  const encoder = new TextEncoder();
  if (!escapedByte.test(text)) return encoder.encode(text);
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
  };
  let from = 0;
  for (const match of text.matchAll(/[\udc80-\udcff]+/gu)) {
    add(encoder.encode(text.slice(from, match.index)));
    add(Uint8Array.from(match[0], (unit) => unit.charCodeAt(0) - escapeBase));
    from = match.index + match[0].length;
  }
  add(encoder.encode(text.slice(from)));
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether a text holds lone surrogates; such a text must not be inserted by an edit. */
export function hasLoneSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/u.test(text);
}

/** The text for people and models: bytes that are not UTF-8 show as U+FFFD and a BOM is left out. */
export function readable(text: string): string {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  return escapedByte.test(plain) ? plain.replace(/[\udc80-\udcff]/gu, '\ufffd') : plain;
}

/** The number of bytes a decoded text stands for. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 3;
    else if (unit < 0xdc00) {
      bytes += 4;
      at += 1;
    } else bytes += 1;
  }
  return bytes;
}

const escapeBase = 0xdc00;
const escapedByte = /[\udc80-\udcff]/u;

function decodeWithEscapes(bytes: Uint8Array): string {
  const parts: string[] = [];
  let units: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = validLength(bytes, at);
    if (size === 0) units.push(escapeBase + bytes[at]!);
    else pushCodePoint(units, codePointAt(bytes, at, size));
    at += Math.max(1, size);
    if (units.length > 8000) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join('');
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function validLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size === 0 || first > 0xf4) return 0;
  for (let offset = 1; offset < size; offset++) {
    const next = bytes[at + offset];
    if (next === undefined || next < 0x80 || next > 0xbf) return 0;
  }
  const point = codePointAt(bytes, at, size);
  const smallest = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  return point < smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? 0 : size;
}

function codePointAt(bytes: Uint8Array, at: number, size: number): number {
  if (size === 1) return bytes[at]!;
  let point = bytes[at]! & (0xff >> (size + 1));
  for (let offset = 1; offset < size; offset++) point = (point << 6) | (bytes[at + offset]! & 0x3f);
  return point;
}

function pushCodePoint(units: number[], point: number): void {
  if (point < 0x10000) units.push(point);
  else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
}
