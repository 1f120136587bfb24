import type { Json } from '../../base';
import type { InputPort, MelodyNode } from '../../../schemas/melody';
import type { Level } from '../level';
import { kindOfValue, parsePortType, valueFits } from '../portTypes';
import type { Path } from '../types';
import type { Rules } from '../validate';

/** What is wrong with nodes by themselves: ids and ports that stand twice, unknown types, values of another type. */
export function checkNodes(level: Level, rules: Rules): void {
  const { findings } = rules;
  level.nodes.forEach((node, index) => {
    if (node === undefined) return;
    const path = (): Path => level.nodePath(index);
    const first = level.byId.get(node.id)!;
    if (first !== index) {
      const where = findings.where(level.nodePath(first));
      findings.add('melody.idTwice', { id: node.id, first: where }, [...path(), 'id']);
    }
    checkPorts(level, index, node, rules);
    if (node.kind === 'wait' && (node.minutes === undefined) === (node.until === undefined))
      findings.add('melody.waitEither', { node: node.id }, path());
    if (node.kind === 'loop' && node.while !== undefined && node.until !== undefined)
      findings.add('melody.loopEither', { node: node.id }, [...path(), 'while'], { onKey: true });
    if (node.kind === 'subworkflow' && !isMelodyPath(node.melody))
      findings.add('melody.path', { path: node.melody }, [...path(), 'melody']);
  });
}

/** Forward slashes, not absolute, an ending that says what it is. Whether it climbs out is known when it is opened. */
export const isMelodyPath = (path: string): boolean =>
  path.endsWith('.melody.json') && !/^\/|^[A-Za-z]:|\\|\0/.test(path);

function checkPorts(level: Level, index: number, node: MelodyNode, rules: Rules): void {
  if (node.kind === 'input' || node.kind === 'output') {
    const value = node.kind === 'input' ? node.default : undefined;
    return checkType(node, node.type, value, '', () => level.nodePath(index), rules);
  }
  // Of two ports of one name a node has one: fewer ports than are declared mean that a name stands twice.
  const { inputs, outputs } = level.ports(index)!;
  if (node.inputs !== undefined) {
    checkTypes(level, index, node, node.inputs, 'inputs', rules);
    if (inputs.all.length < node.inputs.length) tellTwice(level, index, node.inputs, 'inputs', rules);
  }
  if ('outputs' in node && node.outputs !== undefined) {
    checkTypes(level, index, node, node.outputs, 'outputs', rules);
    if (outputs.all.length < node.outputs.length) tellTwice(level, index, node.outputs, 'outputs', rules);
  }
  if (node.kind !== 'branch') return;
  const ways = node.cases.map(({ port }) => ({ name: port }));
  tellTwice(level, index, ways, 'cases', rules);
  if (node.otherwise !== undefined && ways.some(({ name }) => name === node.otherwise)) {
    const args = { node: node.id, port: node.otherwise };
    rules.findings.add('melody.portTwice', args, [...level.nodePath(index), 'otherwise']);
  }
}

function checkTypes(
  level: Level,
  index: number,
  node: MelodyNode,
  ports: readonly InputPort[],
  side: 'inputs' | 'outputs',
  rules: Rules,
): void {
  for (let at = 0; at < ports.length; at++) {
    const { name, type, default: value } = ports[at]!;
    if (parsePortType(type) === undefined || value !== undefined)
      checkType(node, type, value, ` of “${name}”`, () => [...level.nodePath(index), side, at], rules);
  }
}

function tellTwice(
  level: Level,
  index: number,
  ports: readonly { readonly name: string }[],
  side: 'inputs' | 'outputs' | 'cases',
  { findings }: Rules,
): void {
  const seen = new Set<string>();
  ports.forEach(({ name }, at) => {
    const path: Path = [...level.nodePath(index), side, at, side === 'cases' ? 'port' : 'name'];
    if (seen.has(name)) findings.add('melody.portTwice', { node: level.nameOf(index), port: name }, path);
    seen.add(name);
  });
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
