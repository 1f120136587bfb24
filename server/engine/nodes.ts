import type { EventOf } from '../../schemas/journal/events';
import type { Workflow } from '../../schemas/journal/workflow';
import type { Json } from '../base';
import { levelOf } from './level';
import { isHeldBack, noSteps, pathOf, Scope, type NodeRecord } from './node';
import { Places } from './places';
import type { Variation } from './ports';
import { isOpen, orderAlone, verdictOf } from './readiness';
import { keepsSteps } from './retry';
import { Purse } from './spending';

type ClosedEdges = EventOf<'NodeCompleted'>['closed'];

/** An outcome that may be taken over by equal work on equal inputs. */
export interface Reusable {
  readonly output: Json;
  readonly attempt: number;
  /** Another run it comes from. */
  readonly run?: string;
}

/**
 * The nodes of one run, changed event by event. Keeps beside the records the small sets that deciding
 * reads: what is ready, what is to be passed over, which groups are due for their next step, what failed.
 */
export class Nodes {
  readonly records = new Map<string, NodeRecord>();
  readonly places: Places;
  readonly purse: Purse;
  readonly top: Scope;
  /** Pending nodes that nothing can start any more. */
  readonly toSkip = new Map<NodeRecord, 'closed' | 'disabled'>();
  /** Groups at work whose next step is due: a round to begin, or their end. */
  readonly dueGroups = new Set<NodeRecord>();
  /** Nodes of the top level that failed for good, oldest failure first. */
  readonly failures = new Set<NodeRecord>();
  /** Completed nodes whose effect can be undone, in the order they completed. */
  readonly effects: NodeRecord[] = [];
  /** A compensation that was called and has not ended. */
  undoing: NodeRecord | undefined;
  generation = 1;
  private readonly reusable = new Map<string, Reusable[]>();

  constructor(workflow: Workflow, at: number) {
    this.places = new Places(workflow.limits);
    this.purse = new Purse(workflow.policy?.budget ?? {});
    this.top = new Scope(levelOf(workflow), '', undefined, 0, {});
    this.enter(this.top, at);
  }

  /** An outcome of an earlier generation, or of the run this one was forked from. */
  reusableFor(node: NodeRecord, inputHash: string): Reusable | undefined {
    return this.reusable.get(reuseKey(node, inputHash))?.[0];
  }

  started(event: EventOf<'NodeStarted'>, at: number): NodeRecord {
    const node = this.of(event.node);
    if (node.state !== 'pending' || event.attempt !== node.attempt + 1)
      throw new Error(`node ${node.id} is ${node.state} after attempt ${node.attempt}; not ${event.attempt}`);
    if (!this.places.unready(node)) throw new Error(`node ${node.id} started before its predecessors`);
    node.state = 'running';
    node.attempt = event.attempt;
    node.startedAt = at;
    node.endedAt = null;
    node.inputHash = event.inputHash;
    node.variation = (event.variation as Variation | undefined) ?? 'same';
    node.resumptions = 0;
    node.waited = 0;
    node.waitsSince = undefined;
    if (node.forgets) node.steps = noSteps;
    node.forgets = false;
    this.purse.granted(node, event.grant);
    if (node.definition.body) {
      const first = node.rounds.length;
      node.group = { first, items: event.items, open: 0, busy: 0, broken: undefined };
      this.dueGroups.add(node);
    } else {
      this.places.take(node);
      this.countBusy(node, 1);
    }
    return node;
  }

  stepRecorded({ node: id, attempt, key, outcome, spent }: EventOf<'StepRecorded'>): void {
    const node = this.working(id, attempt);
    if (node.steps === noSteps) node.steps = new Map();
    (node.steps as Map<string, Json>).set(key, outcome as Json);
    node.resumptions = 0;
    if (spent) this.purse.spent(node, spent);
  }

  completed(event: EventOf<'NodeCompleted'>, at: number): NodeRecord {
    const node = this.working(event.node, event.attempt);
    this.leave(node, at);
    node.problem = null;
    this.end(node, event.output as Json, event.closed, at);
    return node;
  }

