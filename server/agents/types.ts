import type { Json, Context } from '../base';
import type { NodeContext } from '../engine/ports';
import type { Model } from '../llm/types';
import type { ToolSpec, Usage } from '../../schemas/wire';
import type { Problem } from '../../schemas/codes';

export interface Limits {
  readonly turns: number;
  readonly tokens: number;
  readonly usd: number;
  readonly minutes: number;
}

/** What a tool answers the model. */
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
  /** What the tools must know again after a restart; recorded with the outcome, handed back by `recall`. */
  readonly memory?: Json;
  /** Milliseconds of the call spent waiting for a person; they do not count against the time limit. */
  readonly waitedMs?: number;
}

export interface Tool {
  readonly spec: ToolSpec;
  /** Whether running it can change files of the worktree. */
  readonly changesFiles: boolean;
  run(ctx: Context, input: Json): Promise<ToolResult>;
  /** Told the `memory` of each recorded outcome of this tool instead of `run`, in order, on replay. */
  recall?(memory: Json): void;
}

/**
 * One agent at work. Every model reply and every tool outcome is a recorded step of `node`, so that a
 * restarted agent neither asks nor acts twice. `afterChange` is called after a tool that may have
 * changed files and returns the tree to record with its outcome; `restore` brings the worktree to the
 * tree recorded last before the first new step of a replay.
 */
export interface AgentTask {
  readonly plan: string;
  readonly system: string;
  readonly instruction: string;
  readonly model: Model;
  readonly tools: readonly Tool[];
  readonly limits: Limits;
  readonly afterChange: (ctx: Context) => Promise<string>;
  readonly restore: (ctx: Context, tree: string | null) => Promise<void>;
  /**
   * Told of the worktree before a turn's tools act and after the last of them, in replays too. `tree` is the one
   * recorded last; null is the start.
   */
  readonly turn?: (ctx: Context, turn: AgentTurn) => Promise<void>;
}

export interface AgentTurn {
  /** Counted from 1. */
  readonly number: number;
  readonly side: 'before' | 'after';
  readonly tree: string | null;
}

export interface AgentOutcome {
  /** What the agent said it did, from `finish`. */
  readonly summary: string;
  /** What `finish` brought besides, where it was asked for more. */
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly turns: number;
  readonly usage: Usage;
  readonly milliseconds: number;
}

export type RunAgent = (node: NodeContext, task: AgentTask) => Promise<AgentOutcome>;
export type { Problem };
