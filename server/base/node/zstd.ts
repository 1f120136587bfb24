import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Node's zstd with a checksum in every frame, so that flipped bits are noticed. */
export const zstd = {
  compress: (bytes: Uint8Array): Uint8Array =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  /** Throws when the bytes are damaged or would become more than `mostBytes`. */
  decompress: (bytes: Uint8Array, mostBytes: number): Uint8Array =>
    zstdDecompressSync(bytes, { maxOutputLength: mostBytes }),
};
