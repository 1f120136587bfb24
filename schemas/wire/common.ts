import * as z from 'zod';

/** SHA-256 in lower-case hex. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A path below the workspace folder, with forward slashes, never absolute and never climbing out. */
export const relativePath = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.startsWith('/') && !/^[A-Za-z]:/.test(path) && !path.includes('\0'), 'not relative')
  .refine((path) => !path.split('/').includes('..'), 'climbs out of the workspace');

/** A model as `provider/name`, for example `anthropic/claude-sonnet-4-5` or `editor/gpt-5`. */
export const modelId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\/.+$/)
  .max(200);

/** What a plan's work has consumed so far. `usd` is absent where the price is unknown. */
export const usage = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  cachedTokens: z.number().int(),
  usd: z.number().optional(),
});
export type Usage = z.infer<typeof usage>;

export const empty = z.object({});
