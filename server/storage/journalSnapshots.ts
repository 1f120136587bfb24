import { crc32 } from 'node:zlib';

/** Proves that a snapshot is what was kept, and for which events. */
export const snapshotChecksum = (run: string, seq: number, body: Uint8Array): number =>
  crc32(body, crc32(`${run}\n${seq}\n`));
