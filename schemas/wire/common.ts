import { en } from 'zod/locales';
import * as z from 'zod/mini';

// The small zod comes without words; with these, a refusal says what was expected and what was found.
z.config(en());

/** A text of at most `longest` characters. */
export const textUpTo = (longest: number) => z.string().check(z.maxLength(longest));

/** A text of `shortest` to `longest` characters. */
export const textBetween = (shortest: number, longest: number) =>
  z.string().check(z.minLength(shortest), z.maxLength(longest));

/** A whole number, `least` or more. */
export const intFrom = (least: number) => z.int().check(z.minimum(least));

/** A whole number from `least` to `most`, both included. */
export const intBetween = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));

/** SHA-256 in lower-case hex. */
export const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** A path below the workspace folder, with forward slashes, never absolute and never climbing out. */
export const relativePath = textBetween(1, 4096).check(
  z.refine(
    (path) => !path.startsWith('/') && !/^[A-Za-z]:/.test(path) && !path.includes('\0'),
    'not relative',
  ),
  z.refine((path) => !path.split('/').includes('..'), 'climbs out of the workspace'),
);

/** A model as `provider/name`, for example `anthropic/claude-sonnet-4-5` or `editor/gpt-5`. */
export const modelId = z.string().check(z.regex(/^[a-z][a-z0-9-]*\/.+$/), z.maxLength(200));

/** What a plan's work has consumed so far. `usd` is absent where the price is unknown. */
export const usage = z.object({
  inputTokens: z.int(),
  outputTokens: z.int(),
  cachedTokens: z.int(),
  usd: z.optional(z.number()),
});
export type Usage = z.infer<typeof usage>;

export const empty = z.object({});
