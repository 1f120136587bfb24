import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/events';
import { relativePath, sha256, textUpTo } from './common';

/** The state of a tree at a moment, kept as a private commit: tracked, staged and untracked files; ignored ones are not in it. */
export const checkpoint = z.object({
  checkpoint: z.string(),
  at: z.number(),
  /** `user`: the user's own tree; otherwise the worktree of an agent. */
  of: z.enum(['user', 'agent']),
  run: z.nullable(z.string()),
  node: z.nullable(z.string()),
  /** The agent's turn it was taken around, and on which side of it. */
  turn: z.nullable(z.object({ number: z.int(), side: z.enum(['before', 'after']) })),
  label: z.string(),
  tree: z.string(),
});
export type Checkpoint = z.infer<typeof checkpoint>;

export const checkpointList = request({
  method: 'checkpoint/list',
  direction: 'client→sidecar',
  doc: 'Checkpoints, newest first.',
  params: z.object({ run: z.optional(z.string()), most: z.optional(z.int()) }),
  result: z.object({ checkpoints: z.array(checkpoint) }),
  errors: [],
  runs: 'read',
});

export const checkpointCreate = request({
  method: 'checkpoint/create',
  direction: 'client→sidecar',
  doc: 'Takes a checkpoint of the user’s tree as it is, without touching index, HEAD, stash or hooks.',
  params: z.object({ label: textUpTo(200) }),
  result: z.object({ checkpoint }),
  errors: ['data.diskFull'],
  runs: 'write',
});

const restoredFile = z.object({
  path: z.string(),
  change: z.enum(['added', 'modified', 'deleted']),
  /** Why it would be left as it is, for example because an editor holds unsaved changes. */
  problem: z.nullable(problemSchema),
});

export const checkpointShow = request({
  method: 'checkpoint/show',
  direction: 'client→sidecar',
  doc: 'Where the user’s repository stood at a checkpoint, and how named files, or all that differ, were then and are now.',
  params: z.object({ checkpoint: z.string(), paths: z.optional(z.array(relativePath)) }),
  result: z.object({
    checkpoint,
    /** Null for checkpoints of agents. */
    stood: z.nullable(
      z.object({
        head: z.nullable(z.string()),
        branch: z.nullable(z.string()),
        /** What git was in the middle of, for example `merge`. */
        doing: z.nullable(z.string()),
        /** Files staged otherwise than HEAD had them. */
        staged: z.int(),
        submodules: z.array(z.string()),
        /** Repositories inside the tree; they are not in the checkpoint. */
        nested: z.array(z.string()),
      }),
    ),
    /** SHA-256 of contents, for `review/content`; null where the file did or does not exist, or is no file. */
    files: z.array(z.object({ path: z.string(), then: z.nullable(sha256), now: z.nullable(sha256) })),
    /** Whether there were more files than are named. */
    more: z.boolean(),
  }),
  errors: ['checkpoint.unknown'],
  runs: 'read',
});

export const checkpointPreview = request({
  method: 'checkpoint/preview',
  direction: 'client→sidecar',
  doc: 'What restoring would change in the user’s tree, and what cannot be taken back.',
  params: z.object({ checkpoint: z.string(), paths: z.optional(z.array(relativePath)) }),
  result: z.object({
    files: z.array(restoredFile),
    /** Side effects since that no restoring undoes, in the words of those who caused them: commands that ran, pushes. */
    effects: z.array(z.string()),
    /** Names the tree the preview was made from; restoring asks for it. */
    from: z.string(),
  }),
  errors: ['checkpoint.unknown'],
  runs: 'read',
});

export const checkpointRestore = request({
  method: 'checkpoint/restore',
  direction: 'client→sidecar',
  doc: 'Brings files back as a checkpoint has them, after taking a recovery checkpoint. Refused where the tree is not any more what the preview was made from.',
  params: z.object({
    checkpoint: z.string(),
    paths: z.optional(z.array(relativePath)),
    from: z.string(),
    /** Files with unsaved changes; they are left as they are. */
    dirty: z.array(relativePath),
  }),
  result: z.object({ recovery: checkpoint, files: z.array(restoredFile) }),
  errors: ['checkpoint.unknown', 'checkpoint.treeChanged'],
  runs: 'write',
});

export const worktreeList = request({
  method: 'worktree/list',
  direction: 'client→sidecar',
  doc: 'Worktrees of agents, whose they are and why they are kept.',
  params: z.object({}),
  result: z.object({
    worktrees: z.array(
      z.object({
        folder: z.string(),
        run: z.nullable(z.string()),
        place: z.string(),
        /** Files that differ from its last commit. */
        dirty: z.int(),
        keptBecause: z.array(z.enum(['active', 'dirty', 'unmerged', 'referenced'])),
        bytes: z.nullable(z.int()),
      }),
    ),
  }),
  errors: [],
  runs: 'read',
});

export const worktreeRemove = request({
  method: 'worktree/remove',
  direction: 'client→sidecar',
  doc: 'Removes a worktree by explicit wish. One that is dirty needs `evenIfDirty`, and then its state is kept as a checkpoint first; an active one is refused.',
  params: z.object({ folder: z.string(), evenIfDirty: z.boolean() }),
  result: z.object({ recovery: z.nullable(checkpoint) }),
  errors: ['worktree.active', 'worktree.dirty', 'worktree.unknown'],
  runs: 'write',
});
