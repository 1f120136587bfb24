import type { Checkpoint } from '../../schemas/wire/checkpoint';
import type { Problem } from '../../schemas/codes';
import type { Clock, Context, Ids } from '../base';
import type { PrivateRepository } from '../git';

export interface CheckpointPorts {
  /** The private repository, opened on first need. */
  repository(ctx: Context): Promise<PrivateRepository>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The folder the person has open, as a real path, and its path below the top of its repository ('' at the top). */
  readonly root: string;
  readonly prefix: string;
  /** The file that says which restore is under way. */
  readonly journal: string;
}

/** A checkpoint with the commit that keeps it. */
export interface KeptCheckpoint extends Checkpoint {
  readonly commit: string;
}

export interface ShownCheckpoint {
  readonly checkpoint: KeptCheckpoint;
  /** Where the user's repository stood; null for checkpoints of agents. */
  readonly stood: {
    readonly head: string | null;
    readonly branch: string | null;
    readonly doing: string | null;
    readonly submodules: string[];
    readonly nested: string[];
    readonly staged: number;
  } | null;
  /** Files that differ; their bytes are read when asked for. */
  readonly files: readonly {
    readonly path: string;
    then(): Promise<Uint8Array | null>;
    now(): Promise<Uint8Array | null>;
  }[];
}

/** What restoring does to one file; `problem` says why it is left as it is. Paths are below the folder. */
export interface RestoredFile {
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted';
  readonly problem: Problem | null;
}

export interface Restored {
  readonly recovery: KeptCheckpoint;
  readonly files: readonly RestoredFile[];
}

/** Which files of a checkpoint are meant: all, or those named and what lies below them. */
export interface RestoreWish {
  readonly checkpoint: string;
  readonly paths?: readonly string[];
}
