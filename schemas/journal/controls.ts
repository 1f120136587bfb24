import * as z from 'zod/mini';
import type { NodeKind } from '../melody/node';

/**
 * The kind of workflow node that each kind of Melody node becomes; an operator becomes the kind it names.
 * Merge and join have names of their own, because `merge` and `join` are operators of the main job.
 */
export const workflowKinds = {
  instrument: 'instrument',
  branch: 'branch',
  merge: 'mergeWays',
  join: 'joinWays',
  parallel: 'parallel',
  approval: 'approval',
  wait: 'wait',
  input: 'input',
  output: 'output',
  loop: 'group',
  map: 'group',
  subworkflow: 'group',
} as const satisfies Record<Exclude<NodeKind, 'operator'>, string>;

/** Names of output ports, in their order. */
const ports = z.array(z.string());

/** What a branch decides by; the open output carries the value of the input `carries`. */
export const branchParams = z.object({
  cases: z.array(z.object({ port: z.string(), when: z.string() })),
  otherwise: z.optional(z.string()),
  carries: z.optional(z.string()),
});

/** How values pass through a node that makes none itself. */
export const passingParams = z.object({
  outputs: ports,
  /** Outputs that collect the values of all inputs in a list, unless an input has their name. */
  gathers: z.optional(ports),
  /** Inputs that are collected already: their items count as values. */
  collected: z.optional(ports),
  /** The inputs in their order: whose value is the first. */
  order: z.optional(ports),
});
/** `first`: every output carries the first value; `all`: the values pass side by side. */
export const mergeParams = z.object({ take: z.enum(['first', 'all']), ...passingParams.shape });

export const approvalParams = z.object({
  prompt: z.string(),
  choices: z.optional(z.array(z.string()).check(z.minLength(1))),
});

export const waitParams = z.object({
  minutes: z.optional(z.number()),
  /** A moment in ISO 8601. */
  until: z.optional(z.string()),
});

export const inputParams = z.object({
  type: z.string(),
  default: z.optional(z.json()),
  /** A person is asked when no value is given; without it, no value comes out. */
  asks: z.optional(z.boolean()),
  /** In a body: the port of the group it stands for, where its id is another. */
  port: z.optional(z.string()),
});

export const outputParams = z.object({ type: z.string(), port: z.optional(z.string()) });

/** The port of the group that an input or output node in its body stands for: its id, unless it names another. */
export function groupPort({ id, params }: { readonly id: string; readonly params: unknown }): string {
  const port = typeof params === 'object' && params !== null && 'port' in params ? params.port : undefined;
  return typeof port === 'string' ? port : id;
}

/** Params of an instrument: a model at work. `outputs` are the ports it gives values for. */
export const instrumentParams = z.object({
  model: z.string(),
  modelVersion: z.optional(z.string()),
  config: z.record(z.string(), z.json()),
  outputs: ports,
});

/**
 * The key of an operator's params that names its output ports; absent where it has none. The rest of its params is
 * its config, or the key `config` where that is no object.
 */
export const outputPortsKey = 'outputPorts';

export type BranchParams = z.infer<typeof branchParams>;
export type PassingParams = z.infer<typeof passingParams>;
export type InstrumentParams = z.infer<typeof instrumentParams>;
