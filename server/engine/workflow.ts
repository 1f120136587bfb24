import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import { problem } from '../base';
import { levelOf } from './level';

/**
 * Refuses a workflow that could never end: two nodes of one id, a kind nobody performs, an edge from a
 * node that is not there, nodes that wait for each other, a substitute that is no standby. Bodies are
 * looked at level by level. Linear in nodes and edges.
 */
export function checkWorkflow(workflow: Workflow, kinds: { has(kind: string): boolean }): void {
  const { title, limits } = workflow;
  for (const [resource, limit] of Object.entries(limits))
    if (!isCount(limit, 1, 1000))
      throw malformed(title, `limits.${resource}`, 'it is not a number from 1 to 1,000');
  const levels: (readonly WorkflowNode[])[] = [workflow.nodes];
  for (const level of levels) {
    checkLevel(title, level, kinds);
    for (const { body } of level) if (body) levels.push(body.nodes);
  }
}

function checkLevel(
  title: string,
  level: readonly WorkflowNode[],
  kinds: { has(kind: string): boolean },
): void {
  const nodes = new Map<string, WorkflowNode>();
  for (const node of level) {
    checkShape(title, node);
    if (nodes.has(node.id)) throw problem('workflow.twice', { title, node: node.id });
    if (!node.body && !kinds.has(node.kind))
      throw problem('workflow.kindUnknown', { node: node.id, kind: node.kind });
    nodes.set(node.id, node);
  }
  for (const node of level) {
    const missing = [...before(node)].find((id) => !nodes.has(id));
    if (missing !== undefined) throw problem('workflow.missing', { node: node.id, dependency: missing });
    for (const id of [node.fallback?.node, node.compensate])
      if (id !== undefined && nodes.get(id)?.standby !== true)
        throw problem('workflow.notStandby', { node: node.id, standby: id });
  }
  const path = isAcyclic(level) ? undefined : findCycle(nodes);
  if (path) throw problem('workflow.cycle', { title, path: path.join(' → ') });
}

/** What the engine relies on of one node. Workflows are made by this program, so this is a guard and no schema. */
function checkShape(title: string, { id, kind, after, retries }: WorkflowNode): void {
  if (typeof id !== 'string' || id === '') throw malformed(title, 'id', 'a node has none');
  if (typeof kind !== 'string' || kind === '') throw malformed(title, `${id}.kind`, 'it is missing');
  if (!Array.isArray(after)) throw malformed(title, `${id}.after`, 'it is not a list');
  if (!isCount(retries, 0, 20)) throw malformed(title, `${id}.retries`, 'it is not a number from 0 to 20');
}

const isCount = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

const malformed = (title: string, place: string, detail: string): Error =>
  problem('workflow.malformed', { title, place, detail });

/** Ids of the nodes a node waits for; some may be named twice. */
function before(node: WorkflowNode): readonly string[] {
  return node.edges ? [...node.after, ...node.edges.map(({ from }) => from)] : node.after;
}

/** Whether an order exists in which every node comes after those it waits for; the engine needs the level anyway. */
const isAcyclic = (level: readonly WorkflowNode[]): boolean => levelOf(level).order.length === level.length;

/** A cycle as the ids along it, first one repeated at the end, or undefined. Iterative: chains may be 10,000 deep. */
function findCycle(nodes: ReadonlyMap<string, WorkflowNode>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of nodes.keys()) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const rest: Iterator<string>[] = [];
    const enter = (id: string) => {
      path.push(id);
      onPath.add(id);
      rest.push(before(nodes.get(id)!)[Symbol.iterator]());
    };
    if (!done.has(start)) enter(start);
    while (path.length > 0) {
      const id = path.at(-1)!;
      const next = rest.at(-1)!.next();
      if (next.done === true) {
        done.add(id);
        onPath.delete(id);
        path.pop();
        rest.pop();
      } else if (onPath.has(next.value)) {
        return [...path.slice(path.indexOf(next.value)), next.value].reverse();
      } else if (!done.has(next.value)) {
        enter(next.value);
      }
    }
  }
  return undefined;
}
