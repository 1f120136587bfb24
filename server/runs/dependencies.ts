import type { ArtifactStore } from '../artifacts';
import type { Arbitration } from '../arbitration';
import type { Clock, Context, Ids } from '../base';
import type { Checkpoints } from '../checkpoints';
import type { Blobs, NodeContext } from '../engine/ports';
import type { PrivateRepository } from '../git/types';
import type { Model } from '../llm/types';
import type { Sandbox } from '../sandbox/types';
import type { Outcome } from '../base';

/** What performers need of the outside; `main.ts` joins the adapters. */
export interface RunWorld {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly blobs: Blobs;
  /** Where what runs make gets its names; the blobs above are the same store. */
  readonly artifacts?: ArtifactStore;
  /** Checkpoints of the user's tree; one is taken before anything of ours writes into it. */
  readonly checkpoints: Checkpoints;
  /** The sandbox of this computer, once its probes have ended. */
  sandbox(): Promise<Sandbox>;
  /** The private repository of the workspace, opened on first need. */
  repository(ctx: Context): Promise<PrivateRepository>;
  /**
   * The model a run names, for the work of one node, until that gives it back. After a restart it waits until a
   * client has handed over settings and keys again, because only memory held them.
   */
  openModel(node: NodeContext, id: string): Promise<Outcome<LeasedModel>>;
  /** Whether a new run could use the model as things stand. */
  checkModel(id: string): Outcome<unknown>;
  /** Brings ignored dependency folders of the user's tree into a worktree; safe to call again. */
  prepareDependencies(ctx: Context, worktree: string): Promise<void>;
  readonly folders: Folders;
  /** Locks, forecasts and what is shown of merges; without it the places of the engine alone keep work apart. */
  readonly arbitration?: RunArbitration;
}

/** As much of the arbitration as runs need. */
export type RunArbitration = Pick<Arbitration, 'acquire' | 'letGo' | 'shown' | 'writes'>;
/** A model that is kept ready until it is given back. */
export interface LeasedModel extends Model {
  release(): void;
}

/** Where things lie. The workspace may be a subfolder of its repository: `prefix` is its path below the top, '' at the top. */
export interface Folders {
  readonly worktrees: string;
  readonly homes: string;
  readonly root: string;
  readonly prefix: string;
}
