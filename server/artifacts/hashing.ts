import { createHash, hash as hashNow } from 'node:crypto';

/** Bytes hashed without a pause; beyond it others get their turn. */
const pieceBytes = 1 << 20;

/** SHA-256 in lower-case hex. */
export async function hashOf(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength <= pieceBytes) return hashNow('sha256', bytes, 'hex');
  const sum = createHash('sha256');
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
    sum.update(bytes.subarray(at, at + pieceBytes));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sum.digest('hex');
}
