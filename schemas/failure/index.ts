import * as z from 'zod/mini';
import { intBetween, intFrom, textBetween } from '../wire/common';

/** What is done when work goes wrong, as data: the tables the engine's failure policy reads, and a user may replace. */

const score = z.number().check(z.minimum(0), z.maximum(100));
const points = z.number().check(z.minimum(-100), z.maximum(100));

/** What a request, or a node's work, is about, told by its verb; `other` where no verb is known. */
export const workClass = z.enum(['creation', 'modification', 'analysis', 'maintenance', 'other']);
export type WorkClass = z.infer<typeof workClass>;

const knownClass = z.enum(['creation', 'modification', 'analysis', 'maintenance']);

export const criticalityTable = z.strictObject({
  /** Verbs in their base form, lower case. A verb belongs to the first class that names it. */
  verbs: z.record(knownClass, z.array(textBetween(1, 40))),
  /** How well work of a class serves a request of a class: request first, then work. */
  alignment: z.record(workClass, z.record(workClass, score)),
  complexity: z.strictObject({ low: z.number(), medium: z.number(), high: z.number() }),
  /** Added once, the larger of the two. */
  dependency: z.strictObject({ root: points, criticalPath: points }),
  /** Added for each that holds. */
  context: z.strictObject({
    noAlternative: points,
    qualityGate: points,
    manyAlternatives: points,
    presentationOnly: points,
  }),
  /** The least score of a level; what is below both is optional. */
  levels: z.strictObject({ essential: score, recommended: score }),
});
export type CriticalityTable = z.infer<typeof criticalityTable>;

/** How much a run depends on a node. */
export const criticalityLevel = z.enum(['essential', 'recommended', 'optional']);
export type CriticalityLevel = z.infer<typeof criticalityLevel>;

/** How far a run was when something went wrong. */
export const runStage = z.enum(['start', 'middle', 'end']);
export type RunStage = z.infer<typeof runStage>;

/** How a try differs from the one before. */
export const tryVariation = z.enum(['same', 'reduced', 'simplified', 'chunked', 'alternative', 'minimal']);

export const responseRow = z.strictObject({
  /** One more try each, in this order, after the first failed. */
  tries: z.array(tryVariation).check(z.maxLength(20)),
  /** What is done then: the first that is possible. Asking, skipping and failing always are. */
  then: z
    .array(z.enum(['fallback', 'ask', 'warnAndSkip', 'skip', 'fail']))
    .check(z.minLength(1), z.maxLength(5)),
  /** What a person is offered, where one is asked. */
  choices: z.array(textBetween(1, 40)).check(z.minLength(1), z.maxLength(8)),
});
export type ResponseRow = z.infer<typeof responseRow>;

export const responseTable = z.strictObject({
  /** A run is at its start below the first share of nodes done, and at its end from the second on. */
  stages: z.strictObject({
    startBelow: z.number().check(z.minimum(0), z.maximum(1)),
    endFrom: z.number().check(z.minimum(0), z.maximum(1)),
  }),
  rows: z.record(criticalityLevel, z.record(runStage, responseRow)),
});
export type ResponseTable = z.infer<typeof responseTable>;

export const loopTable = z.strictObject({
  /** Attempts of one node in one generation of a run. */
  mostAttempts: intFrom(1),
  /** Times in a row an attempt is taken up again without a step having been recorded since. */
  mostResumptions: intFrom(1),
  /** Rounds of a loop that came to the same, one after the other … */
  sameRounds: intFrom(2),
  /** … also where up to so many different ones alternate. */
  longestCycle: intBetween(1, 10),
});
export type LoopTable = z.infer<typeof loopTable>;

export const budgetTable = z.strictObject({
  /** A share is not made smaller than this while there is more left: less would be of no use to anybody. */
  leastShare: z.strictObject({
    tokens: intFrom(0),
    usd: z.number().check(z.minimum(0)),
    minutes: z.number().check(z.minimum(0)),
  }),
});
export type BudgetTable = z.infer<typeof budgetTable>;

export const modelHealth = z.enum(['healthy', 'stable', 'unstable', 'critical', 'blacklisted']);
export type ModelHealth = z.infer<typeof modelHealth>;

const countOf = z.strictObject({ count: intFrom(1), of: intFrom(1) });

export const healthTable = z.strictObject({
  /** So many failures among the last so many attempts make it one worse. */
  degrade: z.record(z.enum(['healthy', 'stable', 'unstable', 'critical']), countOf),
  /** So many successes among the last so many attempts make it one better. */
  recover: z.record(z.enum(['stable', 'unstable', 'critical', 'blacklisted']), countOf),
  /** Attempts after leaving the blacklist in which the first degradation leads back to it. */
  probation: intFrom(0),
});
export type HealthTable = z.infer<typeof healthTable>;

/** All tables of the failure policy. */
export const failureTables = z.strictObject({
  criticality: criticalityTable,
  responses: responseTable,
  loops: loopTable,
  budget: budgetTable,
  health: healthTable,
});
export type FailureTables = z.infer<typeof failureTables>;

/** What a user's settings may state: each table as a whole, or not at all. */
export const failureSettings = z.partial(failureTables);
export type FailureSettings = z.infer<typeof failureSettings>;
