import type { Json } from '../../base';
import type { InputPort, MelodyNode } from '../../../schemas/melody';
import type { Level } from '../level';
import { kindOfValue, parsePortType, valueFits } from '../portTypes';
import type { Path } from '../types';
import type { Rules } from '../validate';

/** What is wrong with nodes by themselves: ids and ports that stand twice, unknown types, values of another type. */
export function checkNodes(level: Level, rules: Rules): void {
  level.nodes.forEach((node, index) => {
    if (node === undefined) return;
    const path = level.nodePath(index);
    const first = level.byId.get(node.id)!;
    if (first !== index)
      rules.findings.add(
        'melody.idTwice',
        { id: node.id, first: rules.findings.where(level.nodePath(first)) },
        [...path, 'id'],
      );
    checkPorts(node, path, rules);
    if (node.kind === 'wait' && (node.minutes === undefined) === (node.until === undefined))
      rules.findings.add('melody.waitEither', { node: node.id }, path);
    if (node.kind === 'loop' && node.while !== undefined && node.until !== undefined)
      rules.findings.add('melody.loopEither', { node: node.id }, [...path, 'while'], { onKey: true });
    if (node.kind === 'subworkflow' && !isMelodyPath(node.melody))
      rules.findings.add('melody.path', { path: node.melody }, [...path, 'melody']);
  });
}

/** Forward slashes, not absolute, an ending that says what it is. Whether it climbs out is known when it is opened. */
export const isMelodyPath = (path: string): boolean =>
  path.endsWith('.melody.json') && !/^\/|^[A-Za-z]:|\\|\0/.test(path);

function checkPorts(node: MelodyNode, path: Path, rules: Rules): void {
  if (node.kind === 'input' || node.kind === 'output') {
    const value = node.kind === 'input' ? node.default : undefined;
    return checkType(node, node.type, value, '', () => path, rules);
  }
  if (node.inputs !== undefined) checkSide(node, node.inputs, 'inputs', path, rules);
  if ('outputs' in node && node.outputs !== undefined) checkSide(node, node.outputs, 'outputs', path, rules);
  if (node.kind !== 'branch') return;
  const ways = node.cases.map(({ port }) => port);
  ways.forEach((port, at) => {
    if (ways.indexOf(port) < at)
      rules.findings.add('melody.portTwice', { node: node.id, port }, [...path, 'cases', at, 'port']);
  });
  if (node.otherwise !== undefined && ways.includes(node.otherwise))
    rules.findings.add('melody.portTwice', { node: node.id, port: node.otherwise }, [...path, 'otherwise']);
}

function checkSide(
  node: MelodyNode,
  ports: readonly InputPort[],
  side: 'inputs' | 'outputs',
  path: Path,
  rules: Rules,
): void {
  const names = ports.length > 1 ? new Set<string>() : undefined;
  for (let at = 0; at < ports.length; at++) {
    const { name, type, default: value } = ports[at]!;
    if (names?.has(name) === true)
      rules.findings.add('melody.portTwice', { node: node.id, port: name }, [...path, side, at, 'name']);
    names?.add(name);
    if (parsePortType(type) === undefined || value !== undefined)
      checkType(node, type, value, ` of “${name}”`, () => [...path, side, at], rules);
  }
}

function checkType(
  node: MelodyNode,
  type: string,
  value: Json | undefined,
  whose: string,
  at: () => Path,
  { findings, options }: Rules,
): void {
  const known = parsePortType(type);
  if (known === undefined) return findings.add('melody.typeUnknown', { type }, [...at(), 'type']);
  if (value === undefined || options.ignoreTypes === true || valueFits(value, known)) return;
  const args = {
    what: `the default${whose}`,
    node: node.id,
    expected: known.text,
    actual: kindOfValue(value),
  };
  findings.add('melody.valueMisfit', args, [...at(), 'default']);
}
