import { inputParams } from '../../schemas/journal/controls';
import { problem, type Json } from '../base';
import type { NodeContext, Performer } from '../engine';
import { checkValue, type Misfit } from '../melody';
import { paramsOf } from './params';
import { fitting } from './passing';

/** Wrong answers after which the node fails rather than asks again: whoever answers does not know the type. */
const mostAnswers = 20;

/**
 * A value enters: the one that was given, else the default, else the answer of a person. In the body of a group
 * nobody is asked; where nothing arrives, nothing comes out.
 */
export const inputPerformer: Performer = async (ctx) => {
  const { type, default: usual, asks } = paramsOf(ctx, inputParams);
  const { value } = ctx.inputs;
  const given = value === undefined ? (usual as Json | undefined) : value;
  if (given !== undefined) return { value: fitting(ctx, 'value', type, given) };
  return asks === true ? { value: await askFor(ctx, type) } : {};
};

async function askFor(ctx: NodeContext, type: string): Promise<Json> {
  let misfit: Misfit | undefined;
  for (let round = 1; round <= mostAnswers; round++) {
    const { value } = await ctx.ask({
      id: `value-${round}`,
      kind: 'input',
      problem:
        misfit === undefined
          ? { code: 'run.inputAsked', args: { input: ctx.node, expected: type } }
          : { code: 'run.inputMisfit', args: { input: ctx.node, ...misfit } },
      facts: { type },
      choices: ['give'],
    });
    misfit = value === undefined ? { expected: type, actual: 'nothing' } : checkValue(type, value);
    if (misfit === undefined) return value!;
  }
  throw problem('workflow.valueMisfit', { node: ctx.node, port: 'value', ...misfit! });
}
