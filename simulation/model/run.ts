import type { EventOf, RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { WorkflowNode } from '../../schemas/journal/workflow';
import { Violation } from './violation';

interface NodeModel {
  readonly definition: WorkflowNode;
  state: 'pending' | 'started' | 'done' | 'failed';
  attempt: number;
  /** Attempts that have an outcome on record. */
  readonly ended: Set<number>;
  readonly steps: Map<number, Set<string>>;
  output: unknown;
}

type Stage = 'running' | 'paused' | 'cancelling' | 'completed' | 'failed' | 'cancelled';

/**
 * What may happen to one run, told from the order of its durable events alone and written without a look
 * at how the engine folds them.
 */
export class RunModel {
  readonly nodes = new Map<string, NodeModel>();
  /** Open questions, with the node that asks. */
  readonly questions = new Map<string, string>();
  private readonly asked = new Set<string>();
  stage: Stage = 'running';
  private readonly limits: Readonly<Record<string, number>>;

  constructor(
    readonly run: string,
    created: EventOf<'RunCreated'>,
  ) {
    this.limits = created.workflow.limits;
    for (const definition of created.workflow.nodes)
      this.nodes.set(definition.id, {
        definition,
        state: 'pending',
        attempt: 0,
        ended: new Set(),
        steps: new Map(),
        output: undefined,
      });
  }

  get isOver(): boolean {
    return this.stage === 'completed' || this.stage === 'failed' || this.stage === 'cancelled';
  }

  /** How many of a resource's places are taken. */
  taken(resource: string): number {
    let count = 0;
    for (const node of this.nodes.values())
      if (node.state === 'started' && node.definition.resource === resource) count++;
    return count;
  }

  limitOf(resource: string): number {
    return this.limits[resource] ?? Infinity;
  }

  node(id: string): NodeModel {
    const node = this.nodes.get(id);
    if (!node) throw new Violation('impossible event', `${this.run} has no node ${id}`);
    return node;
  }

  /** Takes in one more durable event; throws a `Violation` when it must not be there. */
  take({ event, seq }: RecordedEvent): void {
    const impossible = (why: string): never => {
      throw new Violation('impossible event', `${this.run}#${seq} ${event.type}: ${why}`);
    };
    if (this.isOver && !['RunOwned', 'FileDecided', 'NodeRetried'].includes(event.type))
      impossible(`the run is ${this.stage}`);
    this.apply(event, impossible);
  }

  private apply(event: RunEvent, impossible: (why: string) => never): void {
    switch (event.type) {
      case 'NodeStarted':
        return this.started(event, impossible);
      case 'StepRecorded': {
        const node = this.atWork(event.node, event.attempt, impossible);
        const steps = node.steps.get(event.attempt) ?? new Set<string>();
        if (steps.has(event.key))
          throw new Violation('outcome recorded twice', `${this.run}: step ${event.key} of ${event.node}`);
        node.steps.set(event.attempt, steps.add(event.key));
        return;
      }
      case 'NodeCompleted':
      case 'NodeFailed': {
        const node = this.node(event.node);
        if (node.ended.has(event.attempt))
          throw new Violation('outcome recorded twice', `${this.run}: ${event.node} in ${event.attempt}`);
        this.atWork(event.node, event.attempt, impossible);
        node.ended.add(event.attempt);
        for (const [question, asker] of this.questions)
          if (asker === event.node) this.questions.delete(question);
        if (event.type === 'NodeCompleted') {
          node.state = 'done';
          node.output = event.output;
        } else node.state = event.final ? 'failed' : 'pending';
        return;
      }
      case 'QuestionAsked':
        if (this.node(event.node).state !== 'started') impossible('its node is not at work');
        if (this.asked.has(event.question.id))
          throw new Violation('question asked again', `${this.run}: ${event.question.id}`);
        this.asked.add(event.question.id);
        this.questions.set(event.question.id, event.node);
        return;
      case 'QuestionAnswered':
        if (!this.questions.delete(event.question)) impossible('it is not open');
        return;
      case 'NodeRetried':
        if (this.node(event.node).state !== 'failed') impossible('the node has not failed');
        this.node(event.node).state = 'pending';
        this.stage = 'running';
        return;
      case 'RunPaused':
        this.stage = 'paused';
        return;
      case 'RunResumed':
        if (this.stage !== 'paused') impossible(`the run is ${this.stage}`);
        this.stage = 'running';
        return;
      case 'RunCancelRequested':
        this.stage = 'cancelling';
        return;
      case 'RunCompleted':
        for (const [id, node] of this.nodes) if (node.state !== 'done') impossible(`${id} is ${node.state}`);
        this.stage = 'completed';
        return;
      case 'RunFailed':
        if (![...this.nodes.values()].some(({ state }) => state === 'failed')) impossible('no node failed');
        this.stage = 'failed';
        return;
      case 'RunCancelled':
        if (this.stage !== 'cancelling') impossible('nobody asked for it');
        this.stage = 'cancelled';
        return;
      default:
        return;
    }
  }

  private started({ node: id, attempt }: EventOf<'NodeStarted'>, impossible: (why: string) => never): void {
    const node = this.node(id);
    if (this.stage !== 'running') impossible(`the run is ${this.stage}`);
    if (node.state !== 'pending' || attempt !== node.attempt + 1)
      impossible(`${id} is ${node.state} in attempt ${node.attempt}`);
    const missing = node.definition.after.find((before) => this.node(before).state !== 'done');
    if (missing !== undefined)
      throw new Violation('started before its predecessors', `${this.run}: ${id} before ${missing}`);
    node.state = 'started';
    node.attempt = attempt;
    const { resource } = node.definition;
    if (this.taken(resource) > this.limitOf(resource))
      throw new Violation('limit exceeded', `${this.run}: ${id} takes a place of “${resource}”`);
  }

  private atWork(id: string, attempt: number, impossible: (why: string) => never): NodeModel {
    const node = this.node(id);
    if (node.state !== 'started' || node.attempt !== attempt)
      impossible(`${id} is ${node.state} in attempt ${node.attempt}`);
    return node;
  }
}
