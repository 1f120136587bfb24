import type * as z from 'zod/mini';
import { problem, type Json } from '../base';
import type { NodeContext } from '../engine';

/** The params of a node as its kind declares them. A person may have edited them: throws `workflow.malformed`. */
export function paramsOf<T extends z.ZodMiniType>(ctx: NodeContext, schema: T): z.output<T> {
  const parsed = schema.safeParse(ctx.params);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const place = [ctx.node, 'params', ...path.map(String)].join('.');
  throw problem('workflow.malformed', { title: ctx.run, place, detail: message });
}

/** What arrived at an input; a port may have any name, even one every object has. */
export const arrived = (inputs: NodeContext['inputs'], port: string): Json | undefined =>
  Object.hasOwn(inputs, port) ? inputs[port] : undefined;