  failed(event: EventOf<'NodeFailed'>, at: number): NodeRecord {
    const node = this.working(event.node, event.attempt);
    this.leave(node, at);
    node.problem = event.problem;
    node.forgets = !keepsSteps(event.problem);
    node.tries++;
    if (!event.final) {
      // A failure that is not final leaves the node ready for its next try.
      node.state = 'pending';
      this.makeReady(node, at);
      return node;
    }
    node.state = 'failed';
    if (event.handled !== true) this.giveUp(node, at);
    return node;
  }

  reused(event: EventOf<'NodeReused'>, at: number): void {
    const node = this.of(event.node);
    if (node.state !== 'pending') throw new Error(`node ${node.id} is ${node.state}; nothing to take over`);
    this.places.unready(node);
    node.inputHash = event.inputHash;
    if (event.inputHash !== undefined) this.reusable.get(reuseKey(node, event.inputHash))?.shift();
    node.startedAt = at;
    node.endedAt = at;
    this.end(node, event.output as Json, event.closed, at);
  }

  skipped(event: EventOf<'NodeSkipped'>, at: number): void {
    const node = this.of(event.node);
    if (node.state !== 'pending' && node.state !== 'failed')
      throw new Error(`node ${node.id} is ${node.state}; it cannot be passed over`);
    this.places.unready(node);
    this.toSkip.delete(node);
    this.failures.delete(node);
    this.mend(node, at);
    node.state = 'skipped';
    node.skipped = event.reason;
    node.output = event.output as Json | undefined;
    node.endedAt = at;
    this.passOn(node, undefined, at);
  }

  substituted(event: EventOf<'NodeSubstituted'>, at: number): void {
    const node = this.failedNode(event.node);
    this.end(node, event.output as Json, undefined, at);
  }

  standbyCalled(event: EventOf<'StandbyCalled'>, at: number): void {
    const standby = this.of(event.node);
    const by = this.of(event.by);
    if (standby.state === 'running' || standby.state === 'waiting')
      throw new Error(`standby ${standby.id} is at work already`);
    if (standby.state !== 'pending') standby.reset();
    standby.calledBy = { node: by, as: event.as };
    if (event.as === 'compensation') {
      this.undoing = standby;
      this.effects.splice(this.effects.lastIndexOf(by), 1);
    }
    this.makeReady(standby, at);
  }

  roundBegun({ node: id, round, inputs }: EventOf<'RoundBegun'>, at: number): void {
    const node = this.of(id);
    const { group } = node;
    if (!group || round !== node.rounds.length + 1)
      throw new Error(`group ${id} is ${node.state} after round ${node.rounds.length}; not ${round}`);
    const scope = new Scope(
      node.scope.level.body(node.index),
      `${id}[${round}]/`,
      node,
      round,
      inputs as Readonly<Record<string, Json>>,
    );
    node.addRound(scope);
    group.open++;
    this.dueGroups.delete(node);
    this.enter(scope, at);
    // A list goes on with its next item at once, if it may.
    if (group.items !== undefined) this.look(node);
  }

  edited({ node: id, params }: EventOf<'NodeEdited'>): void {
    const node = this.of(id);
    if (node.state !== 'pending' && node.state !== 'failed')
      throw new Error(`node ${id} is ${node.state}; its params cannot change`);
    node.edited = params as Json;
  }

  /** A node of version 0 is tried again. */
  retried(id: string, at: number): void {
    const node = this.failedNode(id);
    node.state = 'pending';
    node.tries = 0;
    this.failures.delete(node);
    this.makeReady(node, at);
  }

