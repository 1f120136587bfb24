import * as z from 'zod/mini';
import { notification, request } from '../define';
import { problemSchema } from '../journal/events';
import { relativePath, sha256, textBetween, textUpTo } from './common';
import { riskFlag } from './risk';

/** Lines from `start` up to but not including `end`, counted from 0. */
export const lineSpan = z.object({ start: z.int(), end: z.int() });
export type LineSpan = z.infer<typeof lineSpan>;

export const unitState = z.enum(['undecided', 'kept', 'dropped']);
export type UnitState = z.infer<typeof unitState>;

/**
 * What a person decides on: a hunk (`lines`), or what has no lines: a file that comes or goes or is binary or
 * a link (`whole`), its executable bit (`mode`), its name (`rename`).
 */
export const reviewUnit = z.object({
  /** Twelve hex digits of a SHA-256 over path, kind, place and both contents: the same after every restart. */
  unit: z.string(),
  kind: z.enum(['lines', 'whole', 'mode', 'rename']),
  /** Where its lines are in the baseline and in the proposal; `0..0` for kinds without lines. */
  before: lineSpan,
  after: lineSpan,
  state: unitState,
  /** SHA-256 of the text a person kept in place of the proposed lines; null where they are as proposed. */
  edited: z.nullable(sha256),
  /** Marked as reviewed; bound to the content, so that another version of it is not. */
  reviewed: z.boolean(),
  flags: z.array(riskFlag),
  /** Places in `sources`. */
  sources: z.array(z.int()),
});
export type ReviewUnit = z.infer<typeof reviewUnit>;

/** Whose work a unit is and what speaks for it. */
export const reviewSource = z.object({
  plan: z.string(),
  title: z.string(),
  task: z.nullable(z.string()),
  requirements: z.array(z.string()),
  run: z.string(),
  node: z.string(),
  /** The agent's turn that wrote it last, counted from 1; null where it cannot be told. */
  turn: z.nullable(z.int()),
  commit: z.nullable(z.string()),
  /** Verifying commands with their exit codes. */
  verified: z.array(z.object({ command: z.string(), exitCode: z.int() })),
  tokens: z.int(),
  usd: z.nullable(z.number()),
});
export type ReviewSource = z.infer<typeof reviewSource>;

/**
 * Where proposals are. `before`: beside the user's files, which change as units are kept. `inPlace`: in the
 * user's files, which change back as units are dropped.
 */
export const reviewMode = z.enum(['before', 'inPlace']);
export type ReviewMode = z.infer<typeof reviewMode>;

export const reviewUnits = request({
  method: 'review/units',
  direction: 'client→sidecar',
  doc: 'The units of a changeset, of all its files or of some, with their decisions.',
  params: z.object({ changeset: z.string(), paths: z.optional(z.array(relativePath)) }),
  result: z.object({
    mode: reviewMode,
    sources: z.array(reviewSource),
    files: z.array(z.object({ path: z.string(), units: z.array(reviewUnit) })),
    /** What a person should know of these files: decisions a crash cut short, line ends that are adapted. */
    problems: z.optional(z.array(problemSchema)),
  }),
  errors: ['review.unknown', 'data.corrupt'],
  runs: 'read',
});

/** An open document with unsaved changes, as the editor holds it. */
export const openBuffer = z.object({
  path: relativePath,
  /** Its text with the line ends it would be saved with. */
  text: z.string(),
  /** VS Code's name of its encoding, for example `utf8`, `utf8bom`, `utf16le`, `iso88591`. */
  encoding: textUpTo(40),
});
export type OpenBuffer = z.infer<typeof openBuffer>;

/** Replaces UTF-16 code units `start` to `end` of the buffer's text as it was sent. Sorted, not overlapping. */
export const bufferEdit = z.object({ start: z.int(), end: z.int(), text: z.string() });
export type BufferEdit = z.infer<typeof bufferEdit>;

/** What a decision did to one file. */
export const unitResult = z.object({
  path: z.string(),
  /**
   * `written`: the file is as decided; `merged`: so, beside changes of the user’s own; `recorded`: nothing was to
   * be written; `edits`: the client is to apply `edits` to the open document and say `review/applied`;
   * `conflict`: the user’s lines and the unit’s overlap, nothing was written; `refused`: nothing was written.
   */
  result: z.enum(['written', 'merged', 'recorded', 'edits', 'conflict', 'refused']),
  edits: z.nullable(z.array(bufferEdit)),
  /** The three sides of a conflict, readable with `review/content`. */
  conflict: z.nullable(z.object({ base: sha256, yours: sha256, proposed: sha256 })),
  problem: z.nullable(problemSchema),
});
export type UnitResult = z.infer<typeof unitResult>;

const decided = z.object({
  /** Names what was done, for `review/undo`; null where nothing was. */
  op: z.nullable(z.string()),
  files: z.array(unitResult),
});

