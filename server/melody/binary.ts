import { Packr } from 'msgpackr/index-no-eval';
import { problem, type Json } from '../base';
import { melodyLimits, type Melody } from '../../schemas/melody';
import { finding, wholeFile } from './findings';
import { migrated, placeless } from './migrate';
import type { ReadMelody } from './read';
import type { CheckOptions, Compression, Finding } from './types';
import { boundFaults, validate } from './validate';

/** `MELODY`, the version of the container, a zero; then MessagePack in one zstd frame. */
const magic = Uint8Array.of(0x4d, 0x45, 0x4c, 0x4f, 0x44, 0x59);
const containerVersion = 1;
const headerBytes = 8;

/** Plain MessagePack without extensions, so that any other program can read it. */
const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

export const isBinary = (bytes: Uint8Array): boolean =>
  bytes.length >= magic.length && magic.every((byte, at) => bytes[at] === byte);

/** The binary form of a Melody. Throws `melody.tooLarge` where reading it would refuse it. */
export function writeBinary(melody: Melody, file: string, compression: Compression): Uint8Array {
  const packed = packr.pack(melody);
  if (packed.length > melodyLimits.fileBytes)
    throw problem('melody.tooLarge', { file, bytes: packed.length, most: melodyLimits.fileBytes });
  const compressed = compression.compress(packed);
  const bytes = new Uint8Array(headerBytes + compressed.length);
  bytes.set(magic);
  bytes[magic.length] = containerVersion;
  bytes.set(compressed, headerBytes);
  return bytes;
}

/** Reads and checks the binary form. Never throws on bytes. */
export function readBinary(
  bytes: Uint8Array,
  file: string,
  compression: Compression,
  options: CheckOptions = {},
): ReadMelody {
  const refuse = (refused: Finding): ReadMelody => ({
    melody: undefined,
    findings: [refused],
    document: undefined,
    version: undefined,
  });
  const damaged = (detail: string) => refuse(finding('melody.damaged', { file, detail }, wholeFile(file)));
  const container = bytes[magic.length] ?? 0;
  if (!isBinary(bytes) || container === 0) return damaged('its first bytes are not those of a Melody');
  if (container > containerVersion) {
    const args = { file, found: `${container} (binary)`, known: `${containerVersion} (binary)` };
    return refuse(finding('melody.newer', args, wholeFile(file)));
  }
  let value: Json;
  try {
    const packed = compression.decompress(bytes.subarray(headerBytes), melodyLimits.fileBytes);
    value = packr.unpack(packed) as Json;
  } catch (thrown) {
    return damaged(thrown instanceof Error ? thrown.message : String(thrown));
  }
  // The tree comes first: a migration may only see what is bounded.
  const [unbounded] = boundFaults(value, file);
  if (unbounded !== undefined) return refuse(unbounded);
  const brought = migrated(value, file, placeless(file));
  if (!brought.ok) return refuse(brought.finding);
  return { ...validate(brought.value, file, options), document: brought.value, version: brought.from };
}
