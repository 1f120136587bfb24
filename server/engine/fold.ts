import type { Problem } from '../../schemas/codes';
import type { EventOf, Question, RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Workflow } from '../../schemas/journal/workflow';
import type { RunState } from '../../schemas/wire/run';
import type { Json } from '../base';
import { Nodes } from './nodes';
import type { Answer } from './ports';
import { Decisions, Questions } from './records';
import type { NodeRecord } from './node';
import { bringTo, shotOf, type RunShot } from './snapshot';
import type { RunFold } from './state';

/** A fold with what deciding needs besides; other rooms see the `RunFold` in it. */
export interface FoldedRun extends RunFold {
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  /** The nodes with what follows from their states. */
  readonly all: Nodes;
  readonly begunAt: number;
  /** Whether a failure keeps everything from starting but compensations. */
  readonly isHalted: boolean;
  /** Why the run is being stopped, if it is. */
  readonly stopping: Problem | undefined;
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

/** Takes in an event that follows all so far and is not recorded yet, as of `at` (milliseconds since the epoch). */
export function foldNext(state: FoldedRun, event: RunEvent, at: number): void {
  if (!(state instanceof Folding)) throw new Error('fold takes only what fold has returned');
  state.follow(event, at);
}

/** Folds a run's events from the first; undefined when there are none. */
export function foldAll(events: Iterable<RecordedEvent>): FoldedRun | undefined {
  let state: FoldedRun | undefined;
  for (const event of events) state = fold(state, event);
  return state;
}

/** What the fold of a run's events has come to, as JSON that `restored` takes back. */
export function shotOfRun(state: FoldedRun): RunShot {
  if (!(state instanceof Folding)) throw new Error('only what fold has returned can be taken down');
  return state.shot();
}

/**
 * The state a shot was taken of, from it and the run's first event; the events after it can be folded into
 * it. Undefined for a shot of another version.
 */
export function restored(created: RecordedEvent, shot: RunShot): FoldedRun | undefined {
  return shot.version === 1 ? Folding.restore(created, shot) : undefined;
}

/** What the run was told to do; `waiting` is not among it because it follows from the nodes. */
type Stage = Exclude<RunState, 'waiting'>;
const ended: readonly Stage[] = ['completed', 'failed', 'cancelled'];

/** The members of a fold that are taken down. */
interface Shot {
  readonly seq: number;
  readonly position: number;
  readonly state: RunState;
  readonly stage: Stage;
  readonly endedAt: number | null;
  readonly begunAt: number;
  readonly problem: Problem | null;
  readonly stopping: Problem | null;
  readonly outputs: Values;
  readonly answers: readonly (readonly [string, Answer])[];
  readonly questions: RunFold['questions'];
  readonly decisions: RunFold['decisions'];
}

type Values = Readonly<Record<string, Json>>;

class Folding implements FoldedRun {
  seq: number;
  position: number;
  state: RunState = 'running';
  endedAt: number | null = null;
  problem: Problem | null = null;
  stopping: Problem | undefined;
  outputs: Values = {};
  readonly run: string;
  readonly title: string;
  readonly kind: RunFold['kind'];
  readonly workflow: Workflow;
  readonly facts: Values;
  readonly inputs: Values;
  readonly forkedFrom: RunFold['forkedFrom'];
  readonly trigger: RunFold['trigger'];
  readonly createdAt: number;
  /** When the present generation began. */
  begunAt: number;
  readonly answers = new Map<string, Answer>();
  readonly all: Nodes;
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
    this.begunAt = recorded.at;
    this.title = created.title;
    this.kind = created.kind;
    this.workflow = created.workflow;
    this.facts = created.facts as Values;
    this.inputs = (created.inputs ?? {}) as Values;
    this.forkedFrom = created.forkedFrom;
    this.trigger = created.trigger;
    this.all = new Nodes(created.workflow, recorded.at);
  }

  static restore(created: RecordedEvent, { run, nodes }: RunShot): Folding {
    const state = Folding.begin(created);
    const { answers, questions, decisions, ...plain } = run as unknown as Shot;
    Object.assign(state, plain, { stopping: plain.stopping ?? undefined });
    for (const [id, answer] of answers) state.answers.set(id, answer);
    state.asked.load(questions);
    state.decided.load(decisions);
    bringTo(state.all, nodes);
    return state;
  }

  shot(): RunShot {
    const { seq, position, state, endedAt, problem, outputs, begunAt, stage } = this;
    const run: Shot = {
      ...{ seq, position, state, endedAt, problem, outputs, begunAt, stage },
      stopping: this.stopping ?? null,
      answers: [...this.answers],
      questions: this.questions,
      decisions: this.decisions,
    };
    return { version: 1, run: { ...run }, nodes: shotOf(this.all) };
  }

