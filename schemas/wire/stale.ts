import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/question';
import { intBetween, intFrom, textBetween } from './common';

/** A share or a score out of a hundred. */
const percent = z.number().check(z.minimum(0), z.maximum(100));

/** What a tag or a name of a policy may be. */
const word = textBetween(1, 100);

/**
 * What a policy looks at. The first four are conditions: a policy speaks of what meets all of its own. The
 * last two protect, whatever policy asks.
 */
export const retentionRule = z.discriminatedUnion('rule', [
  /** Last used more than this many days ago. */
  z.object({ rule: z.literal('maxAge'), days: z.number().check(z.minimum(0), z.maximum(36_500)) }),
  /** Used fewer times than this. */
  z.object({ rule: z.literal('minAccessCount'), uses: intBetween(1, 1_000_000) }),
  /** Of less quality than this; what nobody has looked at yet never meets it. */
  z.object({ rule: z.literal('minQualityScore'), score: percent }),
  /** Of the least value, as much as is over this many bytes in all. */
  z.object({ rule: z.literal('maxTotalSize'), bytes: intFrom(0) }),
  /** What models can be trained with (tag `training`) is archived instead of deleted. */
  z.object({ rule: z.literal('preserveTrainingData') }),
  /** What has one of these tags stays. */
  z.object({ rule: z.literal('keepTagged'), tags: z.array(word).check(z.minLength(1), z.maxLength(100)) }),
]);
export type RetentionRule = z.infer<typeof retentionRule>;

/** What a policy speaks of: stored contents that no run needs, whole runs that have ended, or archives of runs. */
export const retentionSubject = z.enum(['contents', 'runs', 'archives']);
export type RetentionSubject = z.infer<typeof retentionSubject>;

/** Of several policies the one with the highest priority decides; of equals, the gentler one. */
export const retentionPolicy = z.object({
  name: word,
  enabled: z.boolean(),
  priority: intBetween(-1000, 1000),
  of: retentionSubject,
  /** What is to become of what meets its rules. A run is archived, never deleted. */
  ask: z.enum(['archive', 'delete']),
  rules: z.array(retentionRule).check(z.minLength(1), z.maxLength(20)),
});
export type RetentionPolicy = z.infer<typeof retentionPolicy>;

/** How much each part counts for the value of a thing; only their proportions matter. */
export const valueWeights = z.object({
  recency: percent,
  frequency: percent,
  quality: percent,
  training: percent,
  uniqueness: percent,
});
export type ValueWeights = z.infer<typeof valueWeights>;

const timeOfDay = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/));

/** The retention settings of a data home, edited by people alone. */
export const retentionSettings = z.object({
  policies: z.array(retentionPolicy).check(z.maxLength(100)),
  weights: valueWeights,
  /** From this value on, a thing is archived instead of deleted. */
  highValue: percent,
  /** What was used within this many hours stays. */
  restHours: z.number().check(z.minimum(1), z.maximum(87_600)),
  /** How long what was removed can be brought back. */
  undoDays: z.number().check(z.minimum(0), z.maximum(3650)),
  /** Deleting more than this many percent of anything asks a second time. */
  mostPercent: percent,
  /** When, by this computer's clock, it is quiet: then the list is made. */
  offPeak: z.object({
    enabled: z.boolean(),
    from: timeOfDay,
    to: timeOfDay,
    /** Whether what the list names goes without asking; what would be too much asks all the same. */
    apply: z.boolean(),
  }),
});
export type RetentionSettings = z.infer<typeof retentionSettings>;

/** One thing that is to go, and why. */
export const staleItem = z.object({
  kind: retentionSubject,
  /** The hash of a content, the id of a run. */
  id: z.string(),
  label: z.string(),
  decision: z.enum(['archive', 'delete']),
  /** Bytes on the disk that this frees: at once for what is archived, after the undo window for what is deleted. */
  bytes: z.number(),
  /** 0 to 100. */
  value: z.number(),
  reasons: z.array(problemSchema),
});
export type StaleItem = z.infer<typeof staleItem>;

