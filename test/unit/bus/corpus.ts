import { kinds } from '../../../server/bus/envelope';
import { frame, framed } from './support';

export interface BadBody {
  readonly name: string;
  readonly body: Buffer;
  /** What must be found; undefined for what must pass. */
  readonly fault: string | undefined;
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const text = (value: string): Buffer => Buffer.concat([bytes(0xa0 | value.length), Buffer.from(value)]);
const map = (key: Buffer, value: Buffer = bytes(0x01)): Buffer => Buffer.concat([bytes(0x81), key, value]);
const deep = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x91), bytes(0xc0)]);
const wide = (head: number, count: number, each: Buffer): Buffer => {
  const length = Buffer.alloc(5);
  length[0] = head;
  length.writeUInt32BE(count, 1);
  return Buffer.concat([length, ...new Array<Buffer>(head === 0xdf ? count * 2 : count).fill(each)]);
};
const float = (value: number): Buffer => {
  const out = Buffer.alloc(9);
  out[0] = 0xcb;
  out.writeDoubleBE(value, 1);
  return out;
};

/** Payloads, each alone: what the scan must say of them. */
export const payloads: readonly BadBody[] = (
  [
    ['0xC1', bytes(0xc1), 'value.unknown'],
    ['0xC1 in an array', bytes(0x92, 0x01, 0xc1), 'value.unknown'],
    ['nothing', bytes(), 'value.length'],
    ['trailing bytes', bytes(0x01, 0x02), 'value.trailing'],
    ['ext 0x72 (records)', bytes(0xd4, 0x72, 0x40), 'value.ext'],
    ['ext 0x65 (errors)', bytes(0xd4, 0x65, 0x00), 'value.ext'],
    ['ext 0x69 (cycles)', bytes(0xd6, 0x69, 0, 0, 0, 1), 'value.ext'],
    ['ext 0x70 (pointers)', bytes(0xd6, 0x70, 0, 0, 0, 1), 'value.ext'],
    ['ext timestamp', bytes(0xd6, 0xff, 0, 0, 0, 1), 'value.ext'],
    ['ext 8', bytes(0xc7, 1, 0x72, 0), 'value.ext'],
    ['ext 32 of 4 GB', bytes(0xc9, 0xff, 0xff, 0xff, 0xff, 0x72), 'value.ext'],
    ['fixext 16', Buffer.concat([bytes(0xd8, 1), Buffer.alloc(16)]), 'value.ext'],
    ['text of 4 GB', bytes(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61), 'value.length'],
    ['bytes of 4 GB', bytes(0xc6, 0xff, 0xff, 0xff, 0xff, 0x61), 'value.length'],
    ['array of 4 G', bytes(0xdd, 0xff, 0xff, 0xff, 0xff, 0x01), 'value.length'],
    ['map of 4 G', bytes(0xdf, 0xff, 0xff, 0xff, 0xff, 0x01), 'value.length'],
    ['text one too long', bytes(0xa2, 0x61), 'value.length'],
    ['text without length', bytes(0xda, 0x00), 'value.length'],
    ['number cut', bytes(0xcf, 0, 0, 0), 'value.length'],
    ['map without value', bytes(0x81, 0xa1, 0x61), 'value.length'],
    ['depth 64', deep(64), undefined],
    ['depth 65', deep(65), 'value.depth'],
    ['depth 5,000', deep(5000), 'value.depth'],
    ['depth 100,000', deep(100_000), 'value.depth'],
    ['99,999 items in an array', wide(0xdd, 99_999, bytes(0xc0)), undefined],
    ['100,000 items in an array', wide(0xdd, 100_000, bytes(0xc0)), 'value.items'],
    ['map of 10⁶ keys', wide(0xdf, 1_000_000, text('k')), 'value.items'],
    ['duplicate keys', Buffer.concat([bytes(0x82), text('a'), bytes(1), text('a'), bytes(2)]), undefined],
    ['__proto__', map(text('__proto__')), 'value.key'],
    [
      '__proto__ deep inside',
      Buffer.concat([bytes(0x91), map(text('a'), map(text('__proto__')))]),
      'value.key',
    ],
    [
      '__proto__ by a longer head',
      map(Buffer.concat([bytes(0xd9, 9), Buffer.from('__proto__')])),
      'value.key',
    ],
    [
      '__proto__ by the longest head',
      map(Buffer.concat([bytes(0xdb, 0, 0, 0, 9), Buffer.from('__proto__')])),
      'value.key',
    ],
    ['constructor.prototype', map(text('constructor'), map(text('prototype'))), 'value.key'],
    ['prototype', map(text('prototype')), 'value.key'],
    ['then', map(text('then')), undefined],
    ['toJSON', map(text('toJSON')), undefined],
    ['__proto__ as a value', map(text('a'), text('__proto__')), undefined],
    ['a key that is a number', map(bytes(0x01)), 'value.key'],
    ['a key that is bytes', map(Buffer.concat([bytes(0xc4, 9), Buffer.from('__proto__')])), 'value.key'],
    ['a key that is an array', map(Buffer.concat([bytes(0x91), text('__proto__')])), 'value.key'],
    ['a key that is a map', map(bytes(0x80)), 'value.key'],
    ['a key that is nil', map(bytes(0xc0)), 'value.key'],
    ['a text of digits as a key', map(text('1')), undefined],
    ['NaN', float(NaN), undefined],
    ['Infinity', float(Infinity), undefined],
    ['−Infinity', float(-Infinity), undefined],
    ['−0', float(-0), undefined],
    ['2⁵³ + 1', bytes(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1), undefined],
    ['the largest uint64', bytes(0xcf, 255, 255, 255, 255, 255, 255, 255, 255), undefined],
    ['the smallest int64', bytes(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0), undefined],
    ['a lone surrogate', Buffer.concat([bytes(0xa3), bytes(0xed, 0xa0, 0x80)]), 'value.text'],
    ['an overlong form', bytes(0xa2, 0xc0, 0x80), 'value.text'],
    ['half a character', bytes(0xa1, 0xc3), 'value.text'],
    ['beyond Unicode', bytes(0xa4, 0xf5, 0x80, 0x80, 0x80), 'value.text'],
    [
      '0xFF in a long text',
      Buffer.concat([bytes(0xd9, 200), Buffer.alloc(199, 0x61), bytes(0xff)]),
      'value.text',
    ],
    ['a key that is no text', map(bytes(0xa1, 0xff)), 'value.text'],
    ['an empty map', bytes(0x80), undefined],
    ['an empty array', bytes(0x90), undefined],
  ] as const
).map(([name, body, fault]) => ({ name, body, fault }));

