import * as z from 'zod';
import { sha256 as hash } from '../../schemas/wire/common';

/** A version as it was, so that it can be put again. */
const artifact = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  run: z.string().nullable(),
  node: z.string().nullable(),
  inputs: z.array(hash),
  tags: z.array(z.string()),
  facts: z.record(z.string(), z.json()),
  version: z.number().int(),
  hash,
});

/** What is known of an archive: where its making stands, and what is in it. It lies beside the file. */
export const archiveKind = {
  versionKey: 'version',
  version: 1,
  schema: z.object({
    version: z.literal(1),
    run: z.string(),
    title: z.string(),
    /**
     * `writing`: nothing was removed, the file may be half. `written`: the file is whole and verified, bytes may
     * have been removed. `archived`: done. `restoring`: bytes are being brought back.
     */
    state: z.enum(['writing', 'written', 'archived', 'restoring']),
    /** When it was archived, in milliseconds since the epoch. */
    at: z.number(),
    contents: z.array(z.object({ blob: hash, size: z.number().int() })),
    /** The artifacts of the run, in the order they were put. */
    artifacts: z.array(artifact),
    /** Contents that stay in the store, for lists to show. */
    keeps: z.array(hash),
    /** Of the file. */
    bytes: z.number(),
    /** Bytes on the disk that archiving freed. */
    freed: z.number(),
    tags: z.array(z.string()),
    uses: z.number(),
    quality: z.number().nullable(),
  }),
} as const;
export type ArchiveRecord = z.infer<(typeof archiveKind)['schema']>;
