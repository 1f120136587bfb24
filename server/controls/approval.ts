import { approvalParams } from '../../schemas/journal/controls';
import type { Performer } from '../engine';
import { paramsOf } from './params';

const usualChoices: readonly string[] = ['approve', 'reject'];

/** Asks a person. The answer comes out whatever it is: what it means is said by the conditions after it. */
export const approvalPerformer: Performer = async (ctx) => {
  const { prompt, choices = usualChoices } = paramsOf(ctx, approvalParams);
  const { answer, note } = await ctx.ask({
    id: 'approval',
    kind: 'approval',
    problem: { code: 'run.approvalAsked', args: { prompt, choices: choices.join(', ') } },
    facts: { inputs: ctx.inputs },
    choices,
  });
  return note === undefined ? { answer } : { answer, note };
};
