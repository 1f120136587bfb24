import { cyclesOf } from '../cycles';
import type { DataEdge, Transform } from '../../../schemas/melody';
import type { Level, Link } from '../level';
import { anyType, fits, listOf, type PortType } from '../portTypes';
import type { In } from '../ports';
import type { Rules } from '../validate';

/** Whether values and order can flow: cycles, types along edges, inputs with no value or with two. */
export function checkFlow(level: Level, rules: Rules): void {
  if (rules.options.allowCycles !== true && level.order.stuck.length > 0) tellCycles(level, rules);
  const fed = checkInputs(level, rules);
  if (rules.options.ignoreTypes !== true) for (const link of level.links) checkType(level, link, rules);
  if (rules.options.ignoreConnectivity !== true) tellMissing(level, fed, rules);
}

function tellCycles(level: Level, rules: Rules): void {
  for (const cycle of cyclesOf(level.graph)) {
    const [from, to] = [cycle[0], cycle[1]];
    const { index } = level.links.find((link) => link.from === from && link.to === to)!;
    const path = cycle.map((node) => level.nameOf(node)).join('→');
    rules.findings.add('melody.cycle', { path }, level.edgePath(index));
  }
}

/** Which inputs get a value, by node and port; tells those that get two. */
function checkInputs(level: Level, rules: Rules): ReadonlyMap<number, Link> {
  const fed = new Map<number, Link>();
  for (const link of level.links) {
    if (link.in === undefined) continue;
    const key = keyOf(link.to, link.in);
    const first = fed.get(key);
    if (first === undefined) fed.set(key, link);
    else if (!link.in.many) {
      const args = { node: level.nameOf(link.to), port: link.in.name, first: first.edge.from };
      rules.findings.add('melody.portTaken', args, [...level.edgePath(link.index), 'to']);
    }
  }
  return fed;
}

/** One number for one input of one node; a node has at most 200 inputs. */
const keyOf = (node: number, port: In): number => node * 256 + port.at;

function tellMissing(level: Level, fed: ReadonlyMap<number, Link>, rules: Rules): void {
  const lost = new Set<number>();
  for (const { to } of level.lost) {
    const { node, port } = level.endOf(to);
    if (node !== undefined && port !== undefined) lost.add(keyOf(node, port));
  }
  level.nodes.forEach((node, index) => {
    if (node === undefined || node.enabled === false) return;
    for (const port of level.ports(index)!.inputs.all)
      if (port.needed && !fed.has(keyOf(index, port)) && !lost.has(keyOf(index, port))) {
        const args = { node: node.id, port: port.name, type: port.type?.text ?? 'any' };
        rules.findings.add('melody.inputMissing', args, level.nodePath(index));
      }
  });
}

function checkType(level: Level, { edge, index, out, in: port }: Link, rules: Rules): void {
  if (edge.kind !== 'data' || out?.type === undefined || port?.type === undefined) return;
  const given = afterTransform(edge.transform, out.type);
  if (given.expected !== undefined) {
    const args = { op: edge.transform!.op, expected: given.expected, from: edge.from, actual: out.type.text };
    return rules.findings.add('melody.transformMisfit', args, [...level.edgePath(index), 'transform']);
  }
  // Edges into a port that takes many bring its items.
  const expected = port.many && port.type.base === 'list' ? port.type.inner! : port.type;
  if (fits(given.type, expected) !== 'no') return;
  const args = { from: describe(edge), to: edge.to, expected: expected.text, actual: given.type.text };
  rules.findings.add('melody.typeMismatch', args, level.edgePath(index));
}

const describe = (edge: DataEdge): string =>
  edge.transform === undefined ? edge.from : `${edge.from} after ${edge.transform.op}`;

type Given =
  | { readonly type: PortType; readonly expected?: undefined }
  | { readonly expected: string; readonly type?: undefined };

/** The type a transform makes of another, or what it would need instead. */
function afterTransform(transform: Transform | undefined, type: PortType): Given {
  if (transform === undefined) return { type };
  const loose = type.base === 'any' || type.base === 'json';
  if (transform.op === 'pick')
    return loose || type.base === 'list' ? { type: anyType } : { expected: 'json, any or a list' };
  const list = loose ? listOf(anyType) : type;
  if (list.base !== 'list') return { expected: 'a list' };
  switch (transform.op) {
    case 'map':
      return { type: listOf(anyType) };
    case 'filter':
      return { type: list };
    case 'reduce':
      return { type: anyType };
    case 'flatten': {
      const inner = list.inner!;
      if (inner.base === 'any' || inner.base === 'json') return { type: listOf(anyType) };
      return inner.base === 'list' ? { type: inner } : { expected: 'a list of lists' };
    }
  }
}
