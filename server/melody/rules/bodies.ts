import type { EndNode } from '../../../schemas/melody';
import type { Level, Owner } from '../level';
import { anyType, fits, listOf, type PortType } from '../portTypes';
import { parsePortType } from '../portTypes';
import { endPort } from '../ports';
import type { Rules } from '../validate';

/** Whether a body fits the loop or map it lies in: its inputs, its outputs, the list that is gone through. */
export function checkBody(level: Level, rules: Rules): void {
  const { findings } = rules;
  if (level.owner === undefined) return tellPorts(level, rules);
  const { node: owner, path } = level.owner;
  if (level.nodes.length === 0)
    return findings.add('melody.bodyEmpty', { node: owner.id }, [...path, 'body']);
  const entering = enteringTypes(owner, path, rules);
  level.nodes.forEach((node, index) => {
    if (node?.kind !== 'input') return;
    const port = endPort(node);
    if (!entering.has(port)) {
      const known = [...entering.keys()].join(', ') || '–';
      const at = [...level.nodePath(index), node.port === undefined ? 'id' : 'port'];
      return findings.add('melody.bodyInput', { input: port, node: owner.id, known }, at);
    }
    const args = { from: `${owner.id}.${port}`, to: `${node.id} in its body` };
    compare(entering.get(port), parsePortType(node.type), args, [...level.nodePath(index), 'type'], rules);
  });
  const leaving = new Map<string, EndNode>();
  level.nodes.forEach((node, index) => {
    if (node?.kind !== 'output') return;
    const port = endPort(node);
    if (!leaving.has(port)) leaving.set(port, node);
    // Two of one id are told already.
    else if (leaving.get(port)!.id !== node.id)
      findings.add('melody.portTwice', { node: owner.id, port }, [...level.nodePath(index), 'port']);
  });
  owner.outputs?.forEach((port, at) => {
    const found = leaving.get(port.name);
    if (found === undefined) {
      findings.add('melody.bodyOutput', { port: port.name, node: owner.id }, [...path, 'outputs', at]);
      return;
    }
    const inner = parsePortType(found.type);
    const given = owner.kind === 'map' && inner !== undefined ? listOf(inner) : inner;
    const args = { from: `${found.id} in the body`, to: `${owner.id}.${port.name}` };
    compare(given, parsePortType(port.type), args, [...path, 'outputs', at, 'type'], rules);
  });
}

/** Only in a body is there a port to stand for. */
function tellPorts(level: Level, { findings }: Rules): void {
  level.nodes.forEach((node, index) => {
    if ((node?.kind === 'input' || node?.kind === 'output') && node.port !== undefined)
      findings.add('melody.bodyNone', { node: node.id, port: node.port }, [...level.nodePath(index), 'port']);
  });
}

/** What the inputs of a body may be named, and their types. */
function enteringTypes(
  owner: Owner,
  path: Level['path'],
  rules: Rules,
): ReadonlyMap<string, PortType | undefined> {
  const types = new Map((owner.inputs ?? []).map(({ name, type }) => [name, parsePortType(type)]));
  if (owner.kind === 'loop') return types;
  const list = types.get(owner.over);
  const item =
    list?.base === 'list' ? list.inner : list?.base === 'any' || list?.base === 'json' ? anyType : undefined;
  if (item === undefined && (list !== undefined || !types.has(owner.over))) {
    const actual = list === undefined ? 'no input port of it' : `of the type ${list.text}`;
    rules.findings.add('melody.mapOver', { node: owner.id, over: owner.over, actual }, [...path, 'over']);
  }
  return types.set('item', item).set('index', parsePortType('number'));
}

function compare(
  actual: PortType | undefined,
  expected: PortType | undefined,
  ends: { readonly from: string; readonly to: string },
  path: Level['path'],
  { findings, options }: Rules,
): void {
  if (options.ignoreTypes === true || actual === undefined || expected === undefined) return;
  if (fits(actual, expected) === 'no')
    findings.add('melody.typeMismatch', { ...ends, expected: expected.text, actual: actual.text }, path);
}
