import type { Context } from '../base';
import type { CommitToMake } from './exporting';

export type { CommitToMake, FileToCommit } from './exporting';

/** A commit of the private repository and the tree it names (git object ids, hex). */
export interface Commit {
  readonly commit: string;
  readonly tree: string;
}

/** What the user's repository is, found without running anything of its configuration. */
export interface UserRepository {
  /** The work tree's top folder, as a real path. */
  readonly top: string;
  /** The repository's git folder (the worktree's own when `top` is a linked worktree). */
  readonly gitDir: string;
  /** The folder that holds the shared objects. */
  readonly commonDir: string;
  /** Commit at HEAD, or null before the first commit. */
  readonly head: string | null;
  /** Branch name, or null when HEAD is detached. */
  readonly branch: string | null;
  readonly shallow: boolean;
  readonly objectFormat: 'sha1' | 'sha256';
}

/** What the user's work tree holds at a moment, as a tree of private objects, and where their repository stands. */
export interface SeenTree {
  readonly tree: string;
  readonly head: string | null;
  readonly branch: string | null;
  /** What is staged otherwise than HEAD has it; `object` null: staged as removed. Names byte for byte as latin1. */
  readonly staged: readonly StagedEntry[];
  /** What git was in the middle of, for example `merge` or `rebase`. */
  readonly doing: string | null;
  /** Repositories inside the tree that are no submodules: not in the tree, never touched. */
  readonly nested: readonly string[];
  readonly submodules: readonly string[];
}

export interface StagedEntry {
  readonly path: string;
  readonly mode: string;
  readonly object: string | null;
  /** 0, or the side of an unfinished merge: 1 base, 2 ours, 3 theirs. */
  readonly stage: 0 | 1 | 2 | 3;
}

/** A ref of ours, what it names, and the commit's message. */
export interface NamedCommit extends Commit {
  readonly ref: string;
  readonly message: string;
}

/** One path of a comparison of two trees; `null` object and mode stand for “does not exist”. */
export interface TreeChange {
  readonly path: string;
  /** Former path where git sees a rename (exact or similar content). */
  readonly from: string | null;
  readonly change: 'added' | 'modified' | 'deleted' | 'renamed';
  readonly before: { readonly object: string; readonly mode: string } | null;
  readonly after: { readonly object: string; readonly mode: string } | null;
}

export type MergeResult =
  | { readonly kind: 'clean'; readonly tree: string }
  /** `tree` holds conflict markers in `files`; nothing of it may reach a user without an answer. */
  | {
      readonly kind: 'conflict';
      readonly tree: string;
      readonly files: readonly string[];
      /** What git calls each conflict (`contents`, `binary`, `rename/rename`, `file/directory`, …) and the paths it is about. */
      readonly details: readonly { readonly kind: string; readonly files: readonly string[] }[];
    };

/**
 * The repository Symphony keeps beside the user's, in the data folder: it borrows the user's objects
 * (alternates), holds every private commit, ref and worktree, and never writes into the user's `.git`.
 * It stores bytes exactly: no filters, no end-of-line conversion, no hooks, no user configuration.
 */
