import { Packr } from 'msgpackr/index-no-eval';
import { problem } from '../base';
import { scan } from './scan';

/**
 * Plain MessagePack without extensions. Whole numbers beyond 2⁵³ come out as bigints, bytes as copies that hold on to
 * no chunk, maps as objects.
 */
const packr = new Packr({
  useRecords: false,
  variableMapSize: true,
  // Known to the library and missing from its types.
  int64AsType: 'auto' as 'bigint',
  encodeUndefinedAsNil: true,
  copyBuffers: true,
});

export const noPayload = Buffer.of(0xc0);

/**
 * The bytes of a payload: JSON's values, bytes and bigints up to 64 bits. What the other side would refuse is refused
 * here, so that a mistake costs a call and not the connection; throws `bus.payload`.
 */
export function pack(value: unknown): Buffer {
  if (value === undefined || value === null) return noPayload;
  let packed: Buffer;
  try {
    packed = packr.pack(value) as Buffer;
  } catch (thrown) {
    throw problem(
      'bus.payload',
      { detail: thrown instanceof Error ? thrown.message : String(thrown) },
      thrown,
    );
  }
  const fault = scan(packed, 0, packed.length);
  if (fault !== undefined) throw problem('bus.payload', { detail: fault });
  return packed;
}

/** Decodes what has passed the scan; undefined for nil. Throws what the decoder throws, which the scan should prevent. */
export function unpack(bytes: Buffer, start: number, end: number): unknown {
  if (end - start === 1 && bytes[start] === 0xc0) return undefined;
  return packr.unpack(bytes.subarray(start, end)) as unknown;
}
