import * as z from 'zod';
import { problem, type Json } from '../../base';
import type { NodeContext } from '../../engine/ports';
import type { Commit } from '../../git';
import { runFacts, type RunFacts } from '../facts';

/** A state of all files as a value that flows: a commit of the private repository and its tree. */
export const treeValue = z.object({ commit: z.string(), tree: z.string() });

/** The facts of the node's run. */
export const factsOf = (node: NodeContext): RunFacts => runFacts.parse(node.facts);

/** The tree that arrived at an input; the run's base where none did. Throws `node.input`. */
export function treeOf(node: NodeContext, port = 'tree'): Commit {
  const given = node.inputs[port];
  if (given === undefined || given === null) return factsOf(node).base;
  return fitting(node, port, treeValue, 'a tree as nodes that work on files give it');
}

/** Texts that arrived at an input, alone or in a list; none where nothing did. Throws `node.input`. */
export function textsOf(node: NodeContext, port: string): readonly string[] {
  const given = node.inputs[port];
  if (given === undefined || given === null) return [];
  const texts = fitting(node, port, z.union([z.string(), z.array(z.string())]), 'a text or a list of texts');
  return typeof texts === 'string' ? [texts] : texts;
}

/** The value of an input as a schema reads it. Throws `node.input`. */
export function fitting<S extends z.ZodType>(
  node: NodeContext,
  port: string,
  schema: S,
  expected: string,
): z.infer<S> {
  const parsed = schema.safeParse(node.inputs[port]);
  if (parsed.success) return parsed.data;
  throw problem('node.input', { node: node.node, port, expected });
}

/** The config of an operator, read by its schema; what is unknown is refused. Throws `node.config`. */
export function configOf<S extends z.ZodType>(node: NodeContext, schema: S): z.infer<S> {
  const { outputPorts: _, ...config } = (node.params ?? {}) as Record<string, Json>;
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue!.path.map(String).join('.');
  throw problem('node.config', {
    node: node.node,
    detail: place === '' ? issue!.message : `${place}: ${issue!.message}`,
  });
}
