import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import { problem } from '../base';

/**
 * Refuses a workflow that could never end: two nodes of one id, a kind nobody performs, an edge from a
 * node that is not there, nodes that wait for each other. Linear in nodes and edges.
 */
export function checkWorkflow(workflow: Workflow, kinds: { has(kind: string): boolean }): void {
  const nodes = new Map<string, WorkflowNode>();
  for (const node of workflow.nodes) {
    if (nodes.has(node.id)) throw problem('workflow.twice', { title: workflow.title, node: node.id });
    if (!kinds.has(node.kind)) throw problem('workflow.kindUnknown', { node: node.id, kind: node.kind });
    nodes.set(node.id, node);
  }
  for (const node of workflow.nodes) {
    const missing = node.after.find((id) => !nodes.has(id));
    if (missing !== undefined) throw problem('workflow.missing', { node: node.id, dependency: missing });
  }
  const path = findCycle(nodes);
  if (path) throw problem('workflow.cycle', { title: workflow.title, path: path.join(' → ') });
}

/** A cycle as the ids along it, first one repeated at the end, or undefined. Iterative: chains may be 10,000 deep. */
function findCycle(nodes: ReadonlyMap<string, WorkflowNode>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of nodes.keys()) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const next: number[] = [];
    const enter = (id: string) => {
      path.push(id);
      onPath.add(id);
      next.push(0);
    };
    if (!done.has(start)) enter(start);
    while (path.length > 0) {
      const id = path.at(-1)!;
      const after = nodes.get(id)!.after[next[next.length - 1]!++];
      if (after === undefined) {
        done.add(id);
        onPath.delete(id);
        path.pop();
        next.pop();
      } else if (onPath.has(after)) {
        return [...path.slice(path.indexOf(after)), after].reverse();
      } else if (!done.has(after)) {
        enter(after);
      }
    }
  }
  return undefined;
}
