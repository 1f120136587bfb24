/**
 * controls: the performers of a Melody's control nodes, and the language of its conditions for the engine.
 * Invariant: they decide, pass values on, wait and ask people; they call no model, run no command and change no file.
 */
import { workflowKinds } from '../../schemas/journal/controls';
import type { Clock } from '../base';
import type { Expressions, Performers } from '../engine';
import { approvalPerformer } from './approval';
import { branchPerformer } from './branch';
import { inputPerformer } from './input';
import { mergePerformer, outputPerformer, passingPerformer } from './passing';
import { waitPerformer } from './wait';

export { expressionsOf } from './expressions';

/** Performers by kind. Groups are the engine's own; instruments and operators are other rooms'. */
export function controlPerformers({
  expressions,
  clock,
}: {
  readonly expressions: Expressions;
  readonly clock: Clock;
}): Performers {
  return new Map([
    [workflowKinds.branch, branchPerformer(expressions)],
    [workflowKinds.merge, mergePerformer],
    [workflowKinds.join, passingPerformer],
    [workflowKinds.parallel, passingPerformer],
    [workflowKinds.approval, approvalPerformer],
    [workflowKinds.wait, waitPerformer(clock)],
    [workflowKinds.input, inputPerformer],
    [workflowKinds.output, outputPerformer],
  ]);
}
