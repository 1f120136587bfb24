import * as z from 'zod';
import { sha256 } from '../../schemas/wire/common';
import { readRecord, writeRecord } from './records';

/** What people have approved in this workspace; it lives in the data home, never in the workspace. */
export interface Policy {
  /** SHA-256 hashes of approved verify commands. */
  approved(): Promise<ReadonlySet<string>>;
  /** Adds approvals; durable when resolved. */
  approve(hashes: readonly string[]): Promise<void>;
}

const kind = {
  versionKey: 'version',
  version: 1,
  schema: z.object({ version: z.literal(1), approved: z.array(sha256) }),
} as const;

/**
 * The policy file of a workspace. It is read anew each time, so that a person's edit counts at once; a
 * missing file approves nothing, a damaged one throws `data.corrupt`, a later one `data.newer`.
 */
export function openPolicy(file: string): Policy {
  let writing: Promise<void> = Promise.resolve();
  const approved = async () => new Set((await readRecord(file, kind))?.approved ?? []);
  return {
    approved,
    approve(hashes) {
      // One after another: two approvals at the same time must not lose one.
      const next = writing.then(async () => {
        const all = await approved();
        const fresh = hashes.filter((hash) => !all.has(sha256.parse(hash)));
        if (fresh.length > 0) await writeRecord(file, { version: 1, approved: [...all, ...fresh] });
      });
      writing = next.catch(() => undefined);
      return next;
    },
  };
}
