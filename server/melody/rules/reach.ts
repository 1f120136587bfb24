import type { Level } from '../level';
import type { Rules } from '../validate';

/** Nodes connected to nothing, joins that wait for more than there is, and outputs no value can reach. */
export function checkReach(level: Level, rules: Rules): void {
  if (rules.options.allowOrphans !== true) tellOrphans(level, rules);
  tellJoins(level, rules);
  if (rules.options.ignoreConnectivity !== true) tellUnreachable(level, rules);
}

/** One node alone is a Melody; a fallback or a compensation is connected by its policy. */
function tellOrphans(level: Level, rules: Rules): void {
  if (level.nodes.length < 2) return;
  const connected = new Uint8Array(level.nodes.length);
  for (const { from, to } of level.links) connected[from] = connected[to] = 1;
  for (const edge of level.lost)
    for (const end of [edge.from, edge.to]) {
      const { node } = level.endOf(end);
      if (node !== undefined) connected[node] = 1;
    }
  for (const node of level.nodes)
    for (const id of [node?.policy?.fallback?.node, node?.policy?.compensate?.node]) {
      const index = id === undefined ? undefined : level.byId.get(id);
      if (index !== undefined) connected[index] = 1;
    }
  level.nodes.forEach((node, index) => {
    // What enters a body and is not used there needs no edge.
    const free =
      node === undefined || node.enabled === false || (level.owner !== undefined && node.kind === 'input');
    if (!free && connected[index] === 0)
      rules.findings.add('melody.orphan', { node: node.id }, level.nodePath(index));
  });
}

function tellJoins(level: Level, rules: Rules): void {
  const joins = level.nodes.some((node) => node?.kind === 'join' && typeof node.wait === 'number');
  if (!joins) return;
  const before = new Map<number, Set<number>>();
  for (const { from, to } of level.links) before.set(to, (before.get(to) ?? new Set()).add(from));
  level.nodes.forEach((node, index) => {
    if (node?.kind !== 'join' || typeof node.wait !== 'number') return;
    const found = before.get(index)?.size ?? 0;
    if (node.wait > found)
      rules.findings.add('melody.joinMore', { node: node.id, count: node.wait, found }, [
        ...level.nodePath(index),
        'wait',
      ]);
  });
}

/** Follows what can never run: disabled nodes, cycles, and what needs a value of them. */
function tellUnreachable(level: Level, rules: Rules): void {
  const { nodes, order, links } = level;
  if (order.stuck.length === 0 && nodes.every((node) => node?.enabled !== false)) return;
  // The node that is to blame, for each node that cannot run.
  const blame = new Int32Array(nodes.length).fill(-1);
  for (const node of order.stuck) blame[node] = order.stuck[0]!;
  nodes.forEach((node, index) => {
    if (node?.enabled === false) blame[index] = index;
  });
  const into = new Map<number, typeof links>();
  for (const link of links) {
    const known = into.get(link.to);
    if (known === undefined) into.set(link.to, [link]);
    else known.push(link);
  }
  for (const node of order.order) {
    if (blame[node] !== -1) continue;
    const feeds = new Map<string, number[]>();
    for (const { from, in: port } of into.get(node) ?? [])
      if (port?.needed === true) feeds.set(port.name, [...(feeds.get(port.name) ?? []), from]);
    // A port that takes many values lives as long as one of its sources does.
    for (const sources of feeds.values())
      if (sources.every((from) => blame[from] !== -1)) blame[node] = blame[sources[0]!]!;
  }
  nodes.forEach((node, index) => {
    if (node?.kind !== 'output' || node.enabled === false || blame[index] === -1) return;
    const args = { node: node.id, cause: level.nameOf(blame[index]!) };
    rules.findings.add('melody.outputUnreachable', args, level.nodePath(index));
  });
}