export const reviewDecideUnits = request({
  method: 'review/decideUnits',
  direction: 'client→sidecar',
  doc: 'Keeps or drops units, or takes decisions back (`undecide`). The decision is durable before a file is touched; each file answers for itself, and a file changes only where it holds what was decided on.',
  params: z.object({
    changeset: z.string(),
    decision: z.enum(['keep', 'drop', 'undecide']),
    /** Absent: all undecided units (for `undecide`: all decided ones) of `paths`, of `plan`, or of the changeset. */
    units: z.optional(z.array(z.object({ path: relativePath, unit: z.string() }))),
    paths: z.optional(z.array(relativePath)),
    plan: z.optional(z.string()),
    /** Open documents with unsaved changes among the files concerned; others are taken to be as on disk. */
    buffers: z.array(openBuffer),
    /** A person has brought the units into the files by hand, as in a merge editor: nothing is written. */
    settled: z.optional(z.boolean()),
  }),
  result: decided,
  errors: ['review.unknown', 'review.stale'],
  runs: 'write',
});

export const reviewUndo = request({
  method: 'review/undo',
  direction: 'client→sidecar',
  doc: 'Takes one decision back, whichever others were made since; only what it did is undone.',
  params: z.object({ changeset: z.string(), op: z.string(), buffers: z.array(openBuffer) }),
  result: decided,
  errors: ['review.unknown', 'review.stale'],
  runs: 'write',
});

export const reviewApplied = request({
  method: 'review/applied',
  direction: 'client→sidecar',
  doc: 'Says whether the edits of an answer are in the open document, and after its save what the disk holds.',
  params: z.object({
    changeset: z.string(),
    op: z.string(),
    path: relativePath,
    applied: z.boolean(),
  }),
  result: z.object({}),
  errors: ['review.unknown'],
  runs: 'write',
});

export const reviewHistory = request({
  method: 'review/history',
  direction: 'client→sidecar',
  doc: 'What was decided about a changeset, newest first.',
  params: z.object({ changeset: z.string() }),
  result: z.object({
    ops: z.array(
      z.object({
        op: z.string(),
        at: z.number(),
        did: z.enum(['keep', 'drop', 'undecide', 'edit', 'split', 'mode', 'undo']),
        units: z.array(z.object({ path: z.string(), unit: z.string() })),
        undone: z.boolean(),
      }),
    ),
  }),
  errors: ['review.unknown'],
  runs: 'read',
});

export const reviewSplit = request({
  method: 'review/split',
  direction: 'client→sidecar',
  doc: 'Splits an undecided hunk at lines of its two sides into smaller units; answers the units in its place.',
  params: z.object({
    changeset: z.string(),
    path: relativePath,
    unit: z.string(),
    /** First lines of the second and further parts, in the baseline and in the proposal. */
    at: z.array(z.object({ before: z.int(), after: z.int() })),
  }),
  result: z.object({ units: z.array(reviewUnit) }),
  errors: ['review.unknown', 'review.stale'],
  runs: 'write',
});

export const reviewKeepLines = request({
  method: 'review/keepLines',
  direction: 'client→sidecar',
  doc: 'Keeps only some lines of a hunk: added ones by their number in the proposal, removed ones by theirs in the baseline. The rest is dropped.',
  params: z.object({
    changeset: z.string(),
    path: relativePath,
    unit: z.string(),
    added: z.array(z.int()),
    removed: z.array(z.int()),
    buffers: z.array(openBuffer),
  }),
  result: decided,
  errors: ['review.unknown', 'review.stale'],
  runs: 'write',
});

export const reviewEdit = request({
  method: 'review/edit',
  direction: 'client→sidecar',
  doc: 'Keeps a hunk in other words: `text` stands for its proposed lines.',
  params: z.object({
    changeset: z.string(),
    path: relativePath,
    unit: z.string(),
    /** Lines with their ends. */
    text: z.string(),
    buffers: z.array(openBuffer),
  }),
  result: decided,
  errors: ['review.unknown', 'review.stale'],
  runs: 'write',
});

export const reviewPlace = request({
  method: 'review/place',
  direction: 'client→sidecar',
  doc: 'Writes what is undecided into the user’s files after a checkpoint (`inPlace`), or takes it out again (`before`).',
  params: z.object({ changeset: z.string(), mode: reviewMode, buffers: z.array(openBuffer) }),
  result: z.object({
    op: z.nullable(z.string()),
    checkpoint: z.nullable(z.string()),
    files: z.array(unitResult),
  }),
  errors: ['review.unknown', 'review.stale'],
  runs: 'write',
});

