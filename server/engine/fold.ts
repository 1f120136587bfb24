import type { Problem } from '../../schemas/codes';
import type { EventOf, Question, RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import type { RunState } from '../../schemas/wire/run';
import type { Json } from '../base';
import type { Answer } from './ports';
import { Places, type Schedule } from './places';
import { Decisions, Questions } from './records';
import { keepsSteps } from './retry';
import type { NodeFold, RunFold } from './state';

export type { Schedule } from './places';

/** A fold with what deciding needs besides; other rooms see the `RunFold` in it. */
export interface FoldedRun extends RunFold {
  readonly definitions: ReadonlyMap<string, WorkflowNode>;
  readonly schedule: Schedule;
  /** Answers by question id, of the whole run. */
  readonly answers: ReadonlyMap<string, Answer>;
}

/**
 * Takes one more event of a run into its state. The first event must be `RunCreated`.
 *
 * The state is changed in place and returned: a run may have 10,000 nodes and many more events, and
 * copying its maps for each would make folding quadratic. So a `RunFold` is a live view; whoever needs
 * the state of an earlier moment folds the events up to it. Throws (a broken invariant, not a problem)
 * when the event cannot follow the ones before; the state is unchanged then.
 */
export function fold(state: FoldedRun | undefined, recorded: RecordedEvent): FoldedRun {
  if (state === undefined) return Folding.begin(recorded);
  if (!(state instanceof Folding)) throw new Error('fold takes only what fold has returned');
  state.take(recorded);
  return state;
}

/** Folds a run's events from the first; undefined when there are none. */
export function foldAll(events: Iterable<RecordedEvent>): FoldedRun | undefined {
  let state: FoldedRun | undefined;
  for (const event of events) state = fold(state, event);
  return state;
}

/** What the run was told to do; `waiting` is not among it because it follows from the nodes. */
type Stage = Exclude<RunState, 'waiting'>;

const noSteps: ReadonlyMap<string, Json> = new Map();

class NodeRecord implements NodeFold {
  state: NodeFold['state'] = 'pending';
  attempt = 0;
  startedAt: number | null = null;
  endedAt: number | null = null;
  output: Json | undefined = undefined;
  problem: Problem | null = null;
  steps: ReadonlyMap<string, Json> = noSteps;
  constructor(readonly id: string) {}
}

class Folding implements FoldedRun {
  seq: number;
  position: number;
  state: RunState = 'running';
  endedAt: number | null = null;
  problem: Problem | null = null;
  readonly run: string;
  readonly title: string;
  readonly kind: RunFold['kind'];
  readonly workflow: Workflow;
  readonly facts: Readonly<Record<string, Json>>;
  readonly createdAt: number;
  readonly nodes = new Map<string, NodeRecord>();
  readonly definitions = new Map<string, WorkflowNode>();
  readonly answers = new Map<string, Answer>();
  readonly schedule: Places;
  private readonly asked = new Questions();
  private readonly decided = new Decisions();
  private stage: Stage = 'running';

  static begin(recorded: RecordedEvent): Folding {
    if (recorded.event.type !== 'RunCreated' || recorded.seq !== 1)
      throw new Error(`run ${recorded.run} begins with ${recorded.event.type} at seq ${recorded.seq}`);
    return new Folding(recorded, recorded.event);
  }

  private constructor(recorded: RecordedEvent, created: EventOf<'RunCreated'>) {
    this.run = recorded.run;
    this.seq = recorded.seq;
    this.position = recorded.position;
    this.createdAt = recorded.at;
    this.title = created.title;
    this.kind = created.kind;
    this.workflow = created.workflow;
    this.facts = created.facts as Readonly<Record<string, Json>>;
    for (const node of created.workflow.nodes) {
      this.nodes.set(node.id, new NodeRecord(node.id));
      this.definitions.set(node.id, node);
    }
    this.schedule = new Places(created.workflow);
  }

  get questions(): readonly { readonly node: string; readonly question: Question }[] {
    return this.asked.list();
  }

  get decisions() {
    return this.decided.list();
  }

  take({ run, seq, position, at, event }: RecordedEvent): void {
    if (run !== this.run || seq !== this.seq + 1)
      throw new Error(`run ${this.run}: seq ${this.seq} is followed by ${run} ${seq}`);
    this.apply(event, at);
    this.seq = seq;
    this.position = position;
    this.state = this.stage === 'running' && this.waits() ? 'waiting' : this.stage;
  }

  private waits(): boolean {
    return (
      this.asked.size > 0 &&
      this.schedule.occupied.size === this.asked.nodesWaiting &&
      !this.schedule.canStart()
    );
  }

  private apply(event: RunEvent, at: number): void {
    switch (event.type) {
      case 'RunCreated':
        throw new Error(`run ${this.run} was created twice`);
      case 'RunOwned':
        return;
      case 'NodeStarted':
        return this.started(event, at);
      case 'StepRecorded': {
        const node = this.working(event.node, event.attempt);
        if (node.steps === noSteps) node.steps = new Map();
        (node.steps as Map<string, Json>).set(event.key, event.outcome as Json);
        return;
      }
      case 'NodeCompleted': {
        const node = this.working(event.node, event.attempt);
        this.leave(node, at);
        node.state = 'completed';
        node.output = event.output as Json;
        node.problem = null;
        this.schedule.completed(node.id);
        return;
      }
      case 'NodeFailed': {
        const node = this.working(event.node, event.attempt);
        this.leave(node, at);
        node.problem = event.problem;
        // A failure that is not final leaves the node ready for its next try.
        node.state = event.final ? 'failed' : 'pending';
        this.schedule.failed(node.id, event.final);
        return;
      }
      case 'QuestionAsked': {
        const node = this.working(event.node);
        this.asked.open(node.id, event.question as Question);
        node.state = 'waiting';
        return;
      }
      case 'QuestionAnswered': {
        const asker = this.asked.close(event.question);
        if (asker === undefined) throw new Error(`run ${this.run}: ${event.question} is not open`);
        this.answers.set(event.question, {
          answer: event.answer,
          ...(event.note === undefined ? {} : { note: event.note }),
        });
        if (!this.asked.waits(asker)) this.node(asker).state = 'running';
        return;
      }
      case 'NodeRetried': {
        const node = this.node(event.node);
        if (node.state !== 'failed') throw new Error(`node ${node.id} is ${node.state}, not failed`);
        node.state = 'pending';
        this.schedule.retried(node.id);
        if (this.stage === 'failed') this.stage = 'running';
        this.endedAt = null;
        this.problem = null;
        return;
      }
      case 'RunPaused':
        return this.enter('paused', ['running']);
      case 'RunResumed':
        return this.enter('running', ['paused']);
      case 'RunCancelRequested':
        return this.enter('cancelling', ['running', 'paused']);
      case 'RunCompleted':
        return this.end('completed', at);
      case 'RunFailed':
        this.end('failed', at);
        this.problem = event.problem;
        return;
      case 'RunCancelled':
        this.end('cancelled', at);
        return this.cancelRest(at);
      case 'FileDecided':
        return this.decided.take(event);
    }
  }

  private started(event: EventOf<'NodeStarted'>, at: number): void {
    const node = this.node(event.node);
    if (node.state !== 'pending' || event.attempt !== node.attempt + 1)
      throw new Error(`node ${node.id} is ${node.state} after attempt ${node.attempt}; not ${event.attempt}`);
    this.schedule.started(node.id);
    node.state = 'running';
    node.attempt = event.attempt;
    node.startedAt = at;
    node.endedAt = null;
    if (node.problem === null || !keepsSteps(node.problem)) node.steps = noSteps;
  }

  private leave(node: NodeRecord, at: number): void {
    node.endedAt = at;
    this.asked.drop(node.id);
  }

  private enter(stage: Stage, from: readonly Stage[]): void {
    if (!from.includes(this.stage))
      throw new Error(`run ${this.run} is ${this.stage}; it cannot be ${stage}`);
    this.stage = stage;
  }

  private end(stage: Stage, at: number): void {
    this.enter(stage, ['running', 'paused', 'cancelling']);
    this.endedAt = at;
  }

  private cancelRest(at: number): void {
    for (const node of this.nodes.values()) {
      if (node.state === 'completed' || node.state === 'failed') continue;
      if (node.startedAt !== null) this.leave(node, at);
      node.state = 'cancelled';
    }
    this.schedule.clear();
  }

  private node(id: string): NodeRecord {
    const node = this.nodes.get(id);
    if (!node) throw new Error(`run ${this.run} has no node ${id}`);
    return node;
  }

  /** The node, which must be at work (on this attempt). */
  private working(id: string, attempt?: number): NodeRecord {
    const node = this.node(id);
    if (!this.schedule.occupied.has(id) || (attempt !== undefined && attempt !== node.attempt))
      throw new Error(`node ${id} is ${node.state} in attempt ${node.attempt}, not at work in ${attempt}`);
    return node;
  }
}
