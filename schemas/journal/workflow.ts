import * as z from 'zod/mini';
import { expression, transform } from '../melody/edge';
import { budget, retry, timeoutMinutes } from '../melody/policy';
import { intBetween, textBetween, textUpTo } from '../wire/common';

/**
 * A workflow as the engine runs it, recorded in the journal with the run it belongs to. Melodies and
 * templates are compiled to it. Version 1 adds values, conditions, bodies and policies to version 0;
 * a workflow of version 0 is one of version 1 that uses none of them.
 */
export const workflowVersion = 1;

/** A node of the same level that comes before, and what flows from it. */
export const workflowEdge = z.object({
  from: z.string(),
  /** The output whose value flows; absent: order alone. A value that did not come out closes the edge. */
  port: z.optional(z.string()),
  /** The input it flows into. */
  to: z.optional(z.string()),
  transform: z.optional(transform),
  /** Over `outputs` of the node before; false closes the edge. */
  when: z.optional(expression()),
});

export const workflowInput = z.object({
  name: z.string(),
  /** Whether the node is passed over when no value arrives. */
  required: z.boolean(),
  /** The value when no edge brings one. */
  default: z.optional(z.json()),
  /** Collects the values of all edges in a list. Without it, of several edges the first open one brings the value. */
  many: z.optional(z.boolean()),
  /** The port type a value must have when it arrives, where only the value can tell; absent: any value does. */
  type: z.optional(z.string()),
});

/** What takes the place of a node that failed for good. */
export const substitute = z.object({
  /** A standby node of the same level, given the failed node's inputs. */
  node: z.optional(z.string()),
  /** Outputs to go on with. */
  value: z.optional(z.json()),
});

const nodeShape = {
  /** Unique within its level, for example `agent:03-01`. */
  id: textBetween(1, 200),
  /** Chooses the performer, for example `agent`, `verify`, `merge`, `offer`; `group` has a body instead. */
  kind: textBetween(1, 100),
  /** What a person reads on the board. */
  title: textUpTo(300),
  /** Ids of nodes that must have ended well first; order alone. */
  after: z.array(z.string()),
  /** At most `limits[resource]` nodes of one resource run at once; a group has none, its nodes have. */
  resource: textUpTo(60),
  /** Given to the performer as it stands. */
  params: z.json(),
  /** Tries after the first before the node counts as failed; a problem marked final is not retried. */
  retries: intBetween(0, 20),
  /** Nodes before it that pass values or conditions on. */
  edges: z.optional(z.array(workflowEdge)),
  /** Every one must be open (default), or this many; the others may be closed. */
  needs: z.optional(z.union([z.literal('all'), z.literal('any'), intBetween(1, 10_000)])),
  /** Goes on as soon as enough are open, without waiting for the rest (default false). */
  eager: z.optional(z.boolean()),
  inputs: z.optional(z.array(workflowInput)),
  /** Higher goes first when places are short; waiting makes up for it (default 0). */
  priority: z.optional(intBetween(-1000, 1000)),
  /** Pauses between tries; its `tries` overrides `retries`. */
  retry: z.optional(retry),
  /** One try may take this long, waiting for people not counted. */
  timeoutMinutes: z.optional(timeoutMinutes),
  fallback: z.optional(substitute),
  /** Failed for good it is passed over, with these outputs. */
  skip: z.optional(z.object({ default: z.optional(z.record(z.string(), z.json())) })),
  /** The standby node that undoes its effect when the run fails later. */
  compensate: z.optional(z.string()),
  budget: z.optional(budget),
  /** Passed over from the start. */
  disabled: z.optional(z.boolean()),
  /** Starts only as a fallback or compensation of another. */
  standby: z.optional(z.boolean()),
  /** How much the run depends on it, 0–100; decides what happens where no policy is stated. */
  criticality: z.optional(intBetween(0, 100)),
};

export interface WorkflowNode extends z.infer<z.ZodMiniObject<typeof nodeShape>> {
  /** Nodes inside a `group`. Inputs of the group come out of its `input` nodes, its outputs of `output` nodes; `groupPort` says which. */
  body?: WorkflowBody | undefined;
}

/** `once` runs the nodes once, `loop` again and again, `map` once per item of the list in the input `over`. */
export interface WorkflowBody {
  mode: 'once' | 'loop' | 'map';
  nodes: WorkflowNode[];
  /** Over `inputs`, `outputs`, `iteration`: goes round again if true. */
  while?: string | undefined;
  /** Over the same: ends if true. */
  until?: string | undefined;
  /** Goes round at most this often. */
  most?: number | undefined;
  over?: string | undefined;
  /** Items at work at once. */
  parallel?: number | undefined;
}

export const workflowBody: z.ZodMiniType<WorkflowBody> = z.lazy(() =>
  z.object({
    mode: z.enum(['once', 'loop', 'map']),
    nodes: z.array(workflowNode),
    while: z.optional(expression()),
    until: z.optional(expression()),
    most: z.optional(intBetween(1, 10_000)),
    over: z.optional(z.string()),
    parallel: z.optional(intBetween(1, 1000)),
  }),
);

export const workflowNode: z.ZodMiniType<WorkflowNode> = z.object({
  ...nodeShape,
  body: z.optional(workflowBody),
});

/** What holds for a whole run. */
export const workflowPolicy = z.object({
  /** After a node failed for good: start nothing more, go on with what does not need it, or undo. Default continue. */
  onFailure: z.optional(z.enum(['stop', 'continue', 'compensate'])),
  timeoutMinutes: z.optional(timeoutMinutes),
  budget: z.optional(budget),
});

export const workflow = z.object({
  version: z.union([z.literal(0), z.literal(workflowVersion)]),
  title: textUpTo(300),
  nodes: z.array(workflowNode).check(z.maxLength(100_000)),
  /** Bounded parallelism by resource class; an absent class is unbounded. `*` bounds all classes together. */
  limits: z.record(z.string(), intBetween(1, 1000)),
  policy: z.optional(workflowPolicy),
});

export type WorkflowEdge = z.infer<typeof workflowEdge>;
export type WorkflowInput = z.infer<typeof workflowInput>;
export type WorkflowPolicy = z.infer<typeof workflowPolicy>;
export type Workflow = z.infer<typeof workflow>;
