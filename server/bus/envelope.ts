import { scan, type ScanFault } from './scan';
import { topicLimits } from './topics';

/** What a message is. The numbers are on the wire and never change their meaning. */
export const kinds = {
  /** Asks for one reply; with `count` > 0 also for values of a stream, as many before it is given more credit. */
  request: 0,
  /** Answers a request, and ends its stream. */
  reply: 1,
  /** Answers a request that failed: `{ code, args }`. */
  error: 2,
  /** Told to all who handle its type; nobody answers. */
  notification: 3,
  /** Published under a topic. To a subscriber `correlation` is its subscription, `count` the sequence number or 0. */
  event: 4,
  /** One value of a stream. */
  data: 5,
  /** `count` more values may come. */
  credit: 6,
  /** Whoever asked no longer wants the answer. */
  cancel: 7,
  ping: 8,
  pong: 9,
  /** Wants the topics of the pattern `type`; `count` − 1 is the sequence number it has, 0 for what comes from now on. */
  subscribe: 10,
  unsubscribe: 11,
  /** Handles requests and notifications of the pattern `type`; `count` is its priority. */
  handle: 12,
  unhandle: 13,
  /** `count` events of the subscription `correlation` were lost since this was last said. */
  dropped: 14,
  /** The connection ends; the payload names why. */
  bye: 15,
} as const;
export type Kind = (typeof kinds)[keyof typeof kinds];
const lastKind = kinds.bye;

/** Lower goes first. */
export const priorities = { critical: 0, high: 1, normal: 2, low: 3 } as const;
export type PriorityName = keyof typeof priorities;
export const priorityCount = 4;

export const envelopeVersion = 1;

/**
 * A message as it lies in `bytes`. One envelope is used for all messages of a connection: what is to be
 * kept is copied. Its class has no prototype, so that nothing is found on it that nobody sent.
 */
export class Envelope {
  kind: Kind = kinds.request;
  /** 0 critical … 3 low. */
  priority = 0;
  /** Which request, stream or subscription this belongs to; chosen by whoever began it. */
  correlation = 0;
  /** When it was sent, milliseconds since the epoch. */
  time = 0;
  /** Milliseconds from then on in which an answer is of use; 0 for no limit. */
  deadline = 0;
  /** Meaning by kind, see `kinds`. */
  count = 0;
  /** Name of the request, topic of the event, pattern of the subscription; empty where there is none. */
  type = '';
  bytes: Buffer = Buffer.alloc(0);
  payloadStart = 0;
  payloadEnd = 0;
}
Object.setPrototypeOf(Envelope.prototype, null);
Reflect.deleteProperty(Envelope.prototype, 'constructor');

export type EnvelopeFault =
  | 'envelope.shape'
  | 'envelope.version'
  | 'envelope.kind'
  | 'envelope.priority'
  | 'envelope.number'
  | 'envelope.type'
  | ScanFault;

/** An array of nine values. */
const arrayHead = 0x99;

/**
 * Reads and checks the envelope in `bytes[start, end)` into `into`, and scans its payload without decoding it. Takes
 * every width MessagePack has for a number, so that any library can write envelopes.
 */
export function readEnvelope(
  bytes: Buffer,
  start: number,
  end: number,
  into: Envelope,
  names: Names,
): EnvelopeFault | undefined {
  if (bytes[start] !== arrayHead || end - start < 10) return 'envelope.shape';
  if (bytes[start + 1] !== envelopeVersion) return 'envelope.version';
  const kind = bytes[start + 2]!;
  if (kind > lastKind) return 'envelope.kind';
  const priority = bytes[start + 3]!;
  if (priority >= priorityCount) return 'envelope.priority';
  cursor = start + 4;
  into.kind = kind as Kind;
  into.priority = priority;
  if ((into.correlation = readWhole(bytes, end)) < 0) return 'envelope.number';
  if ((into.time = readWhole(bytes, end)) < 0) return 'envelope.number';
  if ((into.deadline = readWhole(bytes, end)) < 0) return 'envelope.number';
  if ((into.count = readWhole(bytes, end)) < 0) return 'envelope.number';
  const head = bytes[cursor++]!;
  let length = head & 0x1f;
  if (head === 0xd9) length = bytes[cursor++]!;
  else if (head < 0xa0 || head > 0xbf) return 'envelope.type';
  if (cursor + length > end || length > topicLimits.bytes) return 'envelope.type';
  const type = names.read(bytes, cursor, length);
  if (type === undefined) return 'envelope.type';
  into.type = type;
  into.bytes = bytes;
  into.payloadStart = cursor + length;
  into.payloadEnd = end;
  return scan(bytes, into.payloadStart, end);
}