const good = frame({ kind: kinds.ping, correlation: 1 }).subarray(4);
const changed = (at: number, value: number): Buffer => {
  const copy = Buffer.from(good);
  copy[at] = value;
  return copy;
};

/** Whole bodies whose envelope is wrong. */
export const envelopes: readonly BadBody[] = [
  { name: 'no array', body: changed(0, 0x81), fault: 'envelope.shape' },
  { name: 'an array of eight', body: changed(0, 0x98), fault: 'envelope.shape' },
  { name: 'cut', body: good.subarray(0, 6), fault: 'envelope.shape' },
  { name: 'another version', body: changed(1, 2), fault: 'envelope.version' },
  { name: 'an unknown kind', body: changed(2, 16), fault: 'envelope.kind' },
  { name: 'an unknown priority', body: changed(3, 4), fault: 'envelope.priority' },
  { name: 'a negative correlation', body: changed(4, 0xff), fault: 'envelope.number' },
  { name: 'a correlation that is a text', body: changed(4, 0xa0), fault: 'envelope.number' },
  { name: 'a type that is nil', body: changed(8, 0xc0), fault: 'envelope.type' },
  { name: 'a type longer than the frame', body: changed(8, 0xbf), fault: 'envelope.type' },
  { name: 'one byte', body: bytes(0x99), fault: 'envelope.shape' },
  { name: 'only zeros', body: Buffer.alloc(64), fault: 'envelope.shape' },
  {
    name: 'a type of forbidden characters',
    body: Buffer.concat([good.subarray(0, 8), text('a b'), bytes(0xc0)]),
    fault: 'envelope.type',
  },
];

/** The payload in an event that is otherwise right. */
export const inFrame = (payload: Buffer): Buffer => frame({ kind: kinds.event, type: 'a.b', raw: payload });
export { framed };
