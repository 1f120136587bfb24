import * as z from 'zod/mini';
import { workflow } from './workflow';
import { codes, type Code } from '../codes';

/** A problem as recorded and sent: a code of the table and its arguments. */
export const problemSchema = z.object({
  code: z.enum(Object.keys(codes) as [Code, ...Code[]]),
  args: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** What a run asks a person; it waits until one of `choices` is answered. */
export const question = z.object({
  id: z.string(),
  /** Decides how a front end shows it. */
  kind: z.enum(['approveCommand', 'mergeConflict', 'retryNode', 'decision']),
  problem: problemSchema,
  /** Facts to show beside the sentence: the command, the files, the output's tail. */
  facts: z.record(z.string(), z.json()),
  choices: z.array(z.string()).check(z.minLength(1)),
});

/**
 * What can happen to a run, in the past tense. State is a fold of these and nothing else.
 * Format version 0: the full engine begins version 1.
 */
export const runEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('RunCreated'),
    title: z.string(),
    /** `phase` executes a phase of the plan, `ask` changes what a person pointed at. */
    kind: z.enum(['phase', 'ask']),
    workflow,
    /** Facts of the run its performers need: base commit, model, limits, approvals. */
    facts: z.record(z.string(), z.json()),
  }),
  /** A sidecar took the run over, at its creation and after each restart. */
  z.object({ type: z.literal('RunOwned'), epoch: z.string() }),
  z.object({ type: z.literal('NodeStarted'), node: z.string(), attempt: z.int() }),
  /** A step inside a node has an outcome that is never computed again. Large outcomes are `{blob: sha256}`. */
  z.object({
    type: z.literal('StepRecorded'),
    node: z.string(),
    attempt: z.int(),
    key: z.string(),
    outcome: z.json(),
  }),
  z.object({
    type: z.literal('NodeCompleted'),
    node: z.string(),
    attempt: z.int(),
    output: z.json(),
  }),
  z.object({
    type: z.literal('NodeFailed'),
    node: z.string(),
    attempt: z.int(),
    problem: problemSchema,
    final: z.boolean(),
  }),
  z.object({ type: z.literal('QuestionAsked'), node: z.string(), question }),
  z.object({
    type: z.literal('QuestionAnswered'),
    question: z.string(),
    answer: z.string(),
    note: z.optional(z.string()),
  }),
  /** A person asks for a failed node to be tried again. */
  z.object({ type: z.literal('NodeRetried'), node: z.string() }),
  z.object({ type: z.literal('RunPaused') }),
  z.object({ type: z.literal('RunResumed') }),
  z.object({ type: z.literal('RunCancelRequested'), reason: z.string() }),
  z.object({ type: z.literal('RunCompleted') }),
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

export type Question = z.infer<typeof question>;
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
