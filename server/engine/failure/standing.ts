import type { FailureTables } from '../../../schemas/failure';
import { workflowKinds } from '../../../schemas/journal/controls';
import type { Workflow, WorkflowNode } from '../../../schemas/journal/workflow';
import { criticalityOf, type NodeStanding } from './criticality';

type Tables = Pick<FailureTables, 'criticality'>;

/** Verbs of work that changes how something looks and nothing else. */
const presentation = /^\W*(?:re-?)?(?:style|format|indent|align|prettif|beautif)/iu;
/** So much of an instruction is looked at for verbs. */
const mostOfInstruction = 300;

/**
 * The workflow with a score of criticality on every model at work for which neither score nor tries are stated, as
 * its place and its words tell; `request` is what the run is for. Only those: what a model does can be asked for again in another way,
 * while a command that failed fails the same way again, and what only decides costs nothing.
 *
 * A score that was worked out never leaves out what something else needs: a node others wait for, or that lies on
 * the longest way, counts as essential at least. Linear in nodes and edges.
 */
export function withCriticality(workflow: Workflow, request: string, tables: Tables): Workflow {
  return { ...workflow, nodes: scored(workflow.nodes, request, tables) };
}

function scored(nodes: readonly WorkflowNode[], request: string, tables: Tables): WorkflowNode[] {
  const places = placesOf(nodes);
  return nodes.map((node, i) => {
    const { body } = node;
    if (body !== undefined) return { ...node, body: { ...body, nodes: scored(body.nodes, request, tables) } };
    const isStated = node.criticality !== undefined || node.retry !== undefined;
    if (node.kind !== workflowKinds.instrument || isStated) return node;
    return { ...node, criticality: scoreOf(node, places[i]!, request, tables) };
  });
}

function scoreOf(node: WorkflowNode, place: Place, request: string, { criticality: table }: Tables): number {
  const { fallback, title } = node;
  const standing: NodeStanding = {
    request,
    work: `${title} ${instructionOf(node)}`,
    root: place.isRoot,
    criticalPath: place.isOnLongestWay,
    presentationOnly: presentation.test(title),
    ...(fallback === undefined ? { alternatives: 'none' } : {}),
    ...(fallback?.node !== undefined && fallback.value !== undefined ? { alternatives: 'many' } : {}),
  };
  const score = criticalityOf(standing, table);
  return place.isWaitedFor || place.isOnLongestWay ? Math.max(score, table.levels.essential) : score;
}

function instructionOf({ params }: WorkflowNode): string {
  const config = memberOf(params, 'config');
  const instruction = memberOf(config, 'instruction');
  const text = Array.isArray(instruction) ? instruction.join('\n') : instruction;
  return typeof text === 'string' ? text.slice(0, mostOfInstruction) : '';
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

interface Place {
  /** Others wait for it, and it waits for no other work. */
  readonly isRoot: boolean;
  readonly isWaitedFor: boolean;
  readonly isOnLongestWay: boolean;
}

const passive: ReadonlySet<string> = new Set([
  workflowKinds.input,
  workflowKinds.output,
  workflowKinds.branch,
  workflowKinds.merge,
  workflowKinds.join,
]);

/** Where each node of a level stands; work counts for the length of a way, what only passes values on does not. */
function placesOf(nodes: readonly WorkflowNode[]): readonly Place[] {
  const index = new Map(nodes.map(({ id }, i) => [id, i]));
  const before = nodes.map(({ after, edges = [] }) =>
    [...new Set([...after, ...edges.map(({ from }) => from)])].flatMap((id) => index.get(id) ?? []),
  );
  const after: number[][] = nodes.map(() => []);
  before.forEach((ones, i) => ones.forEach((one) => after[one]!.push(i)));
  const order = inOrder(before, after);
  const weights = nodes.map(({ kind, standby }) => (passive.has(kind) || standby === true ? 0 : 1));
  const until = lengths(order, before, weights);
  const from = lengths([...order].reverse(), after, weights);
  const longest = Math.max(0, ...until);
  return nodes.map((_node, i) => ({
    // Inputs are there from the start.
    isRoot: after[i]!.length > 0 && until[i] === weights[i],
    isWaitedFor: after[i]!.length > 0,
    isOnLongestWay: until[i]! + from[i]! - weights[i]! === longest,
  }));
}

/** The longest way to each node, itself counted in. */
function lengths(
  order: readonly number[],
  before: readonly (readonly number[])[],
  weights: readonly number[],
): number[] {
  const found = new Array<number>(weights.length).fill(0);
  for (const i of order) {
    let most = 0;
    for (const one of before[i]!) most = Math.max(most, found[one]!);
    found[i] = most + weights[i]!;
  }
  return found;
}

function inOrder(before: readonly (readonly number[])[], after: readonly (readonly number[])[]): number[] {
  const missing = before.map(({ length }) => length);
  const order = missing.flatMap((count, i) => (count === 0 ? [i] : []));
  for (const i of order) for (const next of after[i]!) if (--missing[next]! === 0) order.push(next);
  return order;
}
