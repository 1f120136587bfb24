import type { Workflow, WorkflowEdge, WorkflowNode } from '../../schemas/journal/workflow';
import type { Dice } from '../dice';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Gives the nodes of a plain workflow what version 1 knows: conditions, values, policies, groups, standbys. */
export function enriched(dice: Dice, plain: Workflow): Workflow {
  const standbys: WorkflowNode[] = [];
  const nodes = plain.nodes.map((node) => {
    const rich = withEdges(dice, node);
    if (dice.chance(0.2)) rich.kind = 'pure';
    else if (dice.chance(0.15)) rich.kind = 'spender';
    if (dice.chance(0.15)) rich.priority = dice.between(-3, 3);
    if (dice.chance(0.05)) rich.disabled = true;
    if (dice.chance(0.1)) rich.timeoutMinutes = dice.pick([0.01, 0.1, 1]);
    if (dice.chance(0.1))
      rich.retry = { tries: dice.between(1, 4), backoff: 'linear', seconds: dice.upTo(3) };
    if (dice.chance(0.1) && rich.after.length + (rich.edges?.length ?? 0) > 1) {
      rich.needs = dice.pick(['any', 1, 2] as const);
      rich.eager = dice.chance(0.5);
    }
    standbys.push(...withPolicy(dice, rich));
    return dice.chance(0.15) ? grouped(dice, rich) : rich;
  });
  return {
    ...plain,
    version: 1,
    nodes: [...nodes, ...standbys],
    policy: {
      ...(dice.chance(0.4) ? { onFailure: dice.pick(['stop', 'continue', 'compensate'] as const) } : {}),
      ...(dice.chance(0.1) ? { timeoutMinutes: dice.pick([0.1, 1]) } : {}),
      ...(dice.chance(0.2) ? { budget: { tokens: dice.between(1, 400) } } : {}),
    },
  };
}

/** Some of what it comes after becomes an edge with a condition or a value. */
function withEdges(dice: Dice, node: WorkflowNode): Mutable<WorkflowNode> {
  const edges: WorkflowEdge[] = [];
  const after = node.after.filter((from) => {
    if (dice.chance(0.6)) return true;
    if (dice.chance(0.5)) edges.push({ from, when: dice.pick(['flag', 'not flag']) });
    else edges.push({ from, port: 'value', to: `from ${from}` });
    return false;
  });
  const inputs = edges.flatMap(({ to }) => (to === undefined ? [] : [{ name: to, required: true }]));
  return { ...node, after, ...(edges.length > 0 ? { edges } : {}), ...(inputs.length > 0 ? { inputs } : {}) };
}

/** What happens when the node goes wrong; returns the standbys it names. */
function withPolicy(dice: Dice, node: Mutable<WorkflowNode>): WorkflowNode[] {
  const standbys: WorkflowNode[] = [];
  const standby = (id: string): string => {
    const { title, resource } = node;
    const plain = { id, kind: 'work', title, resource, after: [], params: {}, retries: 0 };
    standbys.push({ ...plain, standby: true });
    return id;
  };
  const instead = dice.next();
  if (instead < 0.1) node.fallback = { node: standby(`${node.id} instead`) };
  else if (instead < 0.2) node.fallback = { value: { value: `of ${node.id}` } };
  else if (instead < 0.3) node.skip = dice.chance(0.5) ? {} : { default: { value: 'nothing' } };
  if (dice.chance(0.15)) node.compensate = standby(`${node.id} undone`);
  return standbys;
}

/** The node becomes a group with a little body. */
function grouped(dice: Dice, node: Mutable<WorkflowNode>): WorkflowNode {
  const count = dice.between(1, 3);
  const nodes = Array.from({ length: count }, (_, i): WorkflowNode => ({
    id: `b${i}`,
    kind: dice.pick(['work', 'pure']),
    title: `${node.title} ${i}`,
    after: i > 0 && dice.chance(0.6) ? [`b${i - 1}`] : [],
    resource: node.resource,
    params: {},
    retries: dice.upTo(1),
  }));
  const { timeoutMinutes: _none, ...group } = node;
  const mode = dice.pick(['once', 'loop', 'map'] as const);
  switch (mode) {
    case 'once':
      return { ...group, kind: 'group', body: { mode, nodes } };
    case 'loop':
      return {
        ...group,
        kind: 'group',
        body: { mode, nodes, while: `iteration < ${dice.between(1, 3)}`, most: 4 },
      };
    case 'map': {
      const items = { name: 'items', required: true, default: [1, 2, 3].slice(0, dice.upTo(3)) };
      const body = { mode, nodes, over: 'items', parallel: dice.between(1, 3) };
      return { ...group, kind: 'group', inputs: [...(group.inputs ?? []), items], body };
    }
  }
}
