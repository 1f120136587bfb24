import { isUtf8 } from 'node:buffer';

/** What is wrong with bytes that should be one MessagePack value. */
export type ScanFault =
  | 'value.depth'
  | 'value.items'
  | 'value.ext'
  | 'value.key'
  | 'value.text'
  | 'value.length'
  | 'value.unknown'
  | 'value.trailing';

/** How deep arrays and maps may lie in each other, and how many values a message may hold in all. */
export const scanLimits = { depth: 64, items: 100_000 } as const;

/**
 * Walks over one MessagePack value in `bytes[start, end)` without decoding it and says what is wrong with it. What
 * passes can be decoded without surprise: lengths agree with what is there, texts are UTF-8, keys of maps are texts and
 * never `__proto__`, `constructor` or `prototype`, no extension types (none is declared), nothing too deep,
 * too many or left over. Allocates nothing; the time is linear in the bytes.
 */
export function scan(bytes: Buffer, start: number, end: number): ScanFault | undefined {
  let at = start;
  let depth = 0;
  let items = 0;
  // What is still to come of the innermost array or map; a map counts keys and values.
  let left = 1;
  let inMap = false;
  while (true) {
    while (left === 0) {
      if (depth === 0) return at === end ? undefined : 'value.trailing';
      depth--;
      left = leftOf[depth]!;
      inMap = mapAt[depth] === 1;
    }
    if (at >= end) return 'value.length';
    if (++items > scanLimits.items) return 'value.items';
    const isKey = inMap && (left & 1) === 0;
    left--;
    const head = bytes[at++]!;
    let children = -1;
    let isMap = false;
    let text = -1;
    if (head < 0x80 || head >= 0xe0) {
      if (isKey) return 'value.key';
      continue;
    } else if (head < 0x90) {
      children = (head & 0x0f) * 2;
      isMap = true;
    } else if (head < 0xa0) {
      children = head & 0x0f;
    } else if (head < 0xc0) {
      text = head & 0x1f;
    } else {
      const width = lengthWidth[head - 0xc0]!;
      if (width === unknown) return 'value.unknown';
      if (width === extension) return 'value.ext';
      if (width < 0) {
        // A value of fixed size: nil, booleans, numbers.
        if (isKey) return 'value.key';
        at += -width - 1;
        if (at > end) return 'value.length';
        continue;
      }
      if (at + width > end) return 'value.length';
      let count = bytes[at]!;
      if (width > 1) count = count * 256 + bytes[at + 1]!;
      if (width > 2) count = count * 65536 + bytes[at + 2]! * 256 + bytes[at + 3]!;
      at += width;
      if (head <= 0xc6) {
        if (isKey) return 'value.key';
        at += count;
        if (at > end) return 'value.length';
        continue;
      } else if (head <= 0xdb) {
        text = count;
      } else {
        isMap = head >= 0xde;
        children = isMap ? count * 2 : count;
      }
    }
    if (text >= 0) {
      const textEnd = at + text;
      if (textEnd > end) return 'value.length';
      if (isKey && isForbidden(bytes, at, text)) return 'value.key';
      if (!isText(bytes, at, textEnd)) return 'value.text';
      at = textEnd;
      continue;
    }
    if (isKey) return 'value.key';
    // Each child is a byte at least.
    if (children > end - at) return 'value.length';
    if (depth === scanLimits.depth) return 'value.depth';
    leftOf[depth] = left;
    mapAt[depth] = inMap ? 1 : 0;
    depth++;
    left = children;
    inMap = isMap;
  }
}

/** Scanning never waits, so one set of places serves every call. */
const leftOf = new Uint32Array(scanLimits.depth + 1);
const mapAt = new Uint8Array(scanLimits.depth + 1);

const unknown = -100;
const extension = -101;
/**
 * For the heads 0xc0 to 0xdf: how many bytes of length follow; or, negative, one more than the bytes of a value of
 * fixed size.
 */
const lengthWidth = Int8Array.of(
  ...[-1, unknown, -1, -1],
  // bin 8, 16, 32
  ...[1, 2, 4],
  // ext 8, 16, 32
  ...[extension, extension, extension],
  // float 32, 64
  ...[-5, -9],
  // unsigned and signed whole numbers
  ...[-2, -3, -5, -9, -2, -3, -5, -9],
  // fixext 1 to 16
  ...[extension, extension, extension, extension, extension],
  // str 8, 16, 32; array 16, 32; map 16, 32
  ...[1, 2, 4, 2, 4, 2, 4],
);

const forbidden = ['__proto__', 'constructor', 'prototype'].map((key) => Buffer.from(key));

function isForbidden(bytes: Buffer, at: number, length: number): boolean {
  if (length !== 9 && length !== 11) return false;
  return forbidden.some(
    (key) => key.length === length && key.every((byte, offset) => bytes[at + offset] === byte),
  );
}

/** Beyond this many bytes the built-in check is faster than a loop (measured, Node 24). */
const longText = 96;

/** Whether the bytes are UTF-8 without surrogates and overlong forms. */
function isText(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > longText) return isUtf8(bytes.subarray(start, end));
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return isUtf8(bytes.subarray(at, end));
  return true;
}