/** Where `readWhole` is; reading never waits, so one place serves every call. */
let cursor = 0;

/** A whole number from 0 to 2⁵³ − 1, or −1 when it is none. */
function readWhole(bytes: Buffer, end: number): number {
  const head = bytes[cursor++]!;
  if (head < 0x80) return head;
  const width = head >= 0xcc && head <= 0xcf ? 1 << (head - 0xcc) : head === 0xcb ? 8 : 0;
  if (width === 0 || cursor + width > end) return -1;
  const at = cursor;
  cursor += width;
  if (width === 1) return bytes[at]!;
  if (width === 2) return bytes[at]! * 256 + bytes[at + 1]!;
  if (width === 4) return word(bytes, at);
  if (head === 0xcb) {
    const value = bytes.readDoubleBE(at);
    return Number.isSafeInteger(value) && value >= 0 ? value : -1;
  }
  const high = word(bytes, at);
  return high > 0x1fffff ? -1 : high * 0x100000000 + word(bytes, at + 4);
}

const word = (bytes: Buffer, at: number): number =>
  bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);

/** Bytes of the envelope without its type and payload, at most. */
const fixedBytes = 4 + 9 + 9 + 9 + 9 + 2;

/** The most bytes a message can take, its length included. */
export const roomFor = (type: string, payloadBytes: number): number =>
  4 + fixedBytes + type.length + payloadBytes;

/**
 * Writes a frame, length and all, at `at` and answers where it ends; there is `roomFor` it. The envelope is written by
 * hand: with the library it took four times as long as the payload of a small message (measured).
 */
export function writeFrame(
  out: Buffer,
  at: number,
  kind: Kind,
  priority: number,
  correlation: number,
  time: number,
  deadline: number,
  count: number,
  type: string,
  payload: Buffer,
  payloadStart: number,
  payloadEnd: number,
): number {
  const start = at;
  at += 4;
  out[at++] = arrayHead;
  out[at++] = envelopeVersion;
  out[at++] = kind;
  out[at++] = priority;
  at = writeWhole(out, at, correlation);
  at = writeWhole(out, at, time);
  at = writeWhole(out, at, deadline);
  at = writeWhole(out, at, count);
  const { length } = type;
  if (length < 32) out[at++] = 0xa0 | length;
  else {
    out[at++] = 0xd9;
    out[at++] = length;
  }
  for (let character = 0; character < length; character++) out[at++] = type.charCodeAt(character);
  if (payloadEnd - payloadStart <= 32)
    for (let from = payloadStart; from < payloadEnd; from++) out[at++] = payload[from]!;
  else {
    payload.copy(out, at, payloadStart, payloadEnd);
    at += payloadEnd - payloadStart;
  }
  writeWord(out, start, at - start - 4);
  return at;
}

function writeWhole(out: Buffer, at: number, value: number): number {
  if (value < 0x80) {
    out[at] = value;
    return at + 1;
  }
  if (value < 0x100000000) {
    out[at] = 0xce;
    writeWord(out, at + 1, value);
    return at + 5;
  }
  out[at] = 0xcf;
  writeWord(out, at + 1, Math.floor(value / 0x100000000));
  writeWord(out, at + 5, value % 0x100000000);
  return at + 9;
}

function writeWord(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/**
 * Reads names and remembers the last ones by their bytes: a connection uses few, and comparing bytes is
 * several times faster than making a text that must be hashed again.
 */
export class Names {
  private readonly known: (string | undefined)[] = new Array<string | undefined>(64).fill(undefined);

  /** The name, empty for none; undefined for what no name or pattern can hold. */
  read(bytes: Buffer, start: number, length: number): string | undefined {
    if (length === 0) return '';
    const place = (length * 7 + bytes[start]! + bytes[start + length - 1]! * 5) & 63;
    const known = this.known[place];
    if (known !== undefined && known.length === length) {
      let at = 0;
      while (at < length && known.charCodeAt(at) === bytes[start + at]!) at++;
      if (at === length) return known;
    }
    for (let at = start; at < start + length; at++) if (allowed[bytes[at]!] === 0) return undefined;
    return (this.known[place] = bytes.toString('latin1', start, start + length));
  }
}

const allowed = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:/.*#')
  allowed[character.charCodeAt(0)] = 1;