  /** Nodes of the top level and all after them begin anew; what they did may be taken over. */
  generationBegun({ generation, nodes: ids }: EventOf<'GenerationBegun'>, at: number): void {
    if (generation !== this.generation + 1)
      throw new Error(`generation ${generation} after ${this.generation}`);
    const asked = new Set(ids.map((id) => this.of(id)));
    const { level, records } = this.top;
    const again = [...level.downstream([...asked].map(({ index }) => index))].map((i) => records[i]!);
    for (const node of again)
      if (node.state === 'running' || node.state === 'waiting')
        throw new Error(`node ${node.id} is at work; it cannot begin anew`);
    this.generation = generation;
    const resets = new Set(again);
    for (const node of again) this.keepForReuse(node, asked.has(node));
    for (const node of again) this.forget(node);
    for (const node of again) {
      const { after, edges = [] } = node.definition;
      const deliver = (from: string, edge: number) => {
        const before = records[level.index.get(from)!]!;
        if (before.settled && !resets.has(before)) this.arrive(before, node, edge, false, at);
      };
      for (const id of new Set(after)) deliver(id, orderAlone);
      edges.forEach(({ from }, edge) => deliver(from, edge));
      if (node.unsettled === 0 || node.state === 'pending') this.judge(node, at);
    }
  }

  /** The run is over: what has not ended will not. */
  cancelRest(at: number): void {
    for (const node of this.records.values()) {
      if (node.settled || node.state === 'failed' || node.state === 'completed') continue;
      if (node.startedAt !== null && node.endedAt === null) this.leave(node, at);
      if (!node.definition.standby || node.startedAt !== null) node.state = 'cancelled';
    }
    this.places.clear();
    this.toSkip.clear();
    this.dueGroups.clear();
    this.undoing = undefined;
  }

  of(id: string): NodeRecord {
    const node = this.records.get(id);
    if (!node) throw new Error(`there is no node ${id}`);
    return node;
  }

  /** The node, which must be at work (on this attempt). */
  working(id: string, attempt?: number): NodeRecord {
    const node = this.of(id);
    const atWork = this.places.occupied.has(node) || node.group !== undefined;
    if (!atWork || (attempt !== undefined && attempt !== node.attempt))
      throw new Error(`node ${id} is ${node.state} in attempt ${node.attempt}, not at work in ${attempt}`);
    return node;
  }

  private failedNode(id: string): NodeRecord {
    const node = this.of(id);
    if (node.state !== 'failed') throw new Error(`node ${node.id} is ${node.state}, not failed`);
    return node;
  }

  private enter(scope: Scope, at: number): void {
    for (const node of scope.records) this.records.set(node.id, node);
    for (const node of scope.records) if (node.unsettled === 0) this.judge(node, at);
    if (scope.left === 0) this.scopeDone(scope);
  }

  /** Ends a node well and opens what comes after it. */
  private end(node: NodeRecord, output: Json, closed: ClosedEdges, at: number): void {
    node.state = 'completed';
    node.output = output;
    node.endedAt = at;
    if (node.definition.compensate !== undefined) this.effects.push(node);
    const call = node.calledBy;
    if (!call) return this.passOn(node, closed, at);
    if (call.as === 'compensation') {
      this.undoing = undefined;
      return;
    }
    // The standby did the work of the one that failed, which so is done.
    call.node.problem = null;
    this.end(call.node, output, closed, at);
  }

  private passOn(node: NodeRecord, closed: ClosedEdges, at: number): void {
    const { scope } = node;
    node.settled = true;
    for (const { to, edge } of scope.level.waysOut(node.index)) {
      const target = scope.records[to]!;
      const foundFalse = closed?.some((one) => one.node === target.id && one.edge === edge) ?? false;
      this.arrive(node, target, edge, foundFalse, at);
    }
    if (!node.definition.standby && --scope.left === 0) this.scopeDone(scope);
  }

  private arrive(from: NodeRecord, target: NodeRecord, edge: number, foundFalse: boolean, at: number): void {
    target.unsettled--;
    if (isOpen(from, edge < 0 ? undefined : target.definition.edges![edge], foundFalse)) target.open++;
    else (target.shut ??= new Set()).add(edge);
    if (target.state === 'pending') this.judge(target, at);
  }

  private judge(node: NodeRecord, at: number): void {
    const { standby = false, disabled = false } = node.definition;
    if (standby) return;
    const verdict = verdictOf(node);
    if (verdict === 'open') return;
    if (verdict === 'closed') this.toSkip.set(node, 'closed');
    else if (disabled) this.toSkip.set(node, 'disabled');
    else this.makeReady(node, at);
  }

  private makeReady(node: NodeRecord, at: number): void {
    if (!isHeldBack(node)) this.places.ready(node, at);
  }