export interface PrivateRepository {
  readonly gitDir: string;
  /**
   * Commits the user's tree as it is now: tracked files with their edits, new files that are not
   * ignored, and `.planning` even where it is. The user's index, HEAD, stash and hooks are not touched.
   * `ref` (below refs/symphony/) then names it.
   */
  snapshot(ctx: Context, ref: string, message: string): Promise<Commit>;
  /** Creates the worktree at `path` with the tree of `commit`; an existing one is brought to that tree. */
  ensureWorktree(ctx: Context, path: string, commit: string): Promise<void>;
  /** The tree the worktree holds now (tracked and new, not ignored), written to the private objects. */
  writeTree(ctx: Context, path: string): Promise<string>;
  /** Brings the worktree's files to `tree` exactly, leaving ignored files (dependencies) alone. */
  restoreTree(ctx: Context, path: string, tree: string): Promise<void>;
  /** Commits `tree` with `parents` and points `ref` at it when given. Author and time are given, so that replays agree. */
  commit(
    ctx: Context,
    tree: string,
    parents: readonly string[],
    message: string,
    atMs: number,
    ref?: string,
  ): Promise<Commit>;
  /**
   * Looks at the user's tree like `snapshot`, without a commit: tracked files as they are on disk, new files that
   * are not ignored, and what is staged. Files outside a sparse checkout count as the index has them.
   */
  userTree(ctx: Context): Promise<SeenTree>;
  /**
   * Commits what `userTree` saw under `ref`. Its second parent holds what a tree cannot: staged contents (`staged/`),
   * the sides of an unfinished merge (`unmerged/`), the ignore rules beside the tree, and where the repository stood.
   * Changed objects that only the user's repository held are copied, so that its pruning cannot take them away.
   */
  keepUserTree(ctx: Context, at: SeenTree, ref: string, message: string, atMs: number): Promise<Commit>;
  /** Refs below `prefix` (itself below refs/symphony/), in the order of their names. */
  listRefs(ctx: Context, prefix: string): Promise<readonly NamedCommit[]>;
  /** What `keepUserTree` wrote beside a tree: facts as JSON text, and how many entries were staged; null for other commits. */
  besideTree(ctx: Context, kept: string): Promise<{ readonly facts: string; readonly staged: number } | null>;
  /**
   * Which of `paths` the ignore rules of a kept tree (its own files and those kept beside it) ignore: of those it
   * cannot be told whether they existed when it was kept.
   */
  ignoredThen(ctx: Context, kept: string, paths: readonly string[]): Promise<ReadonlySet<string>>;
  readRef(ctx: Context, ref: string): Promise<string | null>;
  setRef(ctx: Context, ref: string, commit: string): Promise<void>;
  /** The tree of a commit. */
  treeOf(ctx: Context, commit: string): Promise<string>;
  /** Merges two commits over their common `base` without any worktree. */
  merge(ctx: Context, base: string, ours: string, theirs: string): Promise<MergeResult>;
  /** Replaces paths of `tree` by those of `from` (or removes them where `from` lacks them): one side of a conflict. */
  takePaths(ctx: Context, tree: string, from: string, paths: readonly string[]): Promise<string>;
  changes(ctx: Context, before: string, after: string): Promise<readonly TreeChange[]>;
  /** Added and removed lines per path; binary files have nulls. */
  lineCounts(
    ctx: Context,
    before: string,
    after: string,
  ): Promise<ReadonlyMap<string, { added: number | null; removed: number | null }>>;
  /** Commits files on top of a commit, under a ref of ours. */
  commitFiles(ctx: Context, ref: string, commit: CommitToMake): Promise<Commit>;
  /** The patch from one commit to another as text, for `git apply`; binary where lines are not UTF-8. */
  patchText(ctx: Context, before: string, after: string): Promise<string>;
  /** Throws `review.branchName` and `review.branchExists`. */
  requireFreeBranch(ctx: Context, branch: string): Promise<void>;
  /**
   * Makes a new branch of the user's repository: the only call that writes into their `.git`, for a person who asked
   * for it. Objects come first, then the ref, if there still is none of that name; work tree, index and HEAD stay.
   */
  makeUserBranch(ctx: Context, branch: string, commit: string): Promise<void>;
  /** The commit at the user's HEAD now, or null before the first one. */
  userHead(ctx: Context): Promise<string | null>;
  readObject(ctx: Context, object: string): Promise<Uint8Array>;
  worktrees(ctx: Context): Promise<readonly { path: string; commit: string }[]>;
  /** Whether `commit` is `of` or lies in its history. */
  isAncestor(ctx: Context, commit: string, of: string): Promise<boolean>;
  /** Removes a worktree of ours; refuses (throws) when its files differ from the tree of `expected`. */
  removeWorktree(ctx: Context, path: string, expected: string): Promise<void>;
}
