import type { ChangedFile } from '../../schemas/wire/review';
import { problem } from '../base';
import type { Blobs } from '../engine/ports';
import type { Proposed, Version } from './decide';

/** A file of a changeset with the bytes its hashes stand for. Throws `review.writeFailed` where they are gone. */
export async function withBytes(file: ChangedFile, blobs: Blobs): Promise<Proposed> {
  const version = async (hash: string | null, mode: string | null): Promise<Version | null> => {
    if (hash === null) return null;
    const bytes = await blobs.get(hash);
    if (bytes === undefined) {
      throw problem('review.writeFailed', {
        path: file.path,
        detail: `its bytes (${hash}) are not stored any more`,
      });
    }
    return { kind: mode === '120000' ? 'link' : 'file', bytes, executable: mode === '100755' };
  };
  return {
    path: file.path,
    from: file.from,
    baseline: await version(file.baseline, file.baselineMode),
    proposal: await version(file.proposal, file.proposalMode),
  };
}
