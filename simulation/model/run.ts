import type { EventOf, RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import { readiness, ScopeModel, type NodeModel } from './scope';
import { Violation } from './violation';

type Stage = 'running' | 'paused' | 'cancelling' | 'completed' | 'failed' | 'cancelled';

/** What may still happen to a run that is over. */
const afterTheEnd: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'RunOwned',
  'FileDecided',
  'NodeRetried',
  'GenerationBegun',
  'NodeSkipped',
  'NodeEdited',
]);

/** Groups and nodes without a resource take no place. */
const takesPlace = ({ body, resource }: WorkflowNode): boolean => !body && resource !== '';

/**
 * What may happen to one run, told from the order of its durable events alone and written without a look
 * at how the engine folds them.
 */
export class RunModel {
  /** By full id; nodes of rounds are there once their round began. */
  readonly nodes = new Map<string, NodeModel>();
  /** Open questions, with the node that asks. */
  readonly questions = new Map<string, string>();
  stage: Stage = 'running';
  private readonly asked = new Set<string>();
  private readonly top: ScopeModel;
  private readonly workflow: Workflow;
  private readonly failures = new Set<NodeModel>();
  private generation = 1;
  private isStopping = false;
  private readonly isFork: boolean;
  /** What is wrong with the event that is being taken in. */
  private impossible: (why: string) => never = () => {
    throw new Error('no event is being taken in');
  };

  constructor(
    readonly run: string,
    created: EventOf<'RunCreated'>,
  ) {
    this.workflow = created.workflow;
    this.isFork = created.forkedFrom !== undefined;
    this.top = new ScopeModel(created.workflow.nodes, '', undefined);
    this.enter(this.top);
  }

  get isOver(): boolean {
    return this.stage === 'completed' || this.stage === 'failed' || this.stage === 'cancelled';
  }

  /** How many of a resource's places are taken; `*`: of all places. */
  taken(resource: string): number {
    let count = 0;
    for (const { state, definition } of this.nodes.values())
      if (state === 'started' && takesPlace(definition) && ['*', definition.resource].includes(resource))
        count++;
    return count;
  }

  /** Takes in one more durable event; throws a `Violation` when it must not be there. */
  take({ event, seq }: RecordedEvent): void {
    this.impossible = (why) => {
      throw new Violation('impossible event', `${this.run}#${seq} ${event.type}: ${why}`);
    };
    if (this.isOver && !afterTheEnd.has(event.type)) this.impossible(`the run is ${this.stage}`);
    this.apply(event);
  }

  private apply(event: RunEvent): void {
    switch (event.type) {
      case 'RunCreated':
        return this.impossible('it is there already');
      case 'RunOwned':
      case 'FileDecided':
        return;
      case 'NodeStarted':
        return this.started(event);
      case 'StepRecorded':
        return this.stepped(event);
      case 'NodeCompleted':
        return this.completed(event);
      case 'NodeFailed':
        return this.failed(event);
      case 'NodeReused': {
        const node = this.inState(event.node, 'pending');
        if (!node.hadOutcome && event.from.run === this.run && !node.scope.group)
          this.impossible('it never had an outcome');
        return this.end(node, event.output);
      }
      case 'NodeSkipped':
        return this.skipped(event);
      case 'NodeSubstituted':
        return this.end(this.inState(event.node, 'failed'), event.output);
      case 'StandbyCalled':
        return this.called(event);
      case 'RoundBegun':
        return this.roundBegun(event);
      case 'NodeEdited':
        this.inState(event.node, 'pending', 'failed');
        return;
      case 'GenerationBegun':
        return this.begunAgain(event);
      case 'QuestionAsked':
        this.inState(event.node, 'started');
        if (this.asked.has(event.question.id))
          throw new Violation('question asked again', `${this.run}: ${event.question.id}`);
        this.asked.add(event.question.id);
        this.questions.set(event.question.id, event.node);
        return;
      case 'QuestionAnswered':
        if (!this.questions.delete(event.question)) this.impossible('it is not open');
        return;
      case 'NodeRetried': {
        const node = this.inState(event.node, 'failed');
        node.state = 'pending';
        this.failures.delete(node);
        this.stage = 'running';
        return;
      }
      case 'RunPaused':
        return this.enterStage('paused', 'running');
      case 'RunResumed':
        return this.enterStage('running', 'paused');
      case 'RunStopping':
        this.enterStage('cancelling', 'running', 'paused');
        this.isStopping = true;
        return;
      case 'RunCancelRequested':
        this.enterStage('cancelling', 'running', 'paused', 'cancelling');
        this.isStopping = false;
        return;
      case 'RunCompleted':
        if (!this.top.isDone) this.impossible('not every node has ended well');
        return this.enterStage('completed', 'running', 'paused');
      case 'RunFailed':
        if (this.isStopping) return this.cancelRest('failed');
        if (this.failures.size === 0) this.impossible('no node failed');
        return this.enterStage('failed', 'running', 'paused');
      case 'RunCancelled':
        return this.cancelRest('cancelled');
    }
  }

