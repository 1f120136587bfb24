import type { Problem } from '../../schemas/codes';
import type { RunEvent } from '../../schemas/journal/events';
import type { WorkflowNode } from '../../schemas/journal/workflow';
import { problemOf, type Json } from '../base';
import type { NodeRecord } from './node';
import type { Expressions } from './ports';
import { isFinal } from './retry';
import { closedBy } from './values';

/**
 * The journal events of an attempt that ended well. A condition after it that cannot be evaluated is a
 * failure of the node: what comes after it could not be decided.
 */
export function completion(node: NodeRecord, output: Json, expressions: Expressions): readonly RunEvent[] {
  try {
    const closed = closedBy(node, output, expressions);
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
    return failure(node, problemOf(thrown));
  }
}

/** The journal events of an attempt that failed: another try, what takes its place, or the end of it. */
export function failure(node: NodeRecord, why: Problem, attempt = node.attempt): readonly RunEvent[] {
  const { definition, id } = node;
  const failed = { type: 'NodeFailed', node: id, attempt, problem: why } as const;
  if (!isFinal(why) && node.tries + 1 < triesOf(definition)) return [{ ...failed, final: false }];
  const instead = substitution(node);
  return [{ ...failed, final: true, ...(instead ? { handled: true } : {}) }, ...(instead ? [instead] : [])];
}

/** How often a node is tried in all. */
export const triesOf = ({ retry, retries }: WorkflowNode): number => retry?.tries ?? retries + 1;

/** What takes the place of a node that failed for good, by its own policy. */
function substitution({ id, scope, definition }: NodeRecord): RunEvent | undefined {
  const { fallback, skip } = definition;
  if (fallback?.node !== undefined) {
    const standby = scope.prefix + fallback.node;
    return { type: 'StandbyCalled', node: standby, by: id, as: 'fallback' };
  }
  if (fallback?.value !== undefined) return { type: 'NodeSubstituted', node: id, output: fallback.value };
  if (!skip) return undefined;
  const output = skip.default === undefined ? {} : { output: skip.default };
  return { type: 'NodeSkipped', node: id, reason: 'policy', ...output };
}
