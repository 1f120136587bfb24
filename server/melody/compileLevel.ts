import type { WorkflowBody, WorkflowEdge, WorkflowNode } from '../../schemas/journal/workflow';
import { melodyLimits, type MelodyBody, type MelodyEdge } from '../../schemas/melody';
import { compileNode, isGroup, type GroupNode } from './compileNode';
import { noteLimits, refuse, type Scope } from './compileScope';
import { openSubworkflow } from './compileSubworkflow';

/** Groups in each other, those of included files counted in. */
export const mostDepth = melodyLimits.bodies * 4;

/** Compiles the nodes of one level and what lies in them, with what flows between them. */
export function compileLevel(level: MelodyBody, scope: Scope): WorkflowNode[] {
  const byId = new Map<string, WorkflowNode>();
  const nodes = level.nodes.map((node, index) => {
    const compiled = compileNode(node, index, scope);
    if (isGroup(node)) addBody(node, compiled, { ...scope, path: [...scope.path, 'nodes', index] });
    byId.set(compiled.id, compiled);
    return compiled;
  });
  for (const { fallback, compensate } of nodes)
    for (const id of [fallback?.node, compensate]) {
      const called = id === undefined ? undefined : byId.get(id);
      if (called !== undefined) called.standby = true;
    }
  for (const edge of level.edges) connect(edge, byId);
  for (const node of nodes) {
    if (node.after.length > 1) node.after = [...new Set(node.after)];
    // A join that counts must not count a node twice because order was asked for beside its value.
    if (typeof node.needs === 'number' && node.edges !== undefined) node.edges = withoutRepeats(node.edges);
  }
  return nodes;
}

function addBody(node: GroupNode, group: WorkflowNode, scope: Scope): void {
  if (scope.depth >= mostDepth) refuse(scope, 'melody.bodyTooDeep', { most: mostDepth });
  const given = new Set(node.inputs?.map(({ name }) => name));
  const around = { ...scope, depth: scope.depth + 1, resource: node.resource ?? scope.resource, given };
  if (node.kind === 'subworkflow') return addIncluded(node, group, around);
  if (node.kind === 'map') given.add('item').add('index');
  const nodes = compileLevel(node.body, { ...around, path: [...scope.path, 'body'] });
  if (node.kind === 'loop') {
    const body: WorkflowBody = { mode: 'loop', nodes, most: node.most };
    if (node.while !== undefined) body.while = node.while;
    if (node.until !== undefined) body.until = node.until;
    group.body = body;
  } else {
    group.body = { mode: 'map', nodes, over: node.over };
    if (node.parallel !== undefined) group.body.parallel = node.parallel;
  }
}

/**
 * The nodes of another Melody as the body of one node. Its limits hold beside the others, its retry for its nodes;
 * its timeout and budget become those of the node where that has none. What happens after a failure is the run's.
 */
function addIncluded(
  node: Extract<GroupNode, { readonly kind: 'subworkflow' }>,
  group: WorkflowNode,
  scope: Scope,
): void {
  const { file, melody } = openSubworkflow(node, scope);
  const { policy } = melody;
  noteLimits(scope.work, melody);
  const files = [...scope.files, file];
  const nodes = compileLevel(melody, { ...scope, files, path: [], retry: policy?.retry ?? scope.retry });
  group.body = { mode: 'once', nodes };
  const timeoutMinutes = group.timeoutMinutes ?? policy?.timeoutMinutes;
  const budget = group.budget ?? policy?.budget;
  if (timeoutMinutes !== undefined) group.timeoutMinutes = timeoutMinutes;
  if (budget !== undefined) group.budget = budget;
}

function connect(edge: MelodyEdge, byId: ReadonlyMap<string, WorkflowNode>): void {
  if (edge.kind === 'data') {
    // Ids may hold dots, names of ports hold none.
    const [out, into] = [edge.from.lastIndexOf('.'), edge.to.lastIndexOf('.')];
    const flow: WorkflowEdge = {
      from: edge.from.slice(0, out),
      port: edge.from.slice(out + 1),
      to: edge.to.slice(into + 1),
    };
    if (edge.transform !== undefined) flow.transform = edge.transform;
    return flowInto(byId.get(edge.to.slice(0, into))!, flow);
  }
  const node = byId.get(edge.to)!;
  if (edge.kind === 'conditional') return flowInto(node, { from: edge.from, when: edge.when });
  if (edge.priority !== undefined) node.priority = Math.max(edge.priority, node.priority ?? -Infinity);
  // Where not every way must be open, order counts among the ways.
  if (node.needs === undefined) node.after.push(edge.from);
  else flowInto(node, { from: edge.from });
}

function withoutRepeats(edges: readonly WorkflowEdge[]): WorkflowEdge[] {
  const others = new Set(edges.flatMap((edge) => (isOrder(edge) ? [] : [edge.from])));
  return edges.filter((edge) => !isOrder(edge) || (!others.has(edge.from) && others.add(edge.from)));
}
const isOrder = ({ port, when }: WorkflowEdge): boolean => port === undefined && when === undefined;

const flowInto = (node: WorkflowNode, edge: WorkflowEdge): void => void (node.edges ??= []).push(edge);
