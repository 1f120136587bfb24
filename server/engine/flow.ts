import type { EventOf } from '../../schemas/journal/events';
import type { Workflow } from '../../schemas/journal/workflow';
import type { Json } from '../base';
import { levelOf } from './level';
import { isHeldBack, Scope, type NodeRecord } from './node';
import { Places } from './places';
import { isOpen, verdictOf } from './readiness';
import { Purse } from './spending';

export type ClosedEdges = EventOf<'NodeCompleted'>['closed'];

/**
 * How what became of one node reaches the others: ways open and close, groups come due, failures hold back.
 * Keeps beside the records the small sets that deciding reads, so that it need not search.
 */
export class Flow {
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

  constructor(workflow: Workflow, at: number) {
    this.places = new Places(workflow.limits);
    this.purse = new Purse(workflow.policy?.budget ?? {});
    this.top = new Scope(levelOf(workflow.nodes), '', undefined, 0, {});
    this.enter(this.top, at);
  }

  of(id: string): NodeRecord {
    const node = this.records.get(id);
    if (!node) throw new Error(`there is no node ${id}`);
    return node;
  }

  protected enter(scope: Scope, at: number): void {
    for (const node of scope.records) this.records.set(node.id, node);
    for (const node of scope.records) if (node.unsettled === 0) this.judge(node, at);
    if (scope.left === 0) this.scopeDone(scope);
  }

  /** Ends a node well and opens what comes after it. */
  protected end(node: NodeRecord, output: Json, closed: ClosedEdges, at: number): void {
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

  protected passOn(node: NodeRecord, closed: ClosedEdges, at: number): void {
    const { scope } = node;
    node.settled = true;
    for (const { to, edge } of scope.level.waysOut(node.index)) {
      const target = scope.records[to]!;
      const foundFalse = closed?.some((one) => one.node === target.id && one.edge === edge) ?? false;
      this.arrive(node, target, edge, foundFalse, at);
    }
    if (!node.definition.standby && --scope.left === 0) this.scopeDone(scope);
  }

  protected arrive(
    from: NodeRecord,
    target: NodeRecord,
    edge: number,
    foundFalse: boolean,
    at: number,
  ): void {
    target.unsettled--;
    if (isOpen(from, edge < 0 ? undefined : target.definition.edges![edge], foundFalse)) target.open++;
    else (target.shut ??= new Set()).add(edge);
    if (target.state === 'pending') this.judge(target, at);
  }

  protected judge(node: NodeRecord, at: number): void {
    const { standby = false, disabled = false } = node.definition;
    if (standby) return;
    const verdict = verdictOf(node);
    if (verdict === 'open') return;
    if (verdict === 'closed') this.toSkip.set(node, 'closed');
    else if (disabled) this.toSkip.set(node, 'disabled');
    else this.makeReady(node, at);
  }

  protected makeReady(node: NodeRecord, at: number): void {
    if (!isHeldBack(node)) this.places.ready(node, at);
  }

  /** A node failed for good and nothing takes its place. */
  protected giveUp(node: NodeRecord): void {
    const call = node.calledBy;
    if (call?.as === 'compensation') {
      this.undoing = undefined;
      return;
    }
    if (call) return this.giveUp(call.node);
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
  protected stop(scope: Scope): void {
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
  protected mend(node: NodeRecord, at: number): void {
    const { scope } = node;
    const group = scope.group?.group;
    if (scope.broken !== node || !group) return;
    scope.broken = undefined;
    if (group.broken === node) group.broken = undefined;
    this.dueGroups.delete(scope.group!);
    for (const other of scope.records)
      if (other.state === 'pending' && other.unsettled === 0) this.judge(other, at);
  }

  protected scopeDone(scope: Scope): void {
    const { group } = scope;
    if (!group?.group) return;
    group.group.open--;
    this.look(group);
  }

  /** Notes whether a group's next step is due. */
  protected look(node: NodeRecord): void {
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

  protected leave(node: NodeRecord, at: number): void {
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
  protected countBusy(node: NodeRecord, change: 1 | -1): void {
    for (let outer = node.scope.group; outer; outer = outer.scope.group) {
      if (!outer.group) continue;
      outer.group.busy += change;
      if (change < 0 && outer.group.broken) this.look(outer);
    }
  }
}
