import type { Problem } from '../../../schemas/codes';
import type { FailureTables, ResponseRow, ResponseTable, RunStage } from '../../../schemas/failure';
import type { Retry } from '../../../schemas/melody/policy';
import type { Json } from '../../base';
import type { Variation } from '../ports';
import { backoffMs, isFinal } from '../retry';
import { levelOf } from './criticality';
import { isLoopProblem } from './loops';

/** A node's attempt that failed, and what its workflow states for that. */
export interface Failure {
  readonly problem: Problem;
  /** How much the run depends on the node, 0–100; absent: only what the workflow states holds. */
  readonly score?: number | undefined;
  readonly stage: RunStage;
  /** Tries of the node that failed, this one included. */
  readonly failures: number;
  /** How often the attempt was taken up again after its process had ended. */
  readonly resumptions: number;
  /** Tries in all and pauses between, as the workflow states them; its number beats the table's. */
  readonly retry?: Retry | undefined;
  /** What takes the node's place, as far as it was not used yet: the standby node first, then the value. */
  readonly fallback?: { readonly node?: string | undefined; readonly value?: Json | undefined } | undefined;
  /** The workflow states that the node may be passed over. */
  readonly skip?: boolean;
}

/** What is done about a failure. */
export type Response =
  | { readonly do: 'retry'; readonly variation: Variation; readonly pauseMs: number }
  /** The standby node does the work instead. */
  | { readonly do: 'fallback'; readonly node: string }
  /** The value takes the place of the outputs. */
  | { readonly do: 'substitute'; readonly value: Json }
  | { readonly do: 'skip'; readonly warn: boolean }
  | { readonly do: 'ask'; readonly choices: readonly string[] }
  | { readonly do: 'fail' };

/**
 * What is done about a failure. What the workflow states for the node goes before the tables, and neither
 * retries what a further try would meet again. Without a stated policy and a score the node fails.
 */
export function respondTo(failure: Failure, tables: FailureTables): Response {
  // Who was told to stop does not go on by another way.
  if (failure.problem.code === 'cancelled') return { do: 'fail' };
  const row = rowOf(failure, tables);
  return nextTry(failure, row) ?? stated(failure) ?? (row ? fromRow(failure, row) : { do: 'fail' });
}

/** How far a run is by its nodes: `done` of `total` have ended. */
export function stageOf(done: number, total: number, { stages }: ResponseTable): RunStage {
  const share = total === 0 ? 0 : done / total;
  if (share < stages.startBelow) return 'start';
  return share < stages.endFrom ? 'middle' : 'end';
}

function rowOf({ score, stage }: Failure, tables: FailureTables): ResponseRow | undefined {
  if (score === undefined) return undefined;
  return tables.responses.rows[levelOf(score, tables.criticality)][stage];
}

/** One more try, where there is one left and it could help. */
function nextTry(failure: Failure, row: ResponseRow | undefined): Response | undefined {
  const { problem, failures, resumptions, retry } = failure;
  if (isFinal(problem) || isLoopProblem(problem)) return undefined;
  const variation = row?.tries[failures - 1];
  if (retry !== undefined ? failures >= retry.tries : variation === undefined) return undefined;
  return {
    do: 'retry',
    // A workflow that states a number of tries wants the same work done again.
    variation: retry !== undefined ? 'same' : variation!,
    // An attempt that outlived its process counts like a failure: whatever takes processes down is met more slowly each time.
    pauseMs: backoffMs(failures + resumptions, retry),
  };
}

/** What the workflow states, when no try is left. */
function stated(failure: Failure): Response | undefined {
  return replacement(failure) ?? (failure.skip ? { do: 'skip', warn: false } : undefined);
}

function replacement({ fallback }: Failure): Response | undefined {
  if (fallback?.node !== undefined) return { do: 'fallback', node: fallback.node };
  if (fallback?.value !== undefined) return { do: 'substitute', value: fallback.value };
  return undefined;
}

function fromRow(failure: Failure, row: ResponseRow): Response {
  for (const step of row.then)
    switch (step) {
      case 'fallback': {
        const found = replacement(failure);
        if (found) return found;
        break;
      }
      case 'ask':
        return { do: 'ask', choices: row.choices };
      case 'warnAndSkip':
        return { do: 'skip', warn: true };
      case 'skip':
        return { do: 'skip', warn: false };
      case 'fail':
        return { do: 'fail' };
    }
  return { do: 'fail' };
}
