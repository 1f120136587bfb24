import * as z from 'zod/mini';
import { intBetween, intFrom, textBetween } from '../wire/common';
import { about, named } from './about';

/** What a node or a run may consume; it is granted before the work and hard. */
export const budget = named(
  z.strictObject({
    tokens: z.optional(about(intFrom(1), 'Tokens of models, in and out together.')),
    usd: z.optional(about(z.number().check(z.gt(0)), 'US dollars.')),
    minutes: z.optional(about(z.number().check(z.gt(0)), 'Minutes of work, waiting for people not counted.')),
  }),
  'budget',
  'What may be consumed; granted before the work, and hard.',
);

export const retry = named(
  z.strictObject({
    tries: about(intBetween(1, 20), 'Tries in all, the first one included.'),
    backoff: z.optional(
      about(z.enum(['constant', 'linear', 'exponential']), 'How the pause grows (default exponential).'),
    ),
    seconds: z.optional(
      about(z.number().check(z.minimum(0), z.maximum(86_400)), 'The first pause (default 1).'),
    ),
    mostSeconds: z.optional(
      about(z.number().check(z.minimum(0), z.maximum(86_400)), 'No pause is longer (default 60).'),
    ),
  }),
  'retry',
  'How often a failing node is tried, and how long it pauses between.',
);

export const timeoutMinutes = z.number().check(z.gt(0), z.maximum(43_200));

/** What happens to a node that goes wrong. At most one of `fallback` and `skip` can apply. */
export const nodePolicy = named(
  z.strictObject({
    retry: z.optional(retry),
    timeoutMinutes: z.optional(about(timeoutMinutes, 'One try may take this long.')),
    fallback: z.optional(
      about(
        z.strictObject({
          node: z.optional(about(textBetween(1, 200), 'The node that does the work instead.')),
          value: z.optional(about(z.json(), 'The outputs to go on with, by port.')),
        }),
        'What takes the place of a node that failed for good: another node, or values.',
      ),
    ),
    skip: z.optional(
      about(
        z.strictObject({
          default: z.optional(about(z.record(z.string(), z.json()), 'Values of the outputs, by port.')),
        }),
        'A node that failed for good is passed over.',
      ),
    ),
    compensate: z.optional(
      about(
        z.strictObject({ node: textBetween(1, 200) }),
        'The node that undoes this one’s effect when the run fails later.',
      ),
    ),
    budget: z.optional(budget),
  }),
  'policy',
  'What happens when the node goes wrong, and what it may consume.',
);

export const runPolicy = about(
  z.strictObject({
    retry: z.optional(retry),
    timeoutMinutes: z.optional(about(timeoutMinutes, 'The whole run may take this long.')),
    onFailure: z.optional(
      about(
        z.enum(['stop', 'continue', 'compensate']),
        'After a node failed for good: start nothing more, go on with what does not need it, or undo (default stop).',
      ),
    ),
    budget: z.optional(budget),
  }),
  'What holds for the whole run; `retry` is the default of its nodes.',
);

export type Budget = z.infer<typeof budget>;
export type Retry = z.infer<typeof retry>;
export type NodePolicy = z.infer<typeof nodePolicy>;
export type RunPolicy = z.infer<typeof runPolicy>;
