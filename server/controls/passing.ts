import { mergeParams, outputParams, passingParams, type PassingParams } from '../../schemas/journal/controls';
import { problem, type Json } from '../base';
import type { NodeContext, Performer } from '../engine';
import { checkValue } from '../melody';
import { arrived, paramsOf } from './params';

type Values = Readonly<Record<string, Json>>;

/**
 * Join and parallel: what came in goes out under its name. An output of another name carries the first value, or the
 * list of all where it can hold one.
 */
export const passingPerformer: Performer = reusable(async (ctx) =>
  sideBySide(ctx.inputs, paramsOf(ctx, passingParams)),
);

/** Merge: the engine waited for the first way or for all; every output carries the first value, or all pass. */
export const mergePerformer: Performer = reusable(async (ctx) => {
  const { take, ...ports } = paramsOf(ctx, mergeParams);
  if (take === 'all') return sideBySide(ctx.inputs, ports);
  const [first] = valuesOf(ctx.inputs, ports);
  return first === undefined ? {} : Object.fromEntries(ports.outputs.map((port) => [port, first]));
});

/** Output: the value leaves the level it is in. */
export const outputPerformer: Performer = reusable(async (ctx) => {
  const { value } = ctx.inputs;
  if (value === undefined) return {};
  fitting(ctx, 'value', paramsOf(ctx, outputParams).type, value);
  return { value };
});

/** Throws `workflow.valueMisfit` where a value is not of the type its port states. */
export function fitting(ctx: NodeContext, port: string, type: string, value: Json): Json {
  const misfit = checkValue(type, value);
  if (misfit !== undefined) throw problem('workflow.valueMisfit', { node: ctx.node, port, ...misfit });
  return value;
}

function sideBySide(inputs: Values, ports: PassingParams): Json {
  const values = valuesOf(inputs, ports);
  const others = ports.outputs.flatMap((port): readonly (readonly [string, Json])[] => {
    // A port named like an input whose way is closed is closed as well.
    if (ports.order?.includes(port) === true) return [];
    if (ports.gathers?.includes(port) === true) return [[port, values]];
    return values[0] === undefined ? [] : [[port, values[0]]];
  });
  return Object.fromEntries([...Object.entries(inputs), ...others]);
}

/** All values that arrived, in the order of the inputs. */
function valuesOf(inputs: Values, { order, collected }: PassingParams): readonly Json[] {
  return (order ?? []).flatMap((name) => {
    const value = arrived(inputs, name);
    if (value === undefined) return [];
    return collected?.includes(name) === true && Array.isArray(value) ? (value as readonly Json[]) : [value];
  });
}

function reusable(perform: Performer): Performer {
  return Object.assign(perform, { reusable: true });
}