  private started({ node: id, attempt }: EventOf<'NodeStarted'>): void {
    const node = this.inState(id, 'pending');
    const { definition, calledBy } = node;
    if (this.stage !== 'running') this.impossible(`the run is ${this.stage}`);
    if (attempt !== node.attempt + 1) this.impossible(`attempt ${attempt} follows ${node.attempt}`);
    if (definition.standby === true && !calledBy) this.impossible('nobody called the standby');
    if (!calledBy && readiness(node) !== 'ready')
      throw new Violation('started before its predecessors', `${this.run}: ${id} is ${readiness(node)}`);
    const { onFailure = 'continue' } = this.workflow.policy ?? {};
    if (onFailure !== 'continue' && this.failures.size > 0 && calledBy?.as !== 'compensation')
      this.impossible(
        `${[...this.failures].map((one) => one.id).join()} failed, which stops everything, and ${id} begins`,
      );
    for (let outer = node.scope.group; outer; outer = outer.scope.group)
      if (outer.state !== 'started') this.impossible(`the group around it is ${outer.state}`);
    node.state = 'started';
    node.attempt = attempt;
    node.earlierRounds = node.rounds.length;
    for (const resource of takesPlace(definition) ? [definition.resource, '*'] : [])
      if (this.taken(resource) > (this.workflow.limits[resource] ?? Infinity))
        throw new Violation('limit exceeded', `${this.run}: ${id} takes a place of “${resource}”`);
  }

  private stepped({ node: id, attempt, key }: EventOf<'StepRecorded'>): void {
    const node = this.atWork(id, attempt);
    const steps = node.steps.get(attempt) ?? new Set<string>();
    if (steps.has(key)) throw new Violation('outcome recorded twice', `${this.run}: step ${key} of ${id}`);
    node.steps.set(attempt, steps.add(key));
  }

  private completed(event: EventOf<'NodeCompleted'>): void {
    const node = this.ending(event);
    if (node.definition.body && !node.rounds.slice(node.earlierRounds).every(({ isDone }) => isDone))
      this.impossible('not every node inside it has ended well');
    this.end(node, event.output);
  }

  private failed(event: EventOf<'NodeFailed'>): void {
    const node = this.ending(event);
    node.state = event.final ? 'failed' : 'pending';
    if (node.inside.some(({ state }) => state === 'started')) this.impossible('nodes inside it are at work');
    if (event.final && event.handled !== true) this.giveUp(node);
  }

  private giveUp(node: NodeModel): void {
    if (node.calledBy?.as === 'fallback') return this.giveUp(node.calledBy.node);
    if (!node.calledBy && !node.scope.group) this.failures.add(node);
  }

  private skipped({ node: id, reason, output }: EventOf<'NodeSkipped'>): void {
    const node = this.inState(id, 'pending', 'failed');
    const ways = readiness(node);
    if (reason === 'closed' && ways !== 'closed') this.impossible(`its ways are ${ways}`);
    if (reason === 'disabled' && (node.definition.disabled !== true || ways !== 'ready'))
      this.impossible(`its ways are ${ways}`);
    // A fork begins with what the other run has passed over.
    if (reason === 'policy' && (!node.definition.skip || (node.state !== 'failed' && !this.isFork)))
      this.impossible('no policy says so');
    node.state = 'skipped';
    node.skipped = reason;
    node.output = output;
    this.failures.delete(node);
    if (this.isOver) this.stage = 'running';
  }

