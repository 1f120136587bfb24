import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';

/** Which nodes could start and which hold a place, kept up event by event so that deciding need not search. */
export interface Schedule {
  /** Pending nodes whose predecessors have all completed, by resource, longest ready first. */
  readonly ready: ReadonlyMap<string, ReadonlySet<string>>;
  /** Nodes at work: running, or waiting for an answer in the middle of their work. */
  readonly occupied: ReadonlySet<string>;
  /** Failed for good, oldest failure first. */
  readonly failures: ReadonlySet<string>;
  /** Number of completed nodes. */
  readonly done: number;
  /** How many more nodes of a resource may start; infinite without a limit. */
  room(resource: string): number;
  /** Tries of a node that failed since it was first started or last retried by a person. */
  failuresOf(node: string): number;
}

/** The schedule of one run as its fold keeps it. A waiting node keeps its place: it is in the middle of its work. */
export class Places implements Schedule {
  readonly ready = new Map<string, Set<string>>();
  readonly occupied = new Set<string>();
  readonly failures = new Set<string>();
  done = 0;
  private readonly limits: Readonly<Record<string, number>>;
  private readonly busy = new Map<string, number>();
  private readonly tries = new Map<string, number>();
  /** How many predecessors of a node have not completed. */
  private readonly missing = new Map<string, number>();
  private readonly successors = new Map<string, string[]>();
  private readonly resources = new Map<string, string>();

  constructor(workflow: Workflow) {
    this.limits = workflow.limits;
    for (const node of workflow.nodes) this.add(node);
  }

  private add(node: WorkflowNode): void {
    this.resources.set(node.id, node.resource);
    const after = new Set(node.after);
    this.missing.set(node.id, after.size);
    for (const id of after) {
      const successors = this.successors.get(id);
      if (successors) successors.push(node.id);
      else this.successors.set(id, [node.id]);
    }
    if (after.size === 0) this.makeReady(node.id);
  }

  room(resource: string): number {
    const limit = Object.hasOwn(this.limits, resource) ? this.limits[resource]! : Infinity;
    return limit - (this.busy.get(resource) ?? 0);
  }

  failuresOf(node: string): number {
    return this.tries.get(node) ?? 0;
  }

  /** Whether some ready node has a free place. */
  canStart(): boolean {
    for (const [resource, ready] of this.ready) if (ready.size > 0 && this.room(resource) > 0) return true;
    return false;
  }

  started(id: string): void {
    const resource = this.resources.get(id)!;
    if (!this.ready.get(resource)?.delete(id)) throw new Error(`node ${id} started before its predecessors`);
    this.occupied.add(id);
    this.busy.set(resource, (this.busy.get(resource) ?? 0) + 1);
  }

  completed(id: string): void {
    this.leave(id);
    this.done++;
    for (const next of this.successors.get(id) ?? []) {
      const missing = this.missing.get(next)! - 1;
      this.missing.set(next, missing);
      if (missing === 0) this.makeReady(next);
    }
  }

  failed(id: string, final: boolean): void {
    this.leave(id);
    this.tries.set(id, this.failuresOf(id) + 1);
    if (final) this.failures.add(id);
    else this.makeReady(id);
  }

  retried(id: string): void {
    this.failures.delete(id);
    this.tries.delete(id);
    this.makeReady(id);
  }

  clear(): void {
    this.ready.clear();
    this.occupied.clear();
    this.busy.clear();
  }

  private leave(id: string): void {
    this.occupied.delete(id);
    const resource = this.resources.get(id)!;
    this.busy.set(resource, this.busy.get(resource)! - 1);
  }

  private makeReady(id: string): void {
    const resource = this.resources.get(id)!;
    const ready = this.ready.get(resource);
    if (ready) ready.add(id);
    else this.ready.set(resource, new Set([id]));
  }
}