  /** A node failed for good and nothing takes its place. */
  private giveUp(node: NodeRecord, at: number): void {
    const call = node.calledBy;
    if (call?.as === 'compensation') {
      this.undoing = undefined;
      return;
    }
    if (call) return this.giveUp(call.node, at);
    const { group } = node.scope;
    if (!group) {
      this.failures.add(node);
      return;
    }
    node.scope.broken ??= node;
    group.group!.broken ??= node;
    for (const round of group.rounds.slice(group.group!.first)) this.stop(round);
    this.look(group);
  }

  /** Nothing of a scope starts any more. */
  private stop(scope: Scope): void {
    for (const node of scope.records) {
      this.places.unready(node);
      this.toSkip.delete(node);
      if (node.group) {
        this.dueGroups.delete(node);
        for (const inner of node.rounds.slice(node.group.first)) this.stop(inner);
      }
    }
  }

  /** Undoes the breaking of a scope by a node that was passed over after all. */
  private mend(node: NodeRecord, at: number): void {
    const { scope } = node;
    const group = scope.group?.group;
    if (scope.broken !== node || !group) return;
    scope.broken = undefined;
    if (group.broken === node) group.broken = undefined;
    this.dueGroups.delete(scope.group!);
    for (const other of scope.records)
      if (other.state === 'pending' && other.unsettled === 0) this.judge(other, at);
  }

  private scopeDone(scope: Scope): void {
    const { group } = scope;
    if (!group?.group) return;
    group.group.open--;
    this.look(group);
  }

  /** Notes whether a group's next step is due. */
  private look(node: NodeRecord): void {
    const { group } = node;
    if (!group || isHeldBack(node)) return;
    if (group.broken) {
      if (group.busy === 0) this.dueGroups.add(node);
      return;
    }
    const begun = node.rounds.length - group.first;
    const { mode, parallel = Infinity } = node.definition.body!;
    const due =
      mode === 'map' ? (begun < group.items! ? group.open < parallel : group.open === 0) : group.open === 0;
    if (due) this.dueGroups.add(node);
  }

  private leave(node: NodeRecord, at: number): void {
    node.endedAt = at;
    if (node.waitsSince !== undefined) node.waited += at - node.waitsSince;
    node.waitsSince = undefined;
    this.purse.returned(node, at);
    if (node.group) {
      node.group = undefined;
      this.dueGroups.delete(node);
      return;
    }
    this.places.leave(node);
    this.countBusy(node, -1);
  }

  /** Groups around a node know how many inside them are at work: a broken one ends when none is. */
  private countBusy(node: NodeRecord, change: 1 | -1): void {
    for (let outer = node.scope.group; outer; outer = outer.scope.group) {
      if (!outer.group) continue;
      outer.group.busy += change;
      if (change < 0 && outer.group.broken) this.look(outer);
    }
  }

  private keepForReuse(node: NodeRecord, asked: boolean): void {
    for (const round of node.rounds) for (const inner of round.records) this.keepForReuse(inner, false);
    if (asked || node.state !== 'completed' || node.inputHash === undefined) return;
    this.offerForReuse(node, node.inputHash, { output: node.output!, attempt: node.attempt });
  }

  offerForReuse(node: NodeRecord, inputHash: string, outcome: Reusable): void {
    const key = reuseKey(node, inputHash);
    const known = this.reusable.get(key);
    if (known) known.push(outcome);
    else this.reusable.set(key, [outcome]);
  }

  private forget(node: NodeRecord): void {
    if (node.settled && !node.definition.standby) this.top.left++;
    this.places.unready(node);
    this.toSkip.delete(node);
    this.failures.delete(node);
    const effect = this.effects.indexOf(node);
    if (effect >= 0) this.effects.splice(effect, 1);
    for (const id of [node.definition.fallback?.node, node.definition.compensate])
      if (id !== undefined) this.records.get(id)?.reset();
    node.reset();
  }
}

/** Equal work: the same node of the workflow, whatever the round, on equal inputs. */
const reuseKey = (node: NodeRecord, inputHash: string): string => `${pathOf(node)}\n${inputHash}`;
