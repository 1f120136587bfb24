import * as z from 'zod/mini';
import { intBetween, textBetween, textUpTo } from '../wire/common';

/**
 * A workflow as the engine runs it: nodes that do something and the order they wait in. Version 0 of
 * the format, without a promise; it is recorded in the journal with the run it belongs to.
 */
export const workflowNode = z.object({
  /** Unique within the workflow, for example `agent:03-01`. */
  id: textBetween(1, 200),
  /** Chooses the performer, for example `agent`, `verify`, `merge`, `offer`. */
  kind: textBetween(1, 60),
  /** What a person reads on the board. */
  title: textUpTo(300),
  /** Ids of nodes that must have completed first. */
  after: z.array(z.string()),
  /** At most `limits[resource]` nodes of one resource run at once. */
  resource: textUpTo(60),
  /** Given to the performer as it stands. */
  params: z.json(),
  /** Tries after the first before the node counts as failed; a problem marked final is not retried. */
  retries: intBetween(0, 20),
});

export const workflow = z.object({
  version: z.literal(0),
  title: textUpTo(300),
  nodes: z.array(workflowNode).check(z.maxLength(10_000)),
  /** Bounded parallelism by resource class; an absent class is unbounded. */
  limits: z.record(z.string(), intBetween(1, 1000)),
});

export type WorkflowNode = z.infer<typeof workflowNode>;
export type Workflow = z.infer<typeof workflow>;
