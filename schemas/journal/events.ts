import * as z from 'zod/mini';
import { problemSchema, question, spending } from './question';
import { workflow } from './workflow';

export { problemSchema, question, spending, type Question, type Spending } from './question';

/** A conditional edge that was found false: the node after, and the edge's index among that node's edges. */
const closedEdge = z.object({ node: z.string(), edge: z.int() });

/**
 * What can happen to a run, in the past tense. State is a fold of these and nothing else.
 * Version 1 adds members and fields to version 0 and changes none, so both are read as they stand.
 */
export const runEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('RunCreated'),
    title: z.string(),
    /** `phase` executes a phase of the plan, `ask` changes what a person pointed at. */
    kind: z.enum(['phase', 'ask', 'melody']),
    workflow,
    /** Facts of the run its performers need: base commit, model, limits, approvals. */
    facts: z.record(z.string(), z.json()),
    /** Values of the workflow's inputs by node id. */
    inputs: z.optional(z.record(z.string(), z.json())),
    /** The run this one was forked from, and the nodes it does again. */
    forkedFrom: z.optional(z.object({ run: z.string(), nodes: z.array(z.string()) })),
    /** What started it, where it was not a person. */
    trigger: z.optional(z.object({ id: z.string(), on: z.string(), melody: z.optional(z.string()) })),
  }),
  /** A sidecar took the run over, at its creation and after each restart. */
  z.object({ type: z.literal('RunOwned'), epoch: z.string() }),
  z.object({
    type: z.literal('NodeStarted'),
    node: z.string(),
    attempt: z.int(),
    /** SHA-256 over params and what came from the nodes before; absent where it was not needed. */
    inputHash: z.optional(z.string()),
    /** What the attempt may consume at most; absent: nothing bounds it. */
    grant: z.optional(spending),
    /** For a group that goes through a list: its length. */
    items: z.optional(z.int()),
  }),
  /** A step inside a node has an outcome that is never computed again. Large outcomes are `{blob: sha256}`. */
  z.object({
    type: z.literal('StepRecorded'),
    node: z.string(),
    attempt: z.int(),
    key: z.string(),
    outcome: z.json(),
    spent: z.optional(spending),
  }),
  z.object({
    type: z.literal('NodeCompleted'),
    node: z.string(),
    attempt: z.int(),
    output: z.json(),
    closed: z.optional(z.array(closedEdge)),
  }),
  z.object({
    type: z.literal('NodeFailed'),
    node: z.string(),
    attempt: z.int(),
    problem: problemSchema,
    final: z.boolean(),
    /** Something takes its place: the next event of the node says what. */
    handled: z.optional(z.boolean()),
    /** How the next try is to differ from this one; absent: not at all. */
    variation: z.optional(z.string()),
    /** How long to pause before it, in milliseconds. */
    pauseMs: z.optional(z.number()),
  }),
  /** The outcome of equal work on equal inputs was taken over instead of working again. */
  z.object({
    type: z.literal('NodeReused'),
    node: z.string(),
    output: z.json(),
    /** Where it comes from: this run, or the one it was forked from. */
    from: z.object({ run: z.string(), attempt: z.int() }),
    inputHash: z.optional(z.string()),
    closed: z.optional(z.array(closedEdge)),
  }),
  /** A node was passed over; `output` is what takes the place of its outputs. */
  z.object({
    type: z.literal('NodeSkipped'),
    node: z.string(),
    reason: z.enum(['closed', 'disabled', 'person', 'policy']),
    output: z.optional(z.json()),
  }),
  /** The stated value took the place of a node that failed for good. */
  z.object({
    type: z.literal('NodeSubstituted'),
    node: z.string(),
    output: z.json(),
    closed: z.optional(z.array(closedEdge)),
  }),
  /** A standby node was called to take the place of `by`, or to undo it. */
  z.object({
    type: z.literal('StandbyCalled'),
    node: z.string(),
    by: z.string(),
    as: z.enum(['fallback', 'compensation']),
  }),
  /** One round of a group's body begins, from 1; for a map, one item of its list. */
  z.object({
    type: z.literal('RoundBegun'),
    node: z.string(),
    round: z.int(),
    inputs: z.record(z.string(), z.json()),
  }),
  /** A person changed the params of a node that has not started. */
  z.object({ type: z.literal('NodeEdited'), node: z.string(), params: z.json() }),
  /** These nodes and all after them are to be done again; what they did before stays on record. */
  z.object({
    type: z.literal('GenerationBegun'),
    generation: z.int(),
    nodes: z.array(z.string()),
    reason: z.optional(z.string()),
  }),
  z.object({ type: z.literal('QuestionAsked'), node: z.string(), question }),
  z.object({
    type: z.literal('QuestionAnswered'),
    question: z.string(),
    answer: z.string(),
    note: z.optional(z.string()),
    /** What a question of kind `input` asked for. */
    value: z.optional(z.json()),
  }),
  /** A person asks for a failed node to be tried again (version 0; generations since). */
  z.object({ type: z.literal('NodeRetried'), node: z.string() }),
  /** The run must end for this reason: nothing more starts, what is at work is stopped. */
  z.object({ type: z.literal('RunStopping'), problem: problemSchema }),
  z.object({ type: z.literal('RunPaused'), reason: z.optional(z.string()) }),
  z.object({ type: z.literal('RunResumed'), reason: z.optional(z.string()) }),
  z.object({ type: z.literal('RunCancelRequested'), reason: z.string() }),
  z.object({
    type: z.literal('RunCompleted'),
    /** Values of the workflow's outputs by node id. */
    outputs: z.optional(z.record(z.string(), z.json())),
  }),
  z.object({ type: z.literal('RunFailed'), problem: problemSchema }),
  z.object({ type: z.literal('RunCancelled') }),
  /** A person decided on one file of a changeset; `written` is the sha-256 of what the tree holds since. */
  z.object({
    type: z.literal('FileDecided'),
    changeset: z.string(),
    path: z.string(),
    decision: z.enum(['accepted', 'rejected']),
    written: z.nullable(z.string()),
  }),
]);

export type RunEvent = z.infer<typeof runEvent>;
export type RunEventType = RunEvent['type'];
export type EventOf<T extends RunEventType> = Extract<RunEvent, { type: T }>;

/** An event with its place: `position` counts over the whole journal, `seq` within its run. */
export const recordedEvent = z.object({
  position: z.int(),
  run: z.string(),
  seq: z.int(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  event: runEvent,
});
export type RecordedEvent = z.infer<typeof recordedEvent>;
