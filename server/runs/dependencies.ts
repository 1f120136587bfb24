import type { Clock, Context, Ids } from '../base';
import type { Checkpoints } from '../checkpoints';
import type { Blobs } from '../engine/ports';
import type { PrivateRepository } from '../git/types';
import type { Model } from '../llm/types';
import type { Sandbox } from '../sandbox/types';
import type { Outcome } from '../base';

/** What performers need of the outside; `main.ts` joins the adapters. */
export interface RunWorld {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly blobs: Blobs;
  /** Checkpoints of the user's tree; one is taken before anything of ours writes into it. */
  readonly checkpoints: Checkpoints;
  /** The sandbox of this computer, once its probes have ended. */
  sandbox(): Promise<Sandbox>;
  /** The private repository of the workspace, opened on first need. */
  repository(ctx: Context): Promise<PrivateRepository>;
  /**
   * The model a run names. After a restart it waits until a client has handed over settings and keys
   * again, because only memory held them.
   */
  openModel(ctx: Context, id: string): Promise<Outcome<Model>>;
  /** Whether a new run could use the model as things stand. */
  checkModel(id: string): Outcome<unknown>;
  /** Brings ignored dependency folders of the user's tree into a worktree; safe to call again. */
  prepareDependencies(ctx: Context, worktree: string): Promise<void>;
  readonly folders: Folders;
}

/** Where things lie. The workspace may be a subfolder of its repository: `prefix` is its path below the top, '' at the top. */
export interface Folders {
  readonly worktrees: string;
  readonly homes: string;
  readonly root: string;
  readonly prefix: string;
}
