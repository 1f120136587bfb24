import * as z from 'zod/mini';
import { codes, type Code } from '../codes';

/** A problem as recorded and sent: a code of the table and its arguments. */
export const problemSchema = z.object({
  code: z.enum(Object.keys(codes) as [Code, ...Code[]]),
  args: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** What a run asks a person; it waits until one of `choices` is answered. */
export const question = z.object({
  id: z.string(),
  /** Decides how a front end shows it. */
  kind: z.enum(['approveCommand', 'mergeConflict', 'retryNode', 'decision', 'approval', 'input']),
  problem: problemSchema,
  /** Facts to show beside the sentence: the command, the files, the output's tail. */
  facts: z.record(z.string(), z.json()),
  choices: z.array(z.string()).check(z.minLength(1)),
});

/** What work consumed, or may consume: tokens of models, US dollars, minutes of work. */
export const spending = z.object({
  tokens: z.optional(z.number()),
  usd: z.optional(z.number()),
  minutes: z.optional(z.number()),
});
export type Spending = z.infer<typeof spending>;

export type Question = z.infer<typeof question>;
