import type { ChangedFile, Changeset } from '../../../schemas/wire/review';
import type { Blobs } from '../../../server/engine/ports';
import { sha256 } from '../../../server/base/node';

/** Blobs in memory. */
export function memoryBlobs(): Blobs & { readonly held: Map<string, Uint8Array> } {
  const held = new Map<string, Uint8Array>();
  return {
    held,
    put: (bytes) => {
      const hash = sha256(bytes);
      held.set(hash, Uint8Array.from(bytes));
      return Promise.resolve(hash);
    },
    get: (hash) => Promise.resolve(held.get(hash)),
    has: (hash) => Promise.resolve(held.has(hash)),
  };
}

/** One version in a test: text or bytes, with its mode. */
export interface Held {
  readonly mode: '100644' | '100755' | '120000';
  readonly bytes: Buffer;
}
export const text = (content: string | Buffer, mode: Held['mode'] = '100644'): Held => ({
  mode,
  bytes: Buffer.from(content),
});
export const linkTo = (target: string): Held => text(target, '120000');

export interface Change {
  readonly path: string;
  readonly from?: string;
  readonly baseline: Held | null;
  readonly proposal: Held | null;
}

export async function changesetOf(blobs: Blobs, changes: readonly Change[]): Promise<Changeset> {
  const files: ChangedFile[] = [];
  for (const { path, from, baseline, proposal } of changes) {
    files.push({
      path,
      from: from ?? null,
      change: from ? 'renamed' : baseline === null ? 'added' : proposal === null ? 'deleted' : 'modified',
      baseline: baseline && (await blobs.put(baseline.bytes)),
      proposal: proposal && (await blobs.put(proposal.bytes)),
      baselineMode: baseline?.mode ?? null,
      proposalMode: proposal?.mode ?? null,
      binary: false,
      added: 0,
      removed: 0,
      plans: [],
      decision: 'undecided',
    });
  }
  return { changeset: 'set-1', run: 'run-1', title: 't', createdAt: 0, groups: [], files };
}
