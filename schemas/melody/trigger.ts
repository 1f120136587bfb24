import * as z from 'zod/mini';
import { relativePath, textBetween } from '../wire/common';
import { about, named } from './about';

const common = {
  id: textBetween(1, 100),
  enabled: z.optional(z.boolean()),
  inputs: z.optional(about(z.record(z.string(), z.json()), 'Values for the Melody’s inputs, by node id.')),
};
const globs = () => z.array(textBetween(1, 1000)).check(z.minLength(1), z.maxLength(100));

/** What starts a run. */
export const trigger = named(
  z.discriminatedUnion('on', [
    about(z.strictObject({ on: z.literal('manual'), ...common }), 'A person starts it.'),
    about(
      z.strictObject({
        on: z.literal('file'),
        ...common,
        files: about(globs(), 'Patterns of paths below the workspace folder.'),
        change: z.optional(z.array(z.enum(['created', 'changed', 'deleted'])).check(z.minLength(1))),
      }),
      'A file changes.',
    ),
    about(
      z.strictObject({
        on: z.literal('git'),
        ...common,
        event: z.enum(['commit', 'checkout', 'merge', 'push', 'tag']),
        branches: z.optional(globs()),
      }),
      'Something happens in git.',
    ),
    about(
      z.strictObject({
        on: z.literal('cron'),
        ...common,
        schedule: about(textBetween(9, 200), 'Minute, hour, day, month, weekday.'),
        zone: z.optional(about(textBetween(1, 100), 'IANA time zone (default UTC).')),
        missed: z.optional(
          about(z.enum(['once', 'skip']), 'A missed firing is caught up once, or skipped (default once).'),
        ),
      }),
      'The clock says so.',
    ),
    about(
      z.strictObject({
        on: z.literal('webhook'),
        ...common,
        path: about(
          textBetween(1, 200).check(z.regex(/^[a-z0-9][a-z0-9/-]*$/)),
          'The last part of its address.',
        ),
      }),
      'Something calls, on this computer and with a token.',
    ),
    about(
      z.strictObject({
        on: z.literal('chained'),
        ...common,
        melody: about(relativePath, 'The file of the Melody whose end starts this one.'),
        after: z.enum(['completed', 'failed', 'ended']),
      }),
      'Another run ends.',
    ),
  ]),
  'trigger',
  'What starts a run.',
);
export type Trigger = z.infer<typeof trigger>;
