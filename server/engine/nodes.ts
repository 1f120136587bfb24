import type { EventOf } from '../../schemas/journal/events';
import type { Json } from '../base';
import { Flow } from './flow';
import { noSteps, Scope, type NodeRecord } from './node';
import type { Variation } from './ports';
import { orderAlone } from './readiness';
import { keepsSteps } from './retry';
import { Reuse } from './reuse';

/** The nodes of one run, changed event by event. A method that throws has changed nothing. */
export class Nodes extends Flow {
  generation = 1;
  readonly reuse = new Reuse();

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
    node.variation = (event.variation as Variation | undefined) ?? 'same';
    if (!event.final) {
      // A failure that is not final leaves the node ready for its next try.
      node.state = 'pending';
      this.makeReady(node, at);
      return node;
    }
    node.state = 'failed';
    if (event.handled !== true) this.giveUp(node);
    return node;
  }

  reused(event: EventOf<'NodeReused'>, at: number): void {
    const node = this.of(event.node);
    if (node.state !== 'pending') throw new Error(`node ${node.id} is ${node.state}; nothing to take over`);
    this.places.unready(node);
    node.inputHash = event.inputHash;
    if (event.inputHash !== undefined) this.reuse.taken(node, event.inputHash);
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
    this.end(node, event.output as Json, event.closed, at);
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
    for (const node of again) this.reuse.keep(node, !asked.has(node));
    // Conditions that outcomes which stay have made false stay false.
    const shut = new Map(again.map((node) => [node, node.shut]));
    for (const node of again) this.forget(node);
    for (const node of again) {
      const { after, edges = [] } = node.definition;
      const deliver = (from: string, edge: number) => {
        const before = records[level.index.get(from)!]!;
        if (!before.settled || resets.has(before)) return;
        const foundFalse = edges[edge]?.when !== undefined && shut.get(node)?.has(edge) === true;
        this.arrive(before, node, edge, foundFalse, at);
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

  private forget(node: NodeRecord): void {
    if (node.settled && !node.definition.standby) this.top.left++;
    this.places.unready(node);
    this.toSkip.delete(node);
    this.failures.delete(node);
    const effect = this.effects.indexOf(node);
    if (effect >= 0) this.effects.splice(effect, 1);
    for (const id of [node.definition.fallback?.node, node.definition.compensate]) {
      const standby = id === undefined ? undefined : this.records.get(id);
      if (!standby) continue;
      this.places.unready(standby);
      standby.reset();
    }
    node.reset();
  }
}
