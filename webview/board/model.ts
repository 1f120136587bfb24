import type { BoardNode, BoardOp, BoardView } from '../../schemas/wire/board';
import type { NodeState, RunState } from '../../schemas/wire/run';
import { textOf, type Strings } from '../strings';

/** What the board knows: the last snapshot with the patches since, in the order the host sent them. */
export interface BoardModel {
  readonly run: string;
  readonly title: string;
  readonly state: RunState;
  readonly revision: number;
  /** In the order of the snapshot; nodes that patches brought come last. */
  readonly nodes: ReadonlyMap<string, BoardNode>;
  readonly edges: readonly Edge[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

export interface Patch {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly ops: readonly BoardOp[];
}

/** What came of a patch: applied, already held, of another run, or not fitting the revision held. */
export type Patched =
  | { readonly kind: 'applied'; readonly model: BoardModel; readonly changed: readonly string[] }
  | { readonly kind: 'held' }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'gap' };

export function fromSnapshot(view: BoardView): BoardModel {
  return {
    run: view.run,
    title: view.title,
    state: view.state,
    revision: view.revision,
    nodes: new Map(view.nodes.map((node) => [node.id, node])),
    edges: view.edges,
  };
}

/**
 * Turns revision `from` into `to`. A patch that starts elsewhere is never merged: it is a gap, and the
 * caller asks for a snapshot. A revision that went back means that the sidecar began anew: a gap, too.
 */
export function applyPatch(model: BoardModel, patch: Patch): Patched {
  if (patch.run !== model.run) return { kind: 'foreign' };
  if (patch.to === model.revision) return { kind: 'held' };
  if (patch.from !== model.revision) return { kind: 'gap' };
  const nodes = new Map(model.nodes);
  const changed: string[] = [];
  let { state, edges } = model;
  for (const op of patch.ops) {
    if (op.op === 'node') {
      nodes.set(op.node.id, op.node);
      changed.push(op.node.id);
    } else if (op.op === 'edges') {
      edges = [...edges, ...op.edges];
    } else {
      state = op.state;
    }
  }
  return { kind: 'applied', model: { ...model, state, nodes, edges, revision: patch.to }, changed };
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
}

export function progressOf(model: BoardModel): Progress {
  let done = 0;
  let failed = 0;
  for (const node of model.nodes.values()) {
    if (node.state === 'completed' || node.state === 'skipped') done++;
    else if (node.state === 'failed') failed++;
  }
  return { done, failed, total: model.nodes.size };
}

export type RunAction = 'pause' | 'resume' | 'retry' | 'cancel';

/** The commands a run in this state takes, in the order of the buttons. */
export function actionsOf(state: RunState): readonly RunAction[] {
  switch (state) {
    case 'running':
    case 'waiting':
      return ['pause', 'cancel'];
    case 'paused':
      return ['resume', 'cancel'];
    case 'failed':
      return ['retry'];
    case 'cancelling':
    case 'completed':
    case 'cancelled':
      return [];
  }
}

/** Whether a failed node of a run in this state can be tried again by a command. */
export function canRetry(run: RunState, node: NodeState): boolean {
  return node === 'failed' && run !== 'completed' && run !== 'cancelled' && run !== 'cancelling';
}

/** Whether work may still happen, so that clocks have to tick. */
export function isLive(state: RunState): boolean {
  return state === 'running' || state === 'waiting' || state === 'paused' || state === 'cancelling';
}

/** Milliseconds a node has taken so far; undefined before its first start. */
export function elapsedOf(node: BoardNode, now: number): number | undefined {
  if (node.startedAt === null) return undefined;
  return Math.max(0, (node.endedAt ?? now) - node.startedAt);
}

/**
 * What a screen reader is told about a change: each node whose state changed up to three, else a
 * sentence for all of them, and the run's own state. Notes and times are not spoken.
 */
export function announcementOf(before: BoardModel, after: BoardModel, strings: Strings): string {
  const said: string[] = [];
  const moved = [...after.nodes.values()].filter((node) => before.nodes.get(node.id)?.state !== node.state);
  if (moved.length > 3) {
    const { done, total } = progressOf(after);
    said.push(textOf(strings, 'announce.many', { count: moved.length, done, total }));
  } else {
    for (const node of moved) {
      const state = textOf(strings, `state.${node.state}`);
      said.push(textOf(strings, 'announce.node', { title: node.title, state }));
    }
  }
  if (before.state !== after.state) {
    said.push(textOf(strings, 'announce.run', { state: textOf(strings, `state.${after.state}`) }));
  }
  return said.join('. ');
}

/** The plan a node works for: ids read `agent:03-01`, and a plan is one of the run's reports. */
export function planOf(nodeId: string, plans: Iterable<string>): string | undefined {
  for (const plan of plans) {
    if (nodeId === plan || nodeId.endsWith(`:${plan}`)) return plan;
  }
  return undefined;
}

/** Whether two models have the same nodes and edges in the same order, so that their picture is one. */
export function sameShape(before: BoardModel | null, after: BoardModel): boolean {
  if (before === null || before.nodes.size !== after.nodes.size) return false;
  if (before.edges.length !== after.edges.length) return false;
  const ids = [...after.nodes.values()];
  let at = 0;
  for (const { id, kind } of before.nodes.values()) {
    const other = ids[at++]!;
    if (other.id !== id || other.kind !== kind) return false;
  }
  return before.edges.every((edge, place) => {
    const other = after.edges[place]!;
    return edge.from === other.from && edge.to === other.to;
  });
}
