import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema, question, recordedEvent, spending } from '../journal/events';
import { intBetween, intFrom, textBetween, textUpTo } from './common';
import { nodeState, runState, runSummary } from './run';

/** Ids as people and programs give them; the longest is that of a node deep inside rounds. */
const runId = textBetween(1, 200);
const nodeId = textBetween(1, 1000);
const reason = z.optional(textUpTo(2000));

/** Every kind of event there is, for filters. */
const eventTypes = z.optional(z.array(textBetween(1, 60)).check(z.maxLength(50)));

const afterWish = z.object({ state: runState, generation: z.int() });

export const runRetry = request({
  method: 'run/retry',
  direction: 'client→sidecar',
  doc: 'Does nodes and all after them again, in a new generation; without `nodes` those that failed or were cancelled.',
  params: z.object({
    run: runId,
    nodes: z.optional(z.array(nodeId).check(z.minLength(1), z.maxLength(10_000))),
    reason,
  }),
  result: afterWish,
  errors: ['run.unknown', 'run.wrongState', 'run.nodeUnknown', 'run.nodeWrongState', 'run.nothingToRetry'],
  runs: 'write',
});

export const runSkip = request({
  method: 'run/skip',
  direction: 'client→sidecar',
  doc: 'Passes over a node that has not started or has failed; `output` takes the place of its outputs.',
  params: z.object({ run: runId, node: nodeId, output: z.optional(z.json()) }),
  result: afterWish,
  errors: ['run.unknown', 'run.wrongState', 'run.nodeUnknown', 'run.nodeWrongState', 'run.nodeStandby'],
  runs: 'write',
});

export const runEdit = request({
  method: 'run/edit',
  direction: 'client→sidecar',
  doc: 'Gives a node that has not started or has failed other params.',
  params: z.object({ run: runId, node: nodeId, params: z.json() }),
  result: afterWish,
  errors: ['run.unknown', 'run.wrongState', 'run.nodeUnknown', 'run.nodeWrongState'],
  runs: 'write',
});

export const runInput = request({
  method: 'run/input',
  direction: 'client→sidecar',
  doc: 'Gives a node the value it asked a person for; the node checks its type and asks again if it does not fit.',
  params: z.object({ run: runId, node: nodeId, value: z.json() }),
  result: afterWish,
  errors: ['run.unknown', 'run.nodeUnknown', 'run.questionUnknown'],
  runs: 'write',
});

export const runFork = request({
  method: 'run/fork',
  direction: 'client→sidecar',
  doc: 'Begins a new run with everything another has completed, but for `nodes` and what comes after them.',
  params: z.object({ run: runId, nodes: z.array(nodeId).check(z.minLength(1), z.maxLength(10_000)) }),
  result: z.object({ run: z.string() }),
  errors: ['run.unknown', 'run.nodeUnknown'],
  runs: 'write',
});

/** `queued`: it could start and waits for a place. */
export const detailState = z.enum([...nodeState.options, 'queued']);
export type DetailState = z.infer<typeof detailState>;

export const runProgressView = z.object({
  total: z.int(),
  completed: z.int(),
  failed: z.int(),
  running: z.int(),
  waiting: z.int(),
  pending: z.int(),
  queued: z.int(),
  skipped: z.int(),
  cancelled: z.int(),
  /** 0–100, rounded down. What is inside a group counts as its share of the group. */
  percentage: z.int(),
  /** Milliseconds of work until the end, as half and as nine of ten earlier durations say; null: nothing is known. */
  etaMs: z.nullable(z.number()),
  etaMostMs: z.nullable(z.number()),
});
export type RunProgressView = z.infer<typeof runProgressView>;

export const nodeDetail = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: detailState,
  /** Why it was passed over. */
  skipped: z.nullable(z.enum(['closed', 'disabled', 'person', 'policy'])),
  attempts: z.int(),
  startedAt: z.nullable(z.number()),
  endedAt: z.nullable(z.number()),
  /** Milliseconds its present attempt has waited for people. */
  waitedMs: z.number(),
  spent: spending,
  /** The group whose round it belongs to; null at the top level. */
  group: z.nullable(z.string()),
  round: z.int(),
  problem: z.nullable(problemSchema),
});
export type NodeDetail = z.infer<typeof nodeDetail>;

