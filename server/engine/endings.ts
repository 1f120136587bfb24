import type { Problem } from '../../schemas/codes';
import type { RunEvent } from '../../schemas/journal/events';
import type { Retry } from '../../schemas/melody/policy';
import { problemOf, type Json } from '../base';
import type { ActOptions } from './act';
import { respondTo, stageOf, type Response } from './failure';
import type { FoldedRun } from './fold';
import type { NodeRecord } from './node';
import type { Expressions } from './ports';
import { closedBy } from './values';

/**
 * The journal events of an attempt that ended well. A condition after it that cannot be evaluated is a
 * failure of the node: what comes after it could not be decided.
 */
export function completion(
  run: FoldedRun,
  node: NodeRecord,
  output: Json,
  options: ActOptions,
): readonly RunEvent[] {
  try {
    const closed = closedBy(node, output, options.expressions);
    return [
      {
        type: 'NodeCompleted',
        node: node.id,
        attempt: node.attempt,
        // Journal values are read-only JSON here and mutable JSON in the schema: one value, two spellings.
        output: output as never,
        ...(closed ? { closed } : {}),
      },
    ];
  } catch (thrown) {
    return failure(run, node, problemOf(thrown), options);
  }
}

/** The journal events of an attempt that failed: another try, what takes its place, or the end of it. */
export function failure(
  run: FoldedRun,
  node: NodeRecord,
  why: Problem,
  { failures, expressions }: ActOptions,
  attempt = node.attempt,
): readonly RunEvent[] {
  const { definition, id, resumptions, tries } = node;
  const { left, level } = run.all.top;
  const response = respondTo(
    {
      problem: why,
      score: definition.criticality,
      stage: stageOf(level.toSettle - left, level.toSettle, failures.responses),
      failures: tries + 1,
      resumptions,
      retry: statedRetry(node),
      fallback: definition.fallback,
      skip: definition.skip !== undefined,
    },
    failures,
  );
  const failed = { type: 'NodeFailed', node: id, attempt, problem: why } as const;
  if (response.do === 'retry') {
    const { variation, pauseMs } = response;
    return [{ ...failed, final: false, pauseMs, ...(variation === 'same' ? {} : { variation }) }];
  }
  const instead = substitution(node, response, expressions);
  return instead ? [{ ...failed, final: true, handled: true }, instead] : [{ ...failed, final: true }];
}

/** Workflows of version 0 state a number of tries alone, and it holds unless the node has a score. */
function statedRetry({ definition: { retry, retries, criticality } }: NodeRecord): Retry | undefined {
  return retry ?? (criticality === undefined ? { tries: retries + 1 } : undefined);
}

/** What takes the place of a node that failed for good. A person is not asked here: the failed run offers the choices. */
function substitution(node: NodeRecord, response: Response, expressions: Expressions): RunEvent | undefined {
  const { id, scope, definition } = node;
  switch (response.do) {
    case 'fallback':
      return { type: 'StandbyCalled', node: scope.prefix + response.node, by: id, as: 'fallback' };
    case 'substitute':
      return valueInstead(node, response.value, expressions);
    case 'skip': {
      const output = definition.skip?.default;
      return { type: 'NodeSkipped', node: id, reason: 'policy', ...(output ? { output } : {}) };
    }
    case 'retry':
      return undefined;
    case 'ask':
    case 'fail': {
      // The standby failed, too: what it stood in for may have a value left.
      const called = node.calledBy?.as === 'fallback' ? node.calledBy.node : undefined;
      const value = called?.definition.fallback?.value;
      return called && value !== undefined ? valueInstead(called, value as Json, expressions) : undefined;
    }
  }
}

/** The stated value takes the place of a node's outputs, unless nothing after it could be decided by it. */
function valueInstead(node: NodeRecord, value: Json, expressions: Expressions): RunEvent | undefined {
  try {
    const closed = closedBy(node, value, expressions);
    const event = { type: 'NodeSubstituted', node: node.id, output: value as never } as const;
    return closed ? { ...event, closed } : event;
  } catch {
    return undefined;
  }
}
