import type { WorkflowEdge, WorkflowNode } from '../../schemas/journal/workflow';
import { holds } from '../world/language';

type State = 'pending' | 'started' | 'done' | 'skipped' | 'failed' | 'cancelled';

/** What durable events tell of one node. */
export class NodeModel {
  state: State = 'pending';
  attempt = 0;
  /** Attempts that have an outcome on record. */
  readonly ended = new Set<number>();
  /** Whether it ever ended well, in this run or in the one this was forked from. */
  hadOutcome = false;
  readonly steps = new Map<number, Set<string>>();
  output: unknown = undefined;
  skipped: string | undefined = undefined;
  /** For a standby: whose place it takes, or whose effect it undoes. */
  calledBy: { readonly node: NodeModel; readonly as: 'fallback' | 'compensation' } | undefined = undefined;
  /** Rounds of all attempts, and how many of them are those of earlier attempts. */
  readonly rounds: ScopeModel[] = [];
  earlierRounds = 0;

  constructor(
    readonly id: string,
    readonly definition: WorkflowNode,
    readonly scope: ScopeModel,
  ) {}

  get isSettled(): boolean {
    return this.state === 'done' || this.state === 'skipped';
  }

  /** A standby that never was at work is not part of what is cancelled. */
  get isIdleStandby(): boolean {
    return this.definition.standby === true && this.attempt === 0;
  }

  /** Nodes of the present attempt's rounds. */
  get inside(): readonly NodeModel[] {
    return this.rounds.slice(this.earlierRounds).flatMap(({ nodes }) => [...nodes.values()]);
  }

  reset(): void {
    this.state = 'pending';
    this.output = undefined;
    this.skipped = undefined;
    this.calledBy = undefined;
  }
}

/** The nodes of the whole workflow, or of one round of a group. */
export class ScopeModel {
  readonly nodes = new Map<string, NodeModel>();

  constructor(
    definitions: readonly WorkflowNode[],
    prefix: string,
    readonly group: NodeModel | undefined,
  ) {
    for (const definition of definitions)
      this.nodes.set(definition.id, new NodeModel(prefix + definition.id, definition, this));
  }

  /** All that must have ended well before the scope has. */
  get isDone(): boolean {
    return [...this.nodes.values()].every((node) => node.isSettled || node.definition.standby === true);
  }

  /** Local ids and those of all nodes after them. */
  downstream(ids: readonly string[]): ReadonlySet<string> {
    const found = new Set(ids);
    let before;
    do {
      before = found.size;
      for (const [id, { definition }] of this.nodes)
        if (waysInto(definition).some(({ from }) => found.has(from))) found.add(id);
    } while (found.size > before);
    return found;
  }
}

interface Way {
  readonly from: string;
  readonly edge?: WorkflowEdge;
}

const waysInto = ({ after, edges = [] }: WorkflowNode): readonly Way[] => [
  ...[...new Set(after)].map((from) => ({ from })),
  ...edges.map((edge) => ({ from: edge.from, edge })),
];

/** What the ways into a node allow: it may start, it must be passed over, or it is too early to say. */
export function readiness({ definition, scope }: NodeModel): 'ready' | 'closed' | 'early' {
  const ways = waysInto(definition);
  const settled = ways.filter(({ from }) => scope.nodes.get(from)!.isSettled);
  const open = settled.filter((way) => isOpen(scope.nodes.get(way.from)!, way.edge)).length;
  const { needs = 'all', eager = false } = definition;
  if (ways.length === 0) return 'ready';
  if (needs === 'all')
    return settled.length < ways.length ? 'early' : open === ways.length ? 'ready' : 'closed';
  const wanted = needs === 'any' ? 1 : needs;
  if (open >= wanted && (eager || settled.length === ways.length)) return 'ready';
  return open + ways.length - settled.length < wanted ? 'closed' : 'early';
}

function isOpen(from: NodeModel, edge: WorkflowEdge | undefined): boolean {
  if (from.skipped === 'closed') return false;
  const output = (from.output ?? {}) as Readonly<Record<string, unknown>>;
  if (edge?.when !== undefined && (from.state === 'skipped' || !holds(edge.when, { outputs: output })))
    return false;
  return edge?.port === undefined || output[edge.port] !== undefined;
}
