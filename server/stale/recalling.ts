import type { Context } from '../base';
import type { ArtifactStore } from '../artifacts';
import type { Stale } from './types';

type Blobs = ArtifactStore['blobs'];

/**
 * Blobs that read the same from every tier: what was archived or removed, and can still be had, is brought back
 * by reading it. Whoever reads blobs for runs should read these.
 */
export function recalling(ctx: Context, blobs: Blobs, stale: Pick<Stale, 'recall'>): Blobs {
  return {
    put: (bytes) => blobs.put(bytes),
    get: async (hash) => (await blobs.get(hash)) ?? (await stale.recall(ctx, hash)),
    has: (hash) => blobs.has(hash),
  };
}
