import type { BoardEdge, BoardNode, BoardOp, BoardView } from '../../schemas/wire/board';
import type { RecordedEvent } from '../../schemas/journal/events';
import { outlookOf, type NodeFold, type RunFold } from '../engine';

/** Numbered changes of one board. */
export interface BoardPatch {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly ops: BoardOp[];
}

/** Events that change more nodes than they name. */
const wide: ReadonlySet<string> = new Set([
  'QuestionAnswered',
  'GenerationBegun',
  'RunFailed',
  'RunCancelled',
]);

/**
 * The boards of all runs as snapshots and numbered patches. Revisions count within one life of the
 * sidecar; a client that attaches anew starts from a snapshot. Nodes of a round are there once it began, a
 * standby once it was called.
 */
export class Boards {
  private readonly revisions = new Map<string, number>();
  private readonly notes = new Map<string, Map<string, string>>();

  snapshot(run: RunFold): BoardView {
    const nodes = [...run.nodes.values()].filter((node) => isShown(run, node));
    return {
      run: run.run,
      title: run.title,
      state: run.state,
      revision: this.revision(run.run),
      nodes: nodes.map((node) => this.card(run, node)),
      edges: nodes.flatMap((node) => edgesTo(run, node)),
    };
  }

  /** The patch for events that `run` has just folded; undefined when none of them shows. */
  patch(run: RunFold, events: readonly RecordedEvent[]): BoardPatch | undefined {
    const touched = touchedBy(run, events);
    for (const { id, state } of touched) if (state !== 'running') this.notes.get(run.run)?.delete(id);
    const ops: BoardOp[] = touched.map((node) => ({ op: 'node', node: this.card(run, node) }));
    const edges = appearing(run, events).flatMap((node) => edgesTo(run, node));
    if (edges.length > 0) ops.push({ op: 'edges', edges });
    if (events.some(({ event }) => changesState(event.type))) ops.push({ op: 'state', state: run.state });
    return this.numbered(run.run, ops);
  }

  /** The patch for a sign of life. */
  note(run: RunFold, id: string, text: string): BoardPatch | undefined {
    const node = run.nodes.get(id);
    if (!node) return undefined;
    const notes = this.notes.get(run.run) ?? new Map<string, string>();
    this.notes.set(run.run, notes.set(id, text.slice(0, 200)));
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

  private card(run: RunFold, node: NodeFold): BoardNode {
    const { id, definition, state, attempt, startedAt, endedAt, problem, skipped } = node;
    return {
      id,
      kind: definition.kind,
      title: definition.title,
      state,
      attempt,
      note:
        problem?.code ??
        (skipped === null ? undefined : `skipped.${skipped}`) ??
        this.notes.get(run.run)?.get(id) ??
        '',
      startedAt,
      endedAt,
    };
  }
}

const changesState = (type: string): boolean =>
  type.startsWith('Run') ||
  type.startsWith('Question') ||
  type === 'GenerationBegun' ||
  type === 'NodeSkipped' ||
  type === 'NodeRetried';

/** The nodes whose cards may look different after these events, each once. */
function touchedBy(run: RunFold, events: readonly RecordedEvent[]): NodeFold[] {
  const shown = (nodes: Iterable<NodeFold>) => [...nodes].filter((node) => isShown(run, node));
  if (events.some(({ event }) => wide.has(event.type))) return shown(run.nodes.values());
  const touched = new Set<NodeFold>(appearing(run, events));
  for (const { event } of events) {
    if (!('node' in event)) continue;
    for (let id: string | null = event.node; id !== null;) {
      const node = run.nodes.get(id);
      if (!node) break;
      touched.add(node);
      // A standby that ends may end the node it stands in for.
      id = outlookOf(run, id, 0)!.calledBy;
    }
  }
  return shown(touched);
}

/** The nodes that are on the board since these events. */
function appearing(run: RunFold, events: readonly RecordedEvent[]): NodeFold[] {
  return events.flatMap(({ event }) => {
    if (event.type === 'StandbyCalled') return run.nodes.get(event.node) ?? [];
    if (event.type !== 'RoundBegun') return [];
    const body = run.nodes.get(event.node)?.definition.body?.nodes ?? [];
    return body.flatMap(({ id }) => {
      const node = run.nodes.get(`${event.node}[${event.round}]/${id}`);
      return node && isShown(run, node) ? node : [];
    });
  });
}

const isShown = (run: RunFold, { id }: NodeFold): boolean => !outlookOf(run, id, 0)!.isIdleStandby;

/** What comes before a node: nodes of its level, the group whose round it begins, the node that called it. */
function edgesTo(run: RunFold, { id, definition }: NodeFold): BoardEdge[] {
  const { group, calledBy } = outlookOf(run, id, 0)!;
  const prefix = id.slice(0, id.length - definition.id.length);
  const before = new Set([...definition.after, ...(definition.edges ?? []).map(({ from }) => from)]);
  const from = [...before].map((other) => prefix + other);
  if (calledBy !== null) from.push(calledBy);
  else if (group !== null && from.length === 0) from.push(group);
  return from.map((other) => ({ from: other, to: id }));
}
