import { branchParams } from '../../schemas/journal/controls';
import type { Expressions, Performer } from '../engine';
import { arrived, paramsOf } from './params';

/**
 * Opens the output of the first case that is true, or of `otherwise`; all others stay out of what it gives, which
 * closes the edges from them. No case and no `otherwise`: every way is closed.
 */
export const branchPerformer = (expressions: Expressions): Performer =>
  Object.assign<Performer, { reusable: true }>(
    async (ctx) => {
      const { cases, otherwise, carries } = paramsOf(ctx, branchParams);
      const { inputs } = ctx;
      const port =
        cases.find(({ when }) => expressions.condition('branch', when, { inputs }))?.port ?? otherwise;
      if (port === undefined) return {};
      return { [port]: (carries === undefined ? undefined : arrived(inputs, carries)) ?? null };
    },
    { reusable: true },
  );
