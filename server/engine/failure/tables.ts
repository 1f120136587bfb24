import type { FailureSettings, FailureTables, ResponseRow } from '../../../schemas/failure';

const askAtStart: ResponseRow['choices'] = ['retry', 'skip', 'fail'];
/** Later there is work that can be kept: what is done stays done, and the run goes on with what does not need the node. */
const askLater: ResponseRow['choices'] = ['retry', 'keepPartial', 'skip', 'fail'];

/** One more try, then the run goes on without it, and says so. */
const recommended: ResponseRow = {
  tries: ['same'],
  then: ['fallback', 'warnAndSkip'],
  choices: askAtStart,
};

const optional: ResponseRow = { tries: [], then: ['fallback', 'skip'], choices: askAtStart };

/**
 * The tables in use where a user states none. Classes, factors, points, levels, staged tries and the counts
 * of model health follow Symphony's product description; the matrix of alignment, the thresholds of loops
 * and the least shares of a budget are this project's own choice.
 */
export const defaultFailureTables: FailureTables = {
  criticality: {
    verbs: {
      creation: words(
        'create build generate implement write add make develop produce compose scaffold draft design',
      ),
      modification: words(
        'refactor optimise optimize fix change update improve rename migrate convert style restyle extend simplify adapt',
      ),
      analysis: words(
        'review explain audit analyse analyze inspect investigate compare assess describe summarise summarize',
      ),
      maintenance: words('test lint validate verify check format clean maintain monitor document upgrade'),
    },
    alignment: {
      creation: { creation: 90, modification: 70, analysis: 50, maintenance: 60, other: 45 },
      modification: { creation: 70, modification: 90, analysis: 60, maintenance: 60, other: 45 },
      analysis: { creation: 30, modification: 30, analysis: 90, maintenance: 60, other: 45 },
      maintenance: { creation: 45, modification: 60, analysis: 60, maintenance: 90, other: 45 },
      other: { creation: 60, modification: 60, analysis: 60, maintenance: 60, other: 60 },
    },
    complexity: { low: 0.9, medium: 1, high: 1.2 },
    dependency: { root: 20, criticalPath: 10 },
    context: { noAlternative: 15, qualityGate: 10, manyAlternatives: -10, presentationOnly: -15 },
    levels: { essential: 75, recommended: 45 },
  },
  responses: {
    stages: { startBelow: 1 / 3, endFrom: 2 / 3 },
    rows: {
      essential: {
        start: { tries: ['same', 'reduced', 'minimal'], then: ['fallback', 'ask'], choices: askAtStart },
        middle: {
          tries: ['same', 'simplified', 'chunked', 'alternative', 'minimal'],
          then: ['fallback', 'ask'],
          choices: askLater,
        },
        end: {
          tries: ['same', 'reduced', 'simplified', 'chunked', 'alternative', 'minimal'],
          then: ['fallback', 'ask'],
          choices: askLater,
        },
      },
      recommended: { start: recommended, middle: recommended, end: recommended },
      optional: { start: optional, middle: optional, end: optional },
    },
  },
  loops: { mostAttempts: 25, mostResumptions: 5, sameRounds: 5, longestCycle: 3 },
  budget: { leastShare: { tokens: 2000, usd: 0.01, minutes: 1 } },
  health: {
    degrade: {
      healthy: { count: 2, of: 20 },
      stable: { count: 3, of: 15 },
      unstable: { count: 3, of: 10 },
      critical: { count: 5, of: 10 },
    },
    recover: {
      stable: { count: 8, of: 10 },
      unstable: { count: 10, of: 12 },
      critical: { count: 15, of: 18 },
      blacklisted: { count: 20, of: 20 },
    },
    probation: 50,
  },
};

/** The tables with those a user states in place of the project's own. */
export const failureTablesWith = (settings: FailureSettings): FailureTables => ({
  criticality: settings.criticality ?? defaultFailureTables.criticality,
  responses: settings.responses ?? defaultFailureTables.responses,
  loops: settings.loops ?? defaultFailureTables.loops,
  budget: settings.budget ?? defaultFailureTables.budget,
  health: settings.health ?? defaultFailureTables.health,
});

function words(text: string): string[] {
  return text.split(' ');
}
