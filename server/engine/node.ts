import type { Problem } from '../../schemas/codes';
import type { Spending } from '../../schemas/journal/events';
import type { WorkflowNode } from '../../schemas/journal/workflow';
import type { Json } from '../base';
import type { Level } from './level';
import type { Bucket } from './places';
import type { Variation } from './ports';
import type { NodeFold } from './state';

const noRounds: Scope[] = [];
/** One for all nodes that spend nothing: most do. */
const nothingSpent: Spending = Object.freeze({});
export const noSteps: ReadonlyMap<string, Json> = new Map();

/** One run through a level: the whole workflow, or one round of a group's body. */
export class Scope {
  readonly records: NodeRecord[] = [];
  /** Nodes that have not settled. */
  left: number;
  /** A node failed for good and nothing took its place: nothing more of it starts. */
  broken: NodeRecord | undefined;

  constructor(
    readonly level: Level,
    /** Stands before the ids of its nodes; empty at the top. */
    readonly prefix: string,
    readonly group: NodeRecord | undefined,
    readonly round: number,
    readonly inputs: Readonly<Record<string, Json>>,
  ) {
    this.left = level.toSettle;
    level.nodes.forEach((definition, i) =>
      this.records.push(new NodeRecord(this, i, prefix + definition.id)),
    );
  }
}

/** What an attempt of a group has come to. */
export interface Group {
  /** The index of its first round among all rounds of the node. */
  readonly first: number;
  /** How many items there are to go through; undefined where it is not a list. */
  readonly items: number | undefined;
  /** Rounds that are not done. */
  open: number;
  /** Nodes at work inside, at whatever depth. */
  busy: number;
  /** The node inside that failed for good, if one did. */
  broken: NodeRecord | undefined;
}

/** What is known of one node, and what deciding needs besides. */
export class NodeRecord implements NodeFold {
  state: NodeFold['state'] = 'pending';
  attempt = 0;
  startedAt: number | null = null;
  endedAt: number | null = null;
  output: Json | undefined = undefined;
  problem: Problem | null = null;
  steps: ReadonlyMap<string, Json> = noSteps;
  skipped: NodeFold['skipped'] = null;
  spent: Spending = nothingSpent;
  /** Of the present attempt. */
  grant: Spending | undefined = undefined;
  grantLeft: Spending | undefined = undefined;
  inputHash: string | undefined = undefined;
  variation: Variation = 'same';
  /** Params a person put in place of the workflow's. */
  edited: Json | undefined = undefined;
  /** Tries that failed since it was first started or last retried by a person. */
  tries = 0;
  /** Times this attempt was taken over without having recorded a step since. */
  resumptions = 0;
  /** Milliseconds spent waiting for people in this attempt, and since when it waits now. */
  waited = 0;
  waitsSince: number | undefined = undefined;
  /** Where it stands among the ready ones; set when it is first ready. */
  bucket: Bucket | undefined = undefined;
  /** When it could first have started; what waits longer goes first. */
  readyAt = 0;
  /** Ways in that are not settled, and those that came out open. */
  unsettled: number;
  open = 0;
  /** Whether its own outcome was passed on to the nodes after it. */
  settled = false;
  /** Its edges that were found false, by index; undefined when there are none. */
  shut: Set<number> | undefined = undefined;
  /** Whether the next attempt begins without the recorded steps. */
  forgets = false;
  /** For a group: its present attempt, and the rounds of all attempts. */
  group: Group | undefined = undefined;
  rounds = noRounds;
  /** For a called standby: the node it stands in for or undoes. */
  calledBy: { readonly node: NodeRecord; readonly as: 'fallback' | 'compensation' } | undefined = undefined;

  constructor(
    readonly scope: Scope,
    readonly index: number,
    readonly id: string,
  ) {
    this.unsettled = scope.level.waysIn[index]!;
  }

  get definition(): WorkflowNode {
    return this.scope.level.nodes[this.index]!;
  }

  get params(): Json {
    return this.edited ?? (this.definition.params as Json);
  }

  addRound(scope: Scope): void {
    if (this.rounds === noRounds) this.rounds = [];
    this.rounds.push(scope);
  }

  /** Back to before its first start; attempts, rounds and edits stay, and steps where the next attempt goes on. */
  reset(): void {
    this.forgets ||= this.state === 'completed';
    this.state = 'pending';
    this.output = undefined;
    this.problem = null;
    this.skipped = null;
    this.startedAt = null;
    this.endedAt = null;
    this.inputHash = undefined;
    this.tries = 0;
    this.unsettled = this.scope.level.waysIn[this.index]!;
    this.open = 0;
    this.settled = false;
    this.shut = undefined;
    this.calledBy = undefined;
  }
}

/** The ids of a record's node and of the groups around it, from the top, without rounds. */
export function pathOf(record: NodeRecord): string {
  const outer = record.scope.group;
  return outer ? `${pathOf(outer)}/${record.definition.id}` : record.definition.id;
}

/** The node of the top level that holds a record, or is it. */
export function topOf(record: NodeRecord): NodeRecord {
  let top = record;
  while (top.scope.group) top = top.scope.group;
  return top;
}

/** Whether a group around a record is broken: nothing inside it starts any more. */
export function isHeldBack(record: NodeRecord): boolean {
  for (let scope: Scope | undefined = record.scope; scope; scope = scope.group?.scope)
    if (scope.group?.group?.broken) return true;
  return false;
}
