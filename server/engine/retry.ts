import type { Code, Problem } from '../../schemas/codes';

/** Problems that a further try would meet again: a person has to change something first. */
const finalCodes: ReadonlySet<Code> = new Set<Code>([
  'cancelled',
  'model.none',
  'model.noKey',
  'model.unauthorized',
  'model.noConsent',
]);
const finalFamilies = ['agent.', 'verify.', 'workflow.'];

/** Whether a node that failed with this problem is not tried again by itself. */
export function isFinal(problem: Problem): boolean {
  return finalCodes.has(problem.code) || finalFamilies.some((family) => problem.code.startsWith(family));
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * How long to wait before the next try, in milliseconds: 1 s, 2 s, 4 s … at most a minute.
 * `failures` counts the tries that failed since a person last asked, from 1.
 */
export function backoffMs(failures: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, failures - 1));
}
