import type { EventOf } from '../../schemas/journal/events';
import { groupPort } from '../../schemas/journal/controls';
import { problem, type Json } from '../base';
import type { FoldedRun } from './fold';
import type { NodeRecord } from './node';
import type { Expressions } from './ports';
import { inputsOf, outputsOf } from './values';

type Values = Readonly<Record<string, Json>>;

/** The next step of a group at work: a round begins, or it ends with these outputs. */
export type GroupStep = { readonly round: EventOf<'RoundBegun'> } | { readonly output: Json };

/** The length of the list a group goes through; undefined for loops. Throws `run.notAList`. */
export function itemsOf(run: FoldedRun, node: NodeRecord, expressions: Expressions): number | undefined {
  const { mode, over } = node.definition.body!;
  if (mode !== 'map') return undefined;
  const list = inputsOf(run, node, expressions)[over ?? 'items'];
  if (!Array.isArray(list)) throw problem('run.notAList', { node: node.id, input: over ?? 'items' });
  return list.length;
}

/** What a group that is due does next. Throws what conditions and transforms throw. */
export function nextStep(run: FoldedRun, node: NodeRecord, expressions: Expressions): GroupStep {
  const { body } = node.definition;
  const begun = node.rounds.length - node.group!.first;
  if (body!.mode === 'map') {
    if (begun === node.group!.items) return { output: collected(node) };
    // The list itself stays outside: a copy of it in every round would grow with its square.
    const { [body!.over ?? 'items']: list, ...others } = inputsOf(run, node, expressions);
    return begin(node, { ...others, item: (list as readonly Json[])[begun]!, index: begun });
  }
  if (begun === 0) return begin(node, inputsOf(run, node, expressions));
  const last = node.rounds.at(-1)!;
  const outputs = outputsOf(last);
  if (body!.mode === 'once' || !goesOn(node, begun, last.inputs, outputs, expressions))
    return { output: outputs };
  const again = Object.entries(outputs).filter(([name]) => Object.hasOwn(last.inputs, name));
  return begin(node, { ...last.inputs, ...Object.fromEntries(again) });
}

function goesOn(
  node: NodeRecord,
  iteration: number,
  inputs: Values,
  outputs: Values,
  expressions: Expressions,
): boolean {
  const { while: whilst, until, most = 1 } = node.definition.body!;
  const values = { inputs, outputs, iteration };
  if (iteration >= most) return false;
  if (whilst !== undefined && !expressions.condition('loop', whilst, values)) return false;
  return until === undefined || !expressions.condition('loop', until, values);
}

const begin = (node: NodeRecord, inputs: Values): GroupStep => ({
  round: { type: 'RoundBegun', node: node.id, round: node.rounds.length + 1, inputs: inputs as never },
});

/** Each output as the list of its values, one for every item; null where a round gave none. */
function collected(node: NodeRecord): Json {
  const rounds = node.rounds.slice(node.group!.first).map(outputsOf);
  const ports = node.definition.body!.nodes.filter(({ kind }) => kind === 'output').map(groupPort);
  const valueOf = (outputs: Values, port: string) => (Object.hasOwn(outputs, port) ? outputs[port]! : null);
  return Object.fromEntries(ports.map((port) => [port, rounds.map((outputs) => valueOf(outputs, port))]));
}
