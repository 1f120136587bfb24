import type { Json } from '../base';
import { zstd } from '../base/node';
import type { Packing } from '../engine';

/** The most a snapshot may become when it is unpacked, in bytes. */
const mostBytes = 256 * 1024 * 1024;

/** JSON, compressed; what snapshots are kept as. */
export const jsonPacking: Packing = {
  pack: (value) => zstd.compress(new TextEncoder().encode(JSON.stringify(value))),
  unpack: (bytes) => JSON.parse(new TextDecoder().decode(zstd.decompress(bytes, mostBytes))) as Json,
};
