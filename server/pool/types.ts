import type { Context } from '../base';

export type ResourceKind = 'model' | 'agent' | 'server' | 'kit';

/** What is being kept ready: a model, an ACP agent, an MCP server or a process of an extension. */
export interface Resource {
  /** Unique in a pool, for example `model:anthropic/claude`. */
  readonly id: string;
  readonly kind: ResourceKind;
  /** What people call it. */
  readonly label: string;
  /** Bytes set aside for it while it warms; `memory` counts from then on. Default 0. */
  readonly bytes?: number;
  /** Whether it can be asked how it is without cost; what it is used for tells otherwise. */
  readonly probes?: boolean;
  /** Makes it ready; throws problems. */
  warm(ctx: Context): Promise<void>;
  /** Throws when it is not well any more. */
  probe(ctx: Context): Promise<void>;
  /** Lets go of it; safe after a failed `warm`, and never left half done. */
  cool(ctx: Context): Promise<void>;
  /** Bytes it takes now. */
  memory(): number;
}

export const poolStates = ['cold', 'warming', 'hot', 'cooling', 'failed'] as const;
export type PoolState = (typeof poolStates)[number];

/** Why a state changed. */
export type Reason = 'asked' | 'ahead' | 'room' | 'unwell' | 'recovery' | 'idle' | 'stopping' | 'done';

/** The right to use a resource; it is not cooled while one is out. */
export interface Lease {
  readonly id: string;
  /** Aborted when the resource failed under its holder. */
  readonly lost: AbortSignal;
  /** Twice is harmless. */
  release(): void;
}

/** What the use is part of, by which later uses are foreseen. */
export interface Use {
  /** The name of the workflow. */
  readonly workflow: string;
  readonly run: string;
}

export interface PoolLimits {
  /** Resources that are warming, hot or cooling. */
  readonly count: number;
  readonly bytes: number;
}
