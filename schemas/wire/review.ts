import * as z from 'zod/mini';
import { notification, request } from '../define';
import { problemSchema } from '../journal/events';
import { relativePath, sha256 } from './common';
import { riskFlag } from './risk';

/** One file of a changeset. `null` hashes stand for “does not exist”. */
export const changedFile = z.object({
  path: relativePath,
  /** The former path of a renamed file. */
  from: z.nullable(relativePath),
  change: z.enum(['added', 'modified', 'deleted', 'renamed']),
  /** What the user’s tree held when the run began; bytes are in the blobs. */
  baseline: z.nullable(sha256),
  /** What the agents propose. */
  proposal: z.nullable(sha256),
  /** File modes as git writes them: 100644, 100755, 120000 (a link). */
  baselineMode: z.nullable(z.string()),
  proposalMode: z.nullable(z.string()),
  binary: z.boolean(),
  added: z.int(),
  removed: z.int(),
  /** The plans whose commits touched the file. */
  plans: z.array(z.string()),
  decision: z.enum(['undecided', 'accepted', 'rejected']),
  /** How far the review of its units is. */
  counts: z.optional(
    z.object({
      units: z.int(),
      undecided: z.int(),
      kept: z.int(),
      dropped: z.int(),
      reviewed: z.int(),
    }),
  ),
  /** Why a person should look twice at it. */
  flags: z.optional(z.array(riskFlag)),
});
export type ChangedFile = z.infer<typeof changedFile>;

export const changeset = z.object({
  changeset: z.string(),
  run: z.string(),
  title: z.string(),
  createdAt: z.number(),
  groups: z.array(z.object({ plan: z.string(), title: z.string() })),
  files: z.array(changedFile),
  /** The version it takes the place of. */
  former: z.optional(z.nullable(z.string())),
});
export type Changeset = z.infer<typeof changeset>;

export const reviewList = request({
  method: 'review/list',
  direction: 'client→sidecar',
  doc: 'Changesets offered for review; `open` ones still have undecided files.',
  params: z.object({ open: z.boolean() }),
  result: z.object({ changesets: z.array(changeset) }),
  errors: [],
  runs: 'read',
});

export const reviewContent = request({
  method: 'review/content',
  direction: 'client→sidecar',
  doc: 'The exact bytes of a baseline or proposal named by a changeset, in base64.',
  params: z.object({ hash: sha256 }),
  result: z.object({ base64: z.string() }),
  errors: ['review.unknown', 'data.corrupt'],
  runs: 'read',
});

export const reviewDecide = request({
  method: 'review/decide',
  direction: 'client→sidecar',
  doc: 'Accepts or rejects files. Accepting writes the user’s tree, guarded by what it holds now; each file answers for itself.',
  params: z.object({
    changeset: z.string(),
    /** Absent: every undecided file. */
    paths: z.optional(z.array(relativePath)),
    decision: z.enum(['accept', 'reject']),
    /** Files with unsaved changes in the editor; they are refused, never overwritten. */
    dirty: z.array(relativePath),
  }),
  result: z.object({
    files: z.array(
      z.object({
        path: z.string(),
        result: z.enum(['written', 'merged', 'rejected', 'refused']),
        /** Why it was refused, or what was merged. */
        problem: z.nullable(problemSchema),
      }),
    ),
  }),
  errors: ['review.unknown'],
  runs: 'write',
});

export const reviewChanged = notification({
  method: 'review/changed',
  direction: 'sidecar→client',
  doc: 'A changeset was offered or decided on; ask `review/list` again.',
  params: z.object({ changeset: z.string() }),
});
