import type { WorkflowEdge, WorkflowInput } from '../../schemas/journal/workflow';
import type { Json } from '../base';
import type { NodeRecord } from './node';

/** What became of the ways into a node: it may start, is to be passed over, or the ways are not all settled. */
export type Verdict = 'ready' | 'closed' | 'open';

/** The number that stands for a closed way of order alone among a node's shut edges. */
export const orderAlone = -1;

/** Whether the way from a settled node is open; `foundFalse` are the indexes of conditions that were false. */
export function isOpen(from: NodeRecord, edge: WorkflowEdge | undefined, foundFalse: boolean): boolean {
  if (from.skipped === 'closed') return false;
  if (edge === undefined) return true;
  if (edge.when !== undefined && (foundFalse || from.skipped !== null)) return false;
  return edge.port === undefined || valueAt(from.output, edge.port) !== undefined;
}

/** The value of an output; undefined when none came out. */
export function valueAt(output: Json | undefined, port: string): Json | undefined {
  if (output === null || typeof output !== 'object' || Array.isArray(output)) return undefined;
  return Object.hasOwn(output, port) ? (output as Readonly<Record<string, Json>>)[port] : undefined;
}

/** Judges a pending node by its ways in. */
export function verdictOf(node: NodeRecord): Verdict {
  const { needs = 'all', eager = false } = node.definition;
  if (needs === 'all') {
    if (node.unsettled > 0) return 'open';
    return node.shut !== undefined && lacksSomething(node, node.shut) ? 'closed' : 'ready';
  }
  const wanted = needs === 'any' ? 1 : needs;
  // A node with no ways in at all waits for nothing.
  if (node.scope.level.waysIn[node.index] === 0) return 'ready';
  if (node.open >= wanted && (eager || node.unsettled === 0)) return 'ready';
  return node.open + node.unsettled < wanted ? 'closed' : 'open';
}

/** Whether a closed way leaves the node without what it needs. */
function lacksSomething({ definition }: NodeRecord, shut: ReadonlySet<number>): boolean {
  if (shut.has(orderAlone)) return true;
  const { edges = [], inputs = [] } = definition;
  for (const index of shut) {
    const edge = edges[index]!;
    const input = edge.to === undefined ? undefined : inputs.find(({ name }) => name === edge.to);
    if (edge.port === undefined || edge.when !== undefined || input === undefined) return true;
    if (isNeeded(input) && !edges.some(({ to }, i) => to === edge.to && !shut.has(i))) return true;
  }
  return false;
}

const isNeeded = ({ required, default: fallback }: WorkflowInput): boolean =>
  required && fallback === undefined;