  get nodes(): ReadonlyMap<string, NodeRecord> {
    return this.all.records;
  }

  get generation(): number {
    return this.all.generation;
  }

  get spent() {
    return this.all.purse.spentInAll;
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
    this.follow(event, at);
    this.position = position;
  }

  follow(event: RunEvent, at: number): void {
    this.apply(event, at);
    this.seq++;
    this.state = this.stage === 'running' && this.waits() ? 'waiting' : this.stage;
  }

  private waits(): boolean {
    const { places, dueGroups, toSkip } = this.all;
    return (
      this.asked.size > 0 &&
      places.occupied.size === this.asked.nodesWaiting &&
      dueGroups.size === 0 &&
      toSkip.size === 0 &&
      !this.canStart()
    );
  }

  private canStart(): boolean {
    const { places, undoing } = this.all;
    return this.isHalted ? undoing !== undefined && places.isReady(undoing) : places.canStart();
  }

  get isHalted(): boolean {
    const { onFailure = 'continue' } = this.workflow.policy ?? {};
    return onFailure !== 'continue' && this.all.failures.size > 0;
  }

  private apply(event: RunEvent, at: number): void {
    switch (event.type) {
      case 'RunCreated':
        throw new Error(`run ${this.run} was created twice`);
      case 'RunOwned':
        for (const node of this.all.places.occupied) node.resumptions++;
        return;
      case 'NodeStarted':
        this.all.started(event, at);
        return;
      case 'StepRecorded':
        return this.all.stepRecorded(event);
      case 'NodeCompleted':
        this.asked.drop(event.node);
        this.all.completed(event, at);
        return;
      case 'NodeFailed':
        this.asked.drop(event.node);
        this.all.failed(event, at);
        return;
      case 'NodeReused':
        return this.all.reused(event, at);
      case 'NodeSkipped':
        this.reopen();
        return this.all.skipped(event, at);
      case 'NodeSubstituted':
        return this.all.substituted(event, at);
      case 'StandbyCalled':
        return this.all.standbyCalled(event, at);
      case 'RoundBegun':
        return this.all.roundBegun(event, at);
      case 'NodeEdited':
        return this.all.edited(event);
      case 'GenerationBegun':
        this.all.generationBegun(event, at);
        this.begunAt = at;
        return this.reopen();
      case 'QuestionAsked': {
        const node = this.all.working(event.node);
        this.asked.open(node.id, event.question as Question);
        node.state = 'waiting';
        node.waitsSince ??= at;
        return;
      }
      case 'QuestionAnswered':
        return this.answered(event, at);
      case 'NodeRetried':
        this.all.retried(event.node, at);
        return this.reopen();
      case 'RunPaused':
        return this.enter('paused', ['running']);
      case 'RunResumed':
        return this.enter('running', ['paused']);
      case 'RunStopping':
        this.enter('cancelling', ['running', 'paused']);
        this.stopping = event.problem;
        return;
      case 'RunCancelRequested':
        this.enter('cancelling', ['running', 'paused', 'cancelling']);
        this.stopping = undefined;
        return;
      case 'RunCompleted':
        this.end('completed', at);
        this.outputs = (event.outputs ?? {}) as Values;
        return;
      case 'RunFailed':
        this.end('failed', at);
        this.problem = event.problem;
        if (this.stopping) this.cancelRest(at);
        this.stopping = undefined;
        return;
      case 'RunCancelled':
        this.end('cancelled', at);
        return this.cancelRest(at);
      case 'FileDecided':
        return this.decided.take(event);
    }
  }

  private answered(event: EventOf<'QuestionAnswered'>, at: number): void {
    const asker = this.asked.close(event.question);
    if (asker === undefined) throw new Error(`run ${this.run}: ${event.question} is not open`);
    this.answers.set(event.question, {
      answer: event.answer,
      ...(event.note === undefined ? {} : { note: event.note }),
      ...(event.value === undefined ? {} : { value: event.value as Json }),
    });
    if (this.asked.waits(asker)) return;
    const node = this.all.of(asker);
    node.state = 'running';
    if (node.waitsSince !== undefined) node.waited += at - node.waitsSince;
    node.waitsSince = undefined;
  }

  private cancelRest(at: number): void {
    this.asked.clear();
    this.all.cancelRest(at);
  }

  /** A run that has ended goes on because some of it is done again, or need not be done. */
  private reopen(): void {
    if (!ended.includes(this.stage)) return;
    this.stage = 'running';
    this.endedAt = null;
    this.problem = null;
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
}
