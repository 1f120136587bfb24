import * as z from 'zod/mini';
import { notification, request } from '../define';
import { problemSchema, question } from '../journal/question';
import { intFrom, modelId, relativePath, sha256, textBetween, textUpTo, usage } from './common';

export const runState = z.enum([
  'running',
  'waiting',
  'paused',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
]);
export type RunState = z.infer<typeof runState>;

export const nodeState = z.enum([
  'pending',
  'running',
  'waiting',
  'completed',
  'skipped',
  'failed',
  'cancelled',
]);
export type NodeState = z.infer<typeof nodeState>;

/** A command a plan wants run to prove itself; `hash` is sha-256 of plan id, newline, command. */
export const verifyCommand = z.object({
  plan: z.string(),
  command: z.string(),
  hash: sha256,
  approved: z.boolean(),
});

export const runPreview = request({
  method: 'run/preview',
  direction: 'client→sidecar',
  doc: 'What executing a phase would do: its plans by wave, the commands to approve, and every problem found.',
  params: z.object({ phase: z.string() }),
  result: z.object({
    phase: z.string(),
    title: z.string(),
    plans: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        wave: z.int(),
        after: z.array(z.string()),
        files: z.array(z.string()),
      }),
    ),
    commands: z.array(verifyCommand),
    /** Errors forbid execution, warnings do not. */
    problems: z.array(problemSchema),
    model: z.nullable(modelId),
  }),
  errors: ['planning.none', 'planning.phaseUnknown'],
  runs: 'read',
});

/** What can be wrong with the folder a run is to begin in. */
const workspaceErrors = [
  'workspace.notGit',
  'workspace.bare',
  'workspace.gitMissing',
  'workspace.gitTooOld',
  'git.failed',
] as const;

/** What can be wrong with the model a run is to begin with. */
const modelErrors = ['model.none', 'model.unknown', 'model.noKey'] as const;

export const runExecute = request({
  method: 'run/execute',
  direction: 'client→sidecar',
  doc: 'Starts executing a phase; answers as soon as the run is durable.',
  params: z.object({
    phase: z.string(),
    /** Hashes of verify commands a person has seen and approved. */
    approved: z.array(sha256),
    /** Overrides the chosen model for this run. */
    model: z.optional(modelId),
  }),
  result: z.object({ run: z.string() }),
  errors: [
    ...workspaceErrors,
    'planning.none',
    'planning.phaseUnknown',
    'planning.noPlans',
    'planning.cycle',
    'planning.missingDependency',
    'planning.unfinishedDependency',
    ...modelErrors,
    'run.notApproved',
    'data.diskFull',
    'data.readOnly',
  ],
  runs: 'write',
});

export const runAsk = request({
  method: 'run/ask',
  direction: 'client→sidecar',
  doc: 'Starts an agent on one file or selection, without planning; answers as soon as the run is durable.',
  params: z.object({
    path: relativePath,
    /** 1-based, inclusive. */
    lines: z.optional(z.object({ from: intFrom(1), to: intFrom(1) })),
    instruction: textBetween(1, 20_000),
    model: z.optional(modelId),
  }),
  result: z.object({ run: z.string() }),
  errors: [...workspaceErrors, ...modelErrors],
  runs: 'write',
});

export const runSummary = z.object({
  run: z.string(),
  title: z.string(),
  kind: z.enum(['phase', 'ask', 'melody']),
  state: runState,
  model: z.string(),
  createdAt: z.number(),
  endedAt: z.nullable(z.number()),
  nodes: z.object({
    total: z.int(),
    completed: z.int(),
    running: z.int(),
    failed: z.int(),
  }),
  usage,
  questions: z.array(question),
  problem: z.nullable(problemSchema),
  changeset: z.nullable(z.string()),
});
export type RunSummary = z.infer<typeof runSummary>;

/** One plan of a finished or running run: what it changed, how it was verified, what it cost. */
export const planReport = z.object({
  plan: z.string(),
  title: z.string(),
  state: nodeState,
  files: z.array(
    z.object({
      path: z.string(),
      change: z.enum(['added', 'modified', 'deleted', 'renamed']),
      added: z.int(),
      removed: z.int(),
    }),
  ),
  verified: z.array(z.object({ command: z.string(), exitCode: z.int(), milliseconds: z.number() })),
  usage,
  turns: z.int(),
  milliseconds: z.number(),
  problem: z.nullable(problemSchema),
});
export type PlanReport = z.infer<typeof planReport>;

export const runList = request({
  method: 'run/list',
  direction: 'client→sidecar',
  doc: 'All runs of the workspace, newest first.',
  params: z.object({}),
  result: z.object({ runs: z.array(runSummary) }),
  errors: [],
  runs: 'read',
});

export const runShow = request({
  method: 'run/show',
  direction: 'client→sidecar',
  doc: 'One run with a report per plan.',
  params: z.object({ run: z.string() }),
  result: z.object({ summary: runSummary, plans: z.array(planReport) }),
  errors: ['run.unknown'],
  runs: 'read',
});

export const runCommand = request({
  method: 'run/command',
  direction: 'client→sidecar',
  doc: 'Pauses (running nodes finish), resumes, cancels a run, or retries its failed nodes.',
  params: z.object({
    run: z.string(),
    command: z.enum(['pause', 'resume', 'cancel', 'retry']),
    /** Goes to the record. */
    reason: z.optional(textUpTo(2000)),
  }),
  result: z.object({ state: runState }),
  errors: ['run.unknown', 'run.wrongState', 'run.nothingToRetry', 'run.nodeWrongState'],
  runs: 'write',
});

export const runAnswer = request({
  method: 'run/answer',
  direction: 'client→sidecar',
  doc: 'Answers a question a run waits for; `note` goes to the record.',
  params: z.object({
    run: z.string(),
    question: z.string(),
    answer: z.string(),
    note: z.optional(z.string()),
  }),
  result: z.object({ state: runState }),
  errors: ['run.unknown', 'run.questionUnknown'],
  runs: 'write',
});

export const runProgress = notification({
  method: 'run/progress',
  direction: 'sidecar→client',
  doc: 'A fleeting sign of life of a running node; may be dropped.',
  params: z.object({
    run: z.string(),
    node: z.string(),
    text: z.string(),
    facts: z.record(z.string(), z.json()),
  }),
});
