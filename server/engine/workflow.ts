import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import { problem } from '../base';

/**
 * Refuses a workflow that could never end: two nodes of one id, a kind nobody performs, an edge from a
 * node that is not there, nodes that wait for each other, a substitute that is no standby. Bodies are
 * looked at level by level. Linear in nodes and edges.
 */
export function checkWorkflow(workflow: Workflow, kinds: { has(kind: string): boolean }): void {
  const levels: (readonly WorkflowNode[])[] = [workflow.nodes];
  for (const level of levels) {
    checkLevel(workflow.title, level, kinds);
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
  const path = findCycle(nodes);
  if (path) throw problem('workflow.cycle', { title, path: path.join(' → ') });
}

/** Ids of the nodes a node waits for; some may be named twice. */
function before(node: WorkflowNode): readonly string[] {
  return node.edges ? [...node.after, ...node.edges.map(({ from }) => from)] : node.after;
}

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