const totals = z.object({ items: z.int(), archive: z.int(), delete: z.int(), bytes: z.number() });
export type StaleTotals = z.infer<typeof totals>;

/** What became of one plan. */
export const staleCleaning = z.object({
  id: z.string(),
  at: z.number(),
  /** Until when it can be undone; null when it was undone or its time is over. */
  until: z.nullable(z.number()),
  archived: z.int(),
  deleted: z.int(),
  bytes: z.number(),
  /** What stayed after all. */
  kept: z.array(z.object({ id: z.string(), why: problemSchema })),
});
export type StaleCleaning = z.infer<typeof staleCleaning>;

const storageErrors = ['data.diskFull', 'data.readOnly', 'data.corrupt'] as const;

export const staleEvaluate = request({
  method: 'stale/evaluate',
  direction: 'client→sidecar',
  doc: 'What the retention policies would have go, exactly and with reasons. Changes nothing. `plan` pages through an earlier answer.',
  params: z.object({
    plan: z.nullable(textBetween(1, 100)),
    from: intFrom(0),
    most: intBetween(1, 1000),
  }),
  result: z.object({
    plan: z.string(),
    at: z.number(),
    totals,
    items: z.array(staleItem),
    /** How many things stay, by the code of their reason. */
    kept: z.record(z.string(), z.int()),
    /** Set where more would go than the settings allow without a second question. */
    asks: z.nullable(problemSchema),
  }),
  errors: [...storageErrors, 'data.newer', 'stale.planUnknown'],
  runs: 'read',
});

export const staleApply = request({
  method: 'stale/apply',
  direction: 'client→sidecar',
  doc: 'Does what a plan says, or the part of it that `only` names. What changed meanwhile stays. It can be undone.',
  params: z.object({
    plan: textBetween(1, 100),
    only: z.nullable(z.array(textBetween(1, 300)).check(z.maxLength(100_000))),
    confirmed: z.boolean(),
    /** Confirms that more may go than the settings allow. */
    evenTooMuch: z.boolean(),
  }),
  result: z.object({ cleaning: staleCleaning }),
  errors: [...storageErrors, 'stale.planUnknown', 'stale.notConfirmed', 'stale.tooMuch'],
  runs: 'write',
});

export const staleUndo = request({
  method: 'stale/undo',
  direction: 'client→sidecar',
  doc: 'Brings back everything a cleaning removed, with the same bytes.',
  params: z.object({ cleaning: textBetween(1, 100) }),
  result: z.object({ restored: z.int() }),
  errors: [...storageErrors, 'stale.undoUnknown', 'stale.archiveDamaged'],
  runs: 'write',
});

export const staleArchive = request({
  method: 'stale/archive',
  direction: 'client→sidecar',
  doc: 'Puts a run that has ended into one file, reads it back, and removes the bytes that only this run needs.',
  params: z.object({ run: textBetween(1, 200) }),
  result: z.object({ path: z.string(), bytes: z.number(), freed: z.number() }),
  errors: [...storageErrors, 'run.unknown', 'stale.runKept', 'runFile.blobMissing'],
  runs: 'write',
});

export const staleRestore = request({
  method: 'stale/restore',
  direction: 'client→sidecar',
  doc: 'Brings back the bytes of an archived run.',
  params: z.object({ run: textBetween(1, 200) }),
  result: z.object({ restored: z.int() }),
  errors: [...storageErrors, 'stale.notArchived', 'stale.archiveDamaged'],
  runs: 'write',
});

export const staleExport = request({
  method: 'stale/export',
  direction: 'client→sidecar',
  doc: 'Writes what agents said, did and achieved, as JSON lines with secrets taken out, into a new file on this computer.',
  params: z.object({
    /** The whole path of a file that is not there yet. */
    path: textBetween(1, 4096),
    /** Leaves out runs whose changes nobody has decided on. */
    decidedOnly: z.boolean(),
  }),
  result: z.object({ examples: z.int(), runs: z.int(), redactions: z.int(), bytes: z.number() }),
  errors: [...storageErrors, 'runFile.exists', 'runFile.relative', 'runFile.unwritable'],
  runs: 'read',
});
