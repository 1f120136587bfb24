import * as z from 'zod';
import { sha256 as hash } from '../../schemas/wire/common';

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
    /** Ids of the artifacts that go with their bytes. */
    artifacts: z.array(z.string()),
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