export const reviewMark = request({
  method: 'review/mark',
  direction: 'client→sidecar',
  doc: 'Marks units as reviewed, or not; the mark is bound to their content.',
  params: z.object({
    changeset: z.string(),
    units: z.array(z.object({ path: relativePath, unit: z.string() })),
    reviewed: z.boolean(),
  }),
  result: z.object({}),
  errors: ['review.unknown'],
  runs: 'write',
});

/** A conversation about a line. */
export const reviewThread = z.object({
  thread: z.string(),
  path: z.string(),
  side: z.enum(['baseline', 'proposal']),
  /** The line it is about, from 0, in the version it was begun on. */
  line: z.int(),
  /** The line's text then, so that the thread finds its place in another version. */
  lineText: z.string(),
  state: z.enum(['open', 'sent', 'resolved']),
  comments: z.array(z.object({ by: z.enum(['person', 'agent']), at: z.number(), text: z.string() })),
});
export type ReviewThread = z.infer<typeof reviewThread>;

export const reviewThreads = request({
  method: 'review/threads',
  direction: 'client→sidecar',
  doc: 'The conversations about a changeset.',
  params: z.object({ changeset: z.string() }),
  result: z.object({ threads: z.array(reviewThread) }),
  errors: ['review.unknown'],
  runs: 'read',
});

export const reviewComment = request({
  method: 'review/comment',
  direction: 'client→sidecar',
  doc: 'Begins a conversation about a line, or goes on with one.',
  params: z.object({
    changeset: z.string(),
    /** Absent: a new one at `path`, `side` and `line`. */
    thread: z.optional(z.string()),
    path: relativePath,
    side: z.enum(['baseline', 'proposal']),
    line: z.int(),
    text: textBetween(1, 20_000),
  }),
  result: z.object({ thread: reviewThread }),
  errors: ['review.unknown'],
  runs: 'write',
});

export const reviewResolve = request({
  method: 'review/resolve',
  direction: 'client→sidecar',
  doc: 'Says that a conversation is over, or that it is not.',
  params: z.object({ changeset: z.string(), thread: z.string(), resolved: z.boolean() }),
  result: z.object({}),
  errors: ['review.unknown'],
  runs: 'write',
});

export const reviewRevise = request({
  method: 'review/revise',
  direction: 'client→sidecar',
  doc: 'Sends open conversations to the agent; its answer is a run whose changeset is the next version of this one.',
  params: z.object({
    changeset: z.string(),
    /** Absent: all open ones. */
    threads: z.optional(z.array(z.string())),
    note: z.optional(textUpTo(20_000)),
  }),
  result: z.object({ run: z.string() }),
  errors: ['review.unknown', 'review.nothingToSend'],
  runs: 'write',
});

export const reviewInterdiff = request({
  method: 'review/interdiff',
  direction: 'client→sidecar',
  doc: 'What a changeset proposes otherwise than the version before it: per file the two proposals.',
  params: z.object({ changeset: z.string() }),
  result: z.object({
    former: z.nullable(z.string()),
    files: z.array(z.object({ path: z.string(), former: z.nullable(sha256), now: z.nullable(sha256) })),
  }),
  errors: ['review.unknown'],
  runs: 'read',
});

export const reviewVerify = request({
  method: 'review/verify',
  direction: 'client→sidecar',
  doc: 'Runs the approved verifying commands on the baseline with what was kept so far, in the sandbox.',
  params: z.object({ changeset: z.string() }),
  result: z.object({
    commands: z.array(z.object({ command: z.string(), exitCode: z.int(), output: z.string() })),
  }),
  errors: ['review.unknown'],
  runs: 'read',
});

export const reviewExport = request({
  method: 'review/export',
  direction: 'client→sidecar',
  doc: 'What was kept (or, with `all`, proposed) as one patch or as a series of mails for `git am`, one commit per task with trailers that say where it comes from.',
  params: z.object({ changeset: z.string(), form: z.enum(['patch', 'commits']), all: z.boolean() }),
  result: z.object({ text: z.string(), skipped: z.array(z.string()) }),
  errors: ['review.unknown'],
  runs: 'read',
});

export const reviewBranch = request({
  method: 'review/branch',
  direction: 'client→sidecar',
  doc: 'Puts what is undecided or kept onto a new branch of the user’s repository, without touching work tree, index or HEAD. A branch that exists is refused.',
  params: z.object({ changeset: z.string(), branch: textBetween(1, 200) }),
  result: z.object({ branch: z.string(), commit: z.string() }),
  errors: [
    'review.unknown',
    'review.branchExists',
    'review.branchName',
    'review.branchConflict',
    'review.branchEmpty',
  ],
  runs: 'write',
});

export const reviewUnitsChanged = notification({
  method: 'review/unitsChanged',
  direction: 'sidecar→client',
  doc: 'Decisions, marks, mode or conversations of a changeset changed, in the named files; ask again for those. No name: any of them may have.',
  params: z.object({ changeset: z.string(), paths: z.array(z.string()) }),
});
