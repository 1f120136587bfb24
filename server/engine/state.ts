import type { Problem } from '../../schemas/codes';
import type { EventOf, Question, Spending } from '../../schemas/journal/events';
import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import type { NodeState, RunState } from '../../schemas/wire/run';
import type { Json } from '../base';

/** What is known of one node: the fold of its events. Times are milliseconds since the epoch. */
export interface NodeFold {
  /** Unique within the run: inside a group `group[round]/id`. */
  readonly id: string;
  readonly definition: WorkflowNode;
  readonly state: NodeState;
  /** 0 before the first start. */
  readonly attempt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly output: Json | undefined;
  readonly problem: Problem | null;
  /** Why it was passed over. */
  readonly skipped: EventOf<'NodeSkipped'>['reason'] | null;
  /** Recorded step outcomes the current attempt can count on, by key, in the order they were recorded. */
  readonly steps: ReadonlyMap<string, Json>;
  /** The workflow's params, or those a person put in their place. */
  readonly params: Json;
  /** What its attempts consumed together. */
  readonly spent: Spending;
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
  /** Values of the workflow's inputs by node id. */
  readonly inputs: Readonly<Record<string, Json>>;
  /** Values of its outputs by node id, once it is completed. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly forkedFrom: EventOf<'RunCreated'>['forkedFrom'];
  readonly trigger: EventOf<'RunCreated'>['trigger'];
  readonly state: RunState;
  /** 1 at first; one more each time nodes are done again. */
  readonly generation: number;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly problem: Problem | null;
  /** Nodes by id; those of rounds are there once their round began, standbys always. */
  readonly nodes: ReadonlyMap<string, NodeFold>;
  /** Questions not answered yet, oldest first, with the node that asks. */
  readonly questions: readonly { readonly node: string; readonly question: Question }[];
  /** Newest decision per changeset and path. */
  readonly decisions: readonly FileDecision[];
  /** What all attempts consumed together. */
  readonly spent: Spending;
}
