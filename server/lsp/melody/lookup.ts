import { getNodeValue } from 'jsonc-parser';
import { nodeKinds, type MelodyNode } from '../../../schemas/melody';
import type { MelodyEnd, MelodyItem, MelodySource } from './source';

/** The edge end or policy node whose name or port an offset is on. */
export function endAt(source: MelodySource, offset: number): MelodyEnd | undefined {
  return source.ends.find(
    ({ start, end, port }) => start <= offset && offset <= end + (port === undefined ? 0 : port.length + 1),
  );
}

/** The innermost node of a Melody around an offset. */
export function itemAt(source: MelodySource, offset: number): MelodyItem | undefined {
  return source.items
    .filter(({ tree }) => tree.offset <= offset && offset <= tree.offset + tree.length)
    .sort((a, b) => a.tree.length - b.tree.length)[0];
}

/** A node by its value, as far as its ports can be told; undefined where it is too broken for that. */
export function nodeOf(source: MelodySource, item: MelodyItem): MelodyNode | undefined {
  if (!(item.kind in nodeKinds)) return undefined;
  if (source.read.melody === undefined && !hasSoundPorts(item)) return undefined;
  return getNodeValue(item.tree) as MelodyNode;
}

/** Whether the parts from which ports are read are lists of objects with names and types. */
function hasSoundPorts({ tree, kind }: MelodyItem): boolean {
  const value = getNodeValue(tree) as Record<string, unknown>;
  const isList = (key: string, fields: readonly string[]): boolean =>
    value[key] === undefined ||
    (Array.isArray(value[key]) &&
      value[key].every(
        (one: unknown) =>
          typeof one === 'object' &&
          one !== null &&
          fields.every((field) => typeof (one as Record<string, unknown>)[field] === 'string'),
      ));
  if (
    !isList('inputs', ['name', 'type']) ||
    !isList('outputs', ['name', 'type']) ||
    !isList('cases', ['port'])
  )
    return false;
  if (kind === 'input' || kind === 'output') return typeof value['type'] === 'string';
  return kind !== 'branch' || Array.isArray(value['cases']);
}
