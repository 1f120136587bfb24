/**
 * stale: what is old — policies, the value of things, archives of runs, cleaning and undoing it.
 * Invariant: what is referenced, tagged `keep`, held, or needed by a run that is not archived is never removed; and
 * what is removed can be had again from an archive, or from the trash for as long as the settings say.
 */
export * from './types';
export { createStale } from './stale';
export { decide, keepTag, tooMuch } from './decide';
export { explainValue, trainingTag, valueOf, valueParts, type ValueParts } from './value';
export { defaultSettings } from './settings';
export { judgePlace, type JudgedPlace } from './places';
export { recalling } from './recalling';
export { redacted, Scrubber } from './scrub';
