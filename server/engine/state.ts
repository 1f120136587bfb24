import type { Problem } from '../../schemas/codes';
import type { Question } from '../../schemas/journal/events';
import type { Workflow } from '../../schemas/journal/workflow';
import type { NodeState, RunState } from '../../schemas/wire/run';
import type { Json } from '../base';

/** What is known of one node: the fold of its events. Times are milliseconds since the epoch. */
export interface NodeFold {
  readonly id: string;
  readonly state: NodeState;
  /** 0 before the first start. */
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly output: Json | undefined;
  readonly problem: Problem | null;
  /** Recorded step outcomes the current attempt can count on, by key, in the order they were recorded. */
  readonly steps: ReadonlyMap<string, Json>;
}

/** A person's decision on one file of a changeset. */
export interface FileDecision {
  readonly changeset: string;
  readonly path: string;
  readonly decision: 'accepted' | 'rejected';
  readonly written: string | null;
}

/** What is known of one run: the fold of its events and nothing else. */
export interface RunFold {
  readonly run: string;
  readonly seq: number;
  readonly position: number;
  readonly title: string;
  readonly kind: 'phase' | 'ask' | 'melody';
  readonly workflow: Workflow;
  readonly facts: Readonly<Record<string, Json>>;
  readonly state: RunState;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly problem: Problem | null;
  readonly nodes: ReadonlyMap<string, NodeFold>;
  /** Questions not answered yet, oldest first, with the node that asks. */
  readonly questions: readonly { readonly node: string; readonly question: Question }[];
  /** Newest decision per changeset and path. */
  readonly decisions: readonly FileDecision[];
}
