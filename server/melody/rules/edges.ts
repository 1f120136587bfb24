import type { MelodyEdge } from '../../../schemas/melody';
import type { Level, Link } from '../level';
import type { In, Out } from '../ports';
import type { Path } from '../types';
import type { Rules } from '../validate';

/** Finds both ends of every edge and tells those that lead nowhere, to the wrong side, or stand twice. */
export function checkEdges(level: Level, rules: Rules): void {
  const links: Link[] = [];
  const seen = new Set<string>();
  level.edges.forEach((edge, index) => {
    if (edge === undefined) return;
    const link =
      edge.kind === 'data' ? dataLink(level, edge, index, rules) : plainLink(level, edge, index, rules);
    if (link === undefined) return;
    links.push(link);
    const key = `${edge.kind}\n${edge.from}\n${edge.to}`;
    if (seen.has(key))
      rules.findings.add('melody.edgeTwice', { from: edge.from, to: edge.to }, level.edgePath(index));
    seen.add(key);
  });
  level.links = links;
}

function plainLink(level: Level, edge: MelodyEdge, index: number, rules: Rules): Link | undefined {
  const from = nodeAt(level, edge.from, edge.from, [...level.edgePath(index), 'from'], rules);
  const to = nodeAt(level, edge.to, edge.to, [...level.edgePath(index), 'to'], rules);
  return from === undefined || to === undefined
    ? undefined
    : { edge, index, from, to, out: undefined, in: undefined };
}

function dataLink(level: Level, edge: MelodyEdge, index: number, rules: Rules): Link | undefined {
  const from = endOf(level, edge.from, 'output', [...level.edgePath(index), 'from'], rules);
  const to = endOf(level, edge.to, 'input', [...level.edgePath(index), 'to'], rules);
  if (from === undefined || to === undefined) return undefined;
  return { edge, index, from: from.node, to: to.node, out: from.port, in: to.port as In | undefined };
}

function nodeAt(level: Level, id: string, end: string, path: Path, rules: Rules): number | undefined {
  const found = level.byId.get(id);
  if (found === undefined) rules.findings.add('melody.dangling', { end, node: id }, path);
  return found;
}

interface End {
  readonly node: number;
  readonly port: In | Out | undefined;
}

/** The node and port an end names; without a port where the node is malformed, so that only that is told. */
function endOf(
  level: Level,
  end: string,
  side: 'input' | 'output',
  path: Path,
  rules: Rules,
): End | undefined {
  const dot = end.lastIndexOf('.');
  const [id, name] = [end.slice(0, dot), end.slice(dot + 1)];
  if (dot <= 0 || name === '') {
    const known = level.byId.get(end);
    const ports = known === undefined ? undefined : level.ports(known);
    const first = side === 'output' ? ports?.outputs.keys().next().value : ports?.inputs.keys().next().value;
    rules.findings.add('melody.endMalformed', { end, example: `${end}.${first ?? 'value'}` }, path);
    return undefined;
  }
  const node = nodeAt(level, id, end, path, rules);
  if (node === undefined) return undefined;
  const ports = level.ports(node);
  if (ports === undefined) return { node, port: undefined };
  const [here, there] = side === 'output' ? [ports.outputs, ports.inputs] : [ports.inputs, ports.outputs];
  const port = here.get(name);
  if (port !== undefined) return { node, port };
  if (there.has(name)) {
    const found = side === 'output' ? 'input' : 'output';
    rules.findings.add('melody.portSide', { node: id, port: name, found, expected: side }, path);
  } else {
    const known = [...here.keys()].join(', ') || '–';
    rules.findings.add('melody.portUnknown', { node: id, port: name, side, known }, path);
  }
  return undefined;
}
