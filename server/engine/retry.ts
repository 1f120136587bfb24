import type { Code, Problem } from '../../schemas/codes';
import type { Retry } from '../../schemas/melody/policy';

/** Problems that a further try would meet again: a person has to change something first. */
const finalCodes: ReadonlySet<Code> = new Set<Code>([
  'cancelled',
  'git.nested',
  'model.none',
  'model.unknown',
  'model.noKey',
  'model.unauthorized',
  'model.refused',
  'model.scriptedUnknown',
  'model.noConsent',
  'model.budgetSpent',
  'model.blacklisted',
  'node.config',
  'node.input',
  'node.placeholder',
  'node.commandRefused',
  'run.budgetSpent',
  'run.crashLoop',
  'run.notAList',
]);
const finalFamilies = ['agent.', 'verify.', 'workflow.', 'melody.'];

/** Whether a node that failed with this problem is not tried again by itself. */
export function isFinal(problem: Problem): boolean {
  return finalCodes.has(problem.code) || finalFamilies.some((family) => problem.code.startsWith(family));
}

/** Families of problems that come from around the work: the model's server, the disk, the process itself. */
const outerFamilies = ['model.', 'pool.', 'data.', 'sidecar.'];

/**
 * Whether the next try goes on after the steps this one recorded. It does where something around the work
 * failed; where the work itself did (an agent went round in circles, a proof failed), it begins anew.
 */
export function keepsSteps(problem: Problem): boolean {
  return problem.code === 'cancelled' || outerFamilies.some((family) => problem.code.startsWith(family));
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * How long to wait before the next try, in milliseconds; without a policy 1 s, 2 s, 4 s … at most a minute.
 * `failures` counts the tries that failed since a person last asked, from 1.
 */
export function backoffMs(failures: number, policy: Partial<Retry> = {}): number {
  const { backoff = 'exponential', seconds, mostSeconds } = policy;
  const first = seconds === undefined ? firstPauseMs : seconds * 1000;
  const most = mostSeconds === undefined ? longestPauseMs : mostSeconds * 1000;
  const before = Math.max(0, failures - 1);
  const grown =
    backoff === 'constant' ? first : backoff === 'linear' ? first * (before + 1) : first * 2 ** before;
  return Math.min(most, grown);
}
