import type { EventOf } from '../../schemas/journal/events';
import { stableStringify, type Json } from '../base';
import type { FoldedRun } from './fold';
import type { NodeRecord, Scope } from './node';
import type { Expressions } from './ports';
import { valueAt } from './readiness';

type Values = Readonly<Record<string, Json>>;

/**
 * What arrives at a node's inputs, by name. A fallback is given the inputs of the node it stands in for, a
 * compensation the outputs of the node it undoes, an `input` node the value from outside its level.
 * Throws what a transform throws.
 */
export function inputsOf(run: FoldedRun, node: NodeRecord, expressions: Expressions): Values {
  if (node.calledBy?.as === 'fallback') return inputsOf(run, node.calledBy.node, expressions);
  if (node.calledBy) return asObject(node.calledBy.node.output);
  const { definition, scope } = node;
  if (definition.kind === 'input') {
    const outside = scope.group ? scope.inputs : run.inputs;
    return Object.hasOwn(outside, definition.id) ? { value: outside[definition.id]! } : {};
  }
  if (!definition.edges && !definition.inputs) return {};
  const values: Record<string, Json> = {};
  const lists = new Map<string, Json[]>();
  for (const { name, many } of definition.inputs ?? []) if (many) lists.set(name, []);
  definition.edges?.forEach(({ from, port, to, transform }, edge) => {
    if (port === undefined || to === undefined || node.shut?.has(edge)) return;
    const before = scope.records[scope.level.index.get(from)!]!;
    const value = before.settled ? valueAt(before.output, port) : undefined;
    if (value === undefined) return;
    const arrived = transform ? expressions.transform(transform, value) : value;
    const list = lists.get(to);
    if (list) list.push(arrived);
    else values[to] ??= arrived;
  });
  for (const { name, default: fallback } of definition.inputs ?? []) {
    const list = lists.get(name);
    if (list && list.length > 0) values[name] = list;
    else if (values[name] === undefined && fallback !== undefined) values[name] = fallback as Json;
  }
  return values;
}

/** The conditions that an outcome makes false, as the journal records them. Throws what a condition throws. */
export function closedBy(
  node: NodeRecord,
  output: Json,
  expressions: Expressions,
): NonNullable<EventOf<'NodeCompleted'>['closed']> | undefined {
  const doing = node.calledBy?.as === 'fallback' ? node.calledBy.node : node;
  const { level, records } = doing.scope;
  let closed: NonNullable<EventOf<'NodeCompleted'>['closed']> | undefined;
  for (const { to, edge } of level.waysOut(doing.index)) {
    const when = edge < 0 ? undefined : level.nodes[to]!.edges![edge]!.when;
    if (when === undefined || expressions.condition('edge', when, { outputs: asObject(output) })) continue;
    (closed ??= []).push({ node: records[to]!.id, edge });
  }
  return closed;
}

/** What equal work on equal inputs has in common, as text to be hashed. */
export function inputText(run: FoldedRun, node: NodeRecord, expressions: Expressions): string {
  const { scope, definition } = node;
  const before = definition.after.map((id) => scope.records[scope.level.index.get(id)!]!.output ?? null);
  return stableStringify({
    kind: definition.kind,
    params: node.params,
    inputs: inputsOf(run, node, expressions),
    before,
  });
}

/** The values of the `output` nodes of a level, by their ids; those that were passed over are absent. */
export function outputsOf({ level, records }: Scope): Record<string, Json> {
  const outputs: Record<string, Json> = {};
  level.nodes.forEach(({ kind, id }, i) => {
    const value = kind === 'output' ? valueAt(records[i]!.output, 'value') : undefined;
    if (value !== undefined) outputs[id] = value;
  });
  return outputs;
}

export const asObject = (value: Json | undefined): Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
