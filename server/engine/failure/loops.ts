import type { Code, Problem } from '../../../schemas/codes';
import type { LoopTable } from '../../../schemas/failure';

const loopCodes: ReadonlySet<Code> = new Set<Code>(['run.dispatchCap', 'run.crashLoop', 'run.loopStuck']);

/** Whether a problem says that going on would only go round once more; it is never retried by itself. */
export const isLoopProblem = (problem: Problem): boolean => loopCodes.has(problem.code);

/**
 * Why a node is not started once more, or undefined when it may be. `attempts` are those of the run's
 * present generation that have begun; a person who asks for it anew begins another generation.
 */
export function dispatchProblem(node: string, attempts: number, table: LoopTable): Problem | undefined {
  if (attempts < table.mostAttempts) return undefined;
  return { code: 'run.dispatchCap', args: { node, times: attempts } };
}

/**
 * Why an attempt is not taken up again, or undefined when it may be. `resumptions` counts how often it
 * already was since it began or last recorded a step: a node that ends its process would do so for ever.
 */
export function resumptionProblem(node: string, resumptions: number, table: LoopTable): Problem | undefined {
  if (resumptions < table.mostResumptions) return undefined;
  return { code: 'run.crashLoop', args: { node, times: resumptions } };
}

/** What the latest rounds of a loop came to, oldest first; as many as are needed to tell. */
export type Rounds = readonly string[];

/**
 * Takes in what a round came to, as text that is equal for equal outcomes: the hash of its outputs, or the
 * problem's code and arguments.
 */
export function withRound(rounds: Rounds, outcome: string, table: LoopTable): Rounds {
  return [...rounds, outcome].slice(-table.sameRounds * table.longestCycle);
}

/**
 * Why a loop does not go round again, or undefined when it may: the latest rounds came to the same, or to
 * the same few in turn, `sameRounds` times over. Not for loops whose body waits for something outside:
 * looking again until it has come is what they are for.
 */
export function roundsProblem(node: string, rounds: Rounds, table: LoopTable): Problem | undefined {
  for (let cycle = 1; cycle <= table.longestCycle; cycle++) {
    const length = cycle * table.sameRounds;
    if (rounds.length < length) return undefined;
    const latest = rounds.slice(-length);
    if (latest.every((outcome, at) => outcome === latest[at % cycle]))
      return { code: 'run.loopStuck', args: { node, rounds: length } };
  }
  return undefined;
}