  private called({ node: id, by, as }: EventOf<'StandbyCalled'>): void {
    const [standby, caller] = [this.node(id), this.node(by)];
    if (standby.state === 'started') this.impossible('it is at work');
    const named = as === 'fallback' ? caller.definition.fallback?.node : caller.definition.compensate;
    if (named !== standby.definition.id) this.impossible(`${by} names ${named}`);
    if (caller.state !== (as === 'fallback' ? 'failed' : 'done')) this.impossible(`${by} is ${caller.state}`);
    standby.reset();
    standby.calledBy = { node: caller, as };
  }

  private roundBegun({ node: id, round }: EventOf<'RoundBegun'>): void {
    const group = this.inState(id, 'started');
    if (round !== group.rounds.length + 1) this.impossible(`round ${round} follows ${group.rounds.length}`);
    const { mode, nodes, parallel = Infinity } = group.definition.body!;
    const open = group.rounds.slice(group.earlierRounds).filter(({ isDone }) => !isDone).length;
    if (open >= (mode === 'map' ? parallel : 1)) this.impossible(`${open} rounds are not done`);
    const scope = new ScopeModel(nodes, `${id}[${round}]/`, group);
    group.rounds.push(scope);
    this.enter(scope);
  }

  private begunAgain({ generation, nodes }: EventOf<'GenerationBegun'>): void {
    if (generation !== this.generation + 1) this.impossible(`it follows generation ${this.generation}`);
    this.generation = generation;
    for (const id of this.top.downstream(nodes)) {
      const { definition } = this.top.nodes.get(id)!;
      for (const part of [id, definition.fallback?.node, definition.compensate]) {
        const node = part === undefined ? undefined : this.node(part);
        if (node?.state === 'started') this.impossible(`${part} is at work`);
        node?.reset();
      }
      this.failures.delete(this.node(id));
    }
    if (this.isOver) this.stage = 'running';
  }

  /** A node ends well, and with it the one whose place it takes. */
  private end(node: NodeModel, output: unknown): void {
    node.state = 'done';
    node.hadOutcome = true;
    node.output = output;
    this.failures.delete(node);
    if (node.calledBy?.as === 'fallback') this.end(node.calledBy.node, output);
  }

  /** The node whose attempt has an outcome now, the only one it ever has. */
  private ending({ node: id, attempt }: EventOf<'NodeCompleted'> | EventOf<'NodeFailed'>): NodeModel {
    if (this.node(id).ended.has(attempt))
      throw new Violation('outcome recorded twice', `${this.run}: ${id} in attempt ${attempt}`);
    const node = this.atWork(id, attempt);
    node.ended.add(attempt);
    for (const [question, asker] of this.questions) if (asker === id) this.questions.delete(question);
    return node;
  }

  private cancelRest(stage: 'failed' | 'cancelled'): void {
    if (this.isStopping !== (stage === 'failed')) this.impossible('that is not why it is being stopped');
    this.enterStage(stage, 'cancelling');
    this.isStopping = false;
    this.questions.clear();
    for (const node of this.nodes.values())
      if (node.state === 'started' || (node.state === 'pending' && !node.isIdleStandby))
        node.state = 'cancelled';
  }

  private enter(scope: ScopeModel): void {
    for (const node of scope.nodes.values()) this.nodes.set(node.id, node);
  }

  private enterStage(stage: Stage, ...from: readonly Stage[]): void {
    if (!from.includes(this.stage)) this.impossible(`the run is ${this.stage}`);
    this.stage = stage;
  }

  private node(id: string): NodeModel {
    return this.nodes.get(id) ?? this.impossible(`there is no node ${id}`);
  }

  private inState(id: string, ...states: readonly NodeModel['state'][]): NodeModel {
    const node = this.node(id);
    if (!states.includes(node.state)) this.impossible(`${id} is ${node.state} in attempt ${node.attempt}`);
    return node;
  }

  private atWork(id: string, attempt: number): NodeModel {
    const node = this.inState(id, 'started');
    if (node.attempt !== attempt) this.impossible(`${id} is in attempt ${node.attempt}`);
    return node;
  }
}
