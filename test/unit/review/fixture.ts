import type { ChangedFile, Changeset } from '../../../schemas/wire/review';
import type { Blobs } from '../../../server/engine/ports';
import { sha256, systemClock } from '../../../server/base/node';
import { openUserTree, Reviews, type ReviewsPorts } from '../../../server/review';
import { memoryLog } from './memoryLog';

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

/** A review of `changes` over the tree below `root`, with the record of decisions in memory. */
export async function reviewsOf(root: string, changes: readonly Change[], more: Partial<ReviewsPorts> = {}) {
  const blobs = memoryBlobs();
  const log = memoryLog();
  const changeset = await changesetOf(blobs, changes);
  const blob = await blobs.put(Buffer.from(JSON.stringify(changeset)));
  log.offer({ changeset: changeset.changeset, run: changeset.run, blob, at: 0, former: null });
  let last = 0;
  const ids = { next: (prefix: string) => `${prefix}-${++last}` };
  const clock = { ...systemClock, now: () => 1000 };
  const ports: ReviewsPorts = { tree: await openUserTree(root), log, blobs, clock, ids, ...more };
  return { changeset, blobs, log, ports, reviews: new Reviews(ports) };
}
