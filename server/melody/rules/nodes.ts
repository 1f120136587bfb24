import type { Json } from '../../base';
import type { MelodyNode } from '../../../schemas/melody';
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
  const { findings } = rules;
  const twice = (names: readonly string[], where: (index: number) => Path) => {
    if (names.length < 2) return;
    const seen = new Set<string>();
    names.forEach((port, index) => {
      if (seen.has(port)) findings.add('melody.portTwice', { node: node.id, port }, where(index));
      seen.add(port);
    });
  };
  const typed = (type: string, value: Json | undefined, what: string, at: Path) => {
    const known = parsePortType(type);
    if (known === undefined) findings.add('melody.typeUnknown', { type }, [...at, 'type']);
    else if (value !== undefined && rules.options.ignoreTypes !== true && !valueFits(value, known)) {
      const args = { what, node: node.id, expected: known.text, actual: kindOfValue(value) };
      findings.add('melody.valueMisfit', args, [...at, 'default']);
    }
  };
  if (node.kind === 'input') return typed(node.type, node.default, 'the default', path);
  if (node.kind === 'output') return typed(node.type, undefined, '', path);
  node.inputs?.forEach((port, at) =>
    typed(port.type, port.default, `the default of “${port.name}”`, [...path, 'inputs', at]),
  );
  twice(node.inputs?.map(({ name }) => name) ?? [], (at) => [...path, 'inputs', at, 'name']);
  if (node.kind === 'branch') {
    const ways = [
      ...node.cases.map(({ port }) => port),
      ...(node.otherwise === undefined ? [] : [node.otherwise]),
    ];
    twice(ways, (at) => (at < node.cases.length ? [...path, 'cases', at, 'port'] : [...path, 'otherwise']));
  }
  if (!('outputs' in node)) return;
  node.outputs?.forEach((port, at) => typed(port.type, undefined, '', [...path, 'outputs', at]));
  twice(node.outputs?.map(({ name }) => name) ?? [], (at) => [...path, 'outputs', at, 'name']);
}
