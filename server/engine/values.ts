import type { EventOf } from '../../schemas/journal/events';
import { groupPort } from '../../schemas/journal/controls';
import { problem, stableStringify, type Json } from '../base';
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
    const name = scope.group ? groupPort(definition) : definition.id;
    const outside = scope.group ? aroundOf(run, scope, name, expressions) : run.inputs;
    return Object.hasOwn(outside, name) ? { value: outside[name]! } : {};
  }
  if (!definition.edges && !definition.inputs) return {};
  // Ports may have names that every object has: only what arrived is there.
  const values = new Map<string, Json>();
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
    else if (!values.has(to)) values.set(to, arrived);
  });
  for (const { name, type, default: fallback } of definition.inputs ?? []) {
    const list = lists.get(name);
    if (list && list.length > 0) values.set(name, list);
    else if (!values.has(name) && fallback !== undefined) values.set(name, fallback as Json);
    const value = type === undefined ? undefined : values.get(name);
    const misfit = value === undefined ? undefined : expressions.misfit(type!, value);
    if (misfit) throw problem('workflow.valueMisfit', { node: node.id, port: name, ...misfit });
  }
  return Object.fromEntries(values);
}

/** What a round was given; the list of a map, which is not copied into its rounds, comes from the map itself. */
function aroundOf(run: FoldedRun, { group, inputs }: Scope, port: string, expressions: Expressions): Values {
  const { mode, over } = group!.definition.body!;
  return mode === 'map' && over === port ? inputsOf(run, group!, expressions) : inputs;
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

/** The values of the `output` nodes of a level, by the ports they stand for; those that were passed over are absent. */
export function outputsOf({ level, records, group }: Scope): Record<string, Json> {
  return Object.fromEntries(
    level.nodes.flatMap((definition, i): readonly (readonly [string, Json])[] => {
      const value = definition.kind === 'output' ? valueAt(records[i]!.output, 'value') : undefined;
      return value === undefined ? [] : [[group ? groupPort(definition) : definition.id, value]];
    }),
  );
}

export const asObject = (value: Json | undefined): Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
