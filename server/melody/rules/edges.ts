import type { MelodyEdge } from '../../../schemas/melody';
import type { Level, Link } from '../level';
import type { Rules } from '../validate';

/** Finds both ends of every edge and tells those that lead nowhere, to the wrong side, or stand twice. */
export function checkEdges(level: Level, rules: Rules): void {
  const links: Link[] = [];
  const pairs = new Map<number, Link | Set<string>>();
  level.edges.forEach((edge, index) => {
    if (edge === undefined) return;
    const link =
      edge.kind === 'data' ? dataLink(level, edge, index, rules) : plainLink(level, edge, index, rules);
    if (link === undefined) return void level.lost.push(edge);
    if (isThereAlready(pairs, link.from * level.nodes.length + link.to, link))
      rules.findings.add('melody.edgeTwice', { from: edge.from, to: edge.to }, level.edgePath(index));
    links.push(link);
  });
  level.links = links;
}

/** Notes a link. Few nodes are joined twice, and only for those the ports are compared. */
function isThereAlready(pairs: Map<number, Link | Set<string>>, pair: number, link: Link): boolean {
  const before = pairs.get(pair);
  if (before === undefined) {
    pairs.set(pair, link);
    return false;
  }
  const known = before instanceof Set ? before : new Set([nameOf(before)]);
  pairs.set(pair, known);
  return known.size === known.add(nameOf(link)).size;
}

const nameOf = ({ edge }: Link): string => `${edge.kind} ${edge.from} ${edge.to}`;

function plainLink(level: Level, edge: MelodyEdge, index: number, rules: Rules): Link | undefined {
  const from = nodeAt(level, edge.from, edge.from, index, 'from', rules);
  const to = nodeAt(level, edge.to, edge.to, index, 'to', rules);
  if (from === undefined || to === undefined) return undefined;
  return { edge, index, from, to, out: undefined, in: undefined };
}

function dataLink(level: Level, edge: MelodyEdge, index: number, rules: Rules): Link | undefined {
  const fromDot = edge.from.lastIndexOf('.');
  const toDot = edge.to.lastIndexOf('.');
  const from = ownerOf(level, edge.from, fromDot, index, 'from', rules);
  const to = ownerOf(level, edge.to, toDot, index, 'to', rules);
  if (from === undefined || to === undefined) return undefined;
  const source = level.ports(from);
  const target = level.ports(to);
  // A malformed node has no ports that are known; that it is malformed is told already.
  const out = source?.outputs.get(edge.from.slice(fromDot + 1));
  const port = target?.inputs.get(edge.to.slice(toDot + 1));
  if (source !== undefined && out === undefined)
    tellPort(level, from, edge.from.slice(fromDot + 1), index, 'from', rules);
  if (target !== undefined && port === undefined)
    tellPort(level, to, edge.to.slice(toDot + 1), index, 'to', rules);
  const lost = (source !== undefined && out === undefined) || (target !== undefined && port === undefined);
  return lost ? undefined : { edge, index, from, to, out, in: port };
}

type Side = 'from' | 'to';

function nodeAt(
  level: Level,
  id: string,
  end: string,
  edge: number,
  side: Side,
  rules: Rules,
): number | undefined {
  const found = level.byId.get(id);
  if (found === undefined)
    rules.findings.add('melody.dangling', { end, node: id }, [...level.edgePath(edge), side]);
  return found;
}

/** The node of an end written as node.port. */
function ownerOf(
  level: Level,
  end: string,
  dot: number,
  edge: number,
  side: Side,
  rules: Rules,
): number | undefined {
  if (dot > 0 && dot < end.length - 1) return nodeAt(level, end.slice(0, dot), end, edge, side, rules);
  const known = level.byId.get(end);
  const ports = known === undefined ? undefined : level.ports(known);
  const first = side === 'from' ? ports?.outputs.first : ports?.inputs.first;
  const example = `${end.replace(/^\.+|\.+$/g, '') || 'node'}.${first?.name ?? 'value'}`;
  rules.findings.add('melody.endMalformed', { end, example }, [...level.edgePath(edge), side]);
  return undefined;
}

function tellPort(level: Level, node: number, port: string, edge: number, side: Side, rules: Rules): void {
  const path = [...level.edgePath(edge), side];
  const { inputs, outputs } = level.ports(node)!;
  const [here, there] = side === 'from' ? [outputs, inputs] : [inputs, outputs];
  const [expected, found] = side === 'from' ? ['output', 'input'] : ['input', 'output'];
  const id = level.nameOf(node);
  if (there.has(port)) rules.findings.add('melody.portSide', { node: id, port, found, expected }, path);
  else {
    const known = here.names.join(', ') || '–';
    rules.findings.add('melody.portUnknown', { node: id, port, side: expected, known }, path);
  }
}
