import type { BoardNode, BoardOp, BoardView } from '../../schemas/wire/board';
import type { RecordedEvent } from '../../schemas/journal/events';
import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import type { NodeFold, RunFold } from '../engine/state';

/** Numbered changes of one board. */
export interface BoardPatch {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly ops: BoardOp[];
}

/**
 * The boards of all runs as snapshots and numbered patches. Revisions count within one life of the
 * sidecar; a client that attaches anew starts from a snapshot.
 */
export class Boards {
  private readonly revisions = new Map<string, number>();
  private readonly notes = new Map<string, Map<string, string>>();

  snapshot(run: RunFold): BoardView {
    return {
      run: run.run,
      title: run.title,
      state: run.state,
      revision: this.revision(run.run),
      nodes: run.workflow.nodes.map((node) => this.card(run, node.id)),
      edges: run.workflow.nodes.flatMap((node) => before(node).map((from) => ({ from, to: node.id }))),
    };
  }

  /** The patch for events that `run` has just folded; undefined when none of them shows. */
  patch(run: RunFold, events: readonly RecordedEvent[]): BoardPatch | undefined {
    const touched = new Set(events.flatMap(({ event }) => ('node' in event ? [event.node] : [])));
    const answered = events.some(({ event }) => event.type === 'QuestionAnswered');
    if (answered) for (const node of run.nodes.keys()) touched.add(node);
    for (const node of touched)
      if (run.nodes.get(node)?.state !== 'running') this.notes.get(run.run)?.delete(node);
    const ops: BoardOp[] = [...touched].map((node) => ({ op: 'node', node: this.card(run, node) }));
    if (events.some(({ event }) => event.type.startsWith('Run') || event.type.startsWith('Question'))) {
      ops.push({ op: 'state', state: run.state });
    }
    return this.numbered(run.run, ops);
  }

  /** The patch for a sign of life. */
  note(run: RunFold, node: string, text: string): BoardPatch | undefined {
    const notes = this.notes.get(run.run) ?? new Map<string, string>();
    this.notes.set(run.run, notes.set(node, text.slice(0, 200)));
    return this.numbered(run.run, [{ op: 'node', node: this.card(run, node) }]);
  }

  private numbered(run: string, ops: BoardOp[]): BoardPatch | undefined {
    if (ops.length === 0) return undefined;
    const from = this.revision(run);
    this.revisions.set(run, from + 1);
    return { run, from, to: from + 1, ops };
  }

  private revision(run: string): number {
    return this.revisions.get(run) ?? 1;
  }

  private card(run: RunFold, id: string): BoardNode {
    const node = nodesById(run.workflow).get(id);
    const fold: NodeFold | undefined = run.nodes.get(id);
    return {
      id,
      kind: node?.kind ?? '',
      title: node?.title ?? id,
      state: fold?.state ?? 'pending',
      attempt: fold?.attempt ?? 0,
      note: fold?.problem?.code ?? this.notes.get(run.run)?.get(id) ?? '',
      startedAt: fold?.startedAt ?? null,
      endedAt: fold?.endedAt ?? null,
    };
  }
}

/** The nodes a node waits for, each once, by order or for what flows from them. */
const before = ({ after, edges = [] }: WorkflowNode): string[] => [
  ...new Set([...after, ...edges.map(({ from }) => from)]),
];

const indexes = new WeakMap<Workflow, ReadonlyMap<string, WorkflowNode>>();

/** Nodes of a workflow by id, indexed once: a board of 10,000 cards looks each of them up. */
function nodesById(workflow: Workflow): ReadonlyMap<string, WorkflowNode> {
  const known = indexes.get(workflow) ?? new Map(workflow.nodes.map((node) => [node.id, node]));
  indexes.set(workflow, known);
  return known;
}