export const runDetail = request({
  method: 'run/detail',
  direction: 'client→sidecar',
  doc: 'Where a run stands: progress with an estimate of what is left, open questions, and (unless `nodes` is false) every node.',
  params: z.object({ run: runId, nodes: z.optional(z.boolean()) }),
  result: z.object({
    run: z.string(),
    state: runState,
    generation: z.int(),
    /** The last event this is made of. */
    seq: z.int(),
    spent: spending,
    forkedFrom: z.nullable(z.object({ run: z.string(), nodes: z.array(z.string()) })),
    questions: z.array(z.object({ node: z.string(), question })),
    progress: runProgressView,
    nodes: z.array(nodeDetail),
  }),
  errors: ['run.unknown'],
  runs: 'read',
});

/** One side of a comparison; null where the run has no such node. */
const comparedNode = z.nullable(
  z.object({
    state: nodeState,
    attempts: z.int(),
    /** From start to end without waiting for people; null while it has not ended. */
    milliseconds: z.nullable(z.number()),
    spent: spending,
  }),
);

export const comparedRow = z.object({
  node: z.string(),
  title: z.string(),
  one: comparedNode,
  other: comparedNode,
  sameState: z.boolean(),
  sameOutput: z.boolean(),
});
export type ComparedRow = z.infer<typeof comparedRow>;

export const runCompare = request({
  method: 'run/compare',
  direction: 'client→sidecar',
  doc: 'Two runs node by node: states, tries, outputs equal or not, times, what was spent; `differing` are the ids that differ in state or output.',
  params: z.object({ one: runId, other: runId }),
  result: z.object({
    one: runSummary,
    other: runSummary,
    nodes: z.array(comparedRow),
    differing: z.array(z.string()),
  }),
  errors: ['run.unknown'],
  runs: 'read',
});

export const runEvents = request({
  method: 'run/events',
  direction: 'client→sidecar',
  doc: 'Events of one run after a seq, oldest first; ask again from `seq` while `more`. Of a group, those inside it are given, too.',
  params: z.object({
    run: runId,
    afterSeq: intFrom(0),
    limit: intBetween(1, 1000),
    types: eventTypes,
    node: z.optional(nodeId),
  }),
  result: z.object({
    events: z.array(recordedEvent),
    /** The last event that was looked at, given or not. */
    seq: z.int(),
    more: z.boolean(),
  }),
  errors: ['run.unknown'],
  runs: 'read',
});

/** One line of the record: the event as it stands, who did it and what it made of what. */
export const auditEntry = z.object({
  ...recordedEvent.shape,
  /** `person`, `symphony`, or `trigger` with its id. */
  actor: z.string(),
  node: z.nullable(z.string()),
  /** The state the node, or without one the run, is in from then on; null where none changes. */
  becomes: z.nullable(z.string()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const runAudit = request({
  method: 'run/audit',
  direction: 'client→sidecar',
  doc: 'Who did what when, of one run or of all, oldest first; as JSON (whole: it can be imported again) or as CSV. Ask again from `position` while `more`.',
  params: z.object({
    run: z.optional(runId),
    /** Milliseconds since the epoch, both included. */
    from: z.optional(z.number()),
    to: z.optional(z.number()),
    types: eventTypes,
    node: z.optional(nodeId),
    actor: z.optional(textBetween(1, 200)),
    format: z.enum(['json', 'csv']),
    limit: intBetween(1, 10_000),
    afterPosition: z.optional(intFrom(0)),
  }),
  result: z.object({
    entries: z.array(auditEntry),
    /** With a line of headings when it begins at the beginning; null for JSON. */
    csv: z.nullable(z.string()),
    /** The last event that was looked at. */
    position: z.int(),
    more: z.boolean(),
  }),
  errors: ['run.unknown'],
  runs: 'read',
});

/** An absolute path of the sidecar's computer. */
const filePath = textBetween(1, 4096);

export const runExport = request({
  method: 'run/export',
  direction: 'client→sidecar',
  doc: 'Writes a run with its events and everything they name into one new file; an existing file is never replaced.',
  params: z.object({ run: runId, path: filePath }),
  result: z.object({ path: z.string(), bytes: z.number() }),
  errors: [
    'run.unknown',
    'runFile.exists',
    'runFile.relative',
    'runFile.unwritable',
    'runFile.blobMissing',
    'data.diskFull',
  ],
  runs: 'read',
});

export const runImport = request({
  method: 'run/import',
  direction: 'client→sidecar',
  doc: 'Takes a run in from a file that was exported (a run file, or the JSON of its audit). One that had not ended is paused.',
  params: z.object({ path: filePath }),
  result: z.object({ run: z.string(), events: z.int(), isNew: z.boolean(), state: runState }),
  errors: [
    'runFile.relative',
    'runFile.unreadable',
    'runFile.damaged',
    'runFile.newer',
    'runFile.taken',
    'data.diskFull',
    'data.readOnly',
  ],
  runs: 'write',
});
