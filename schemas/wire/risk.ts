import * as z from 'zod/mini';

/** Why a person should look twice at a change; texts are in the tables of the front ends. */
export const riskFlags = [
  'executableConfiguration',
  'script',
  'lockFile',
  'ci',
  'symlink',
  'mode',
  'bidi',
  'invisible',
  'secret',
  'deletion',
  'generated',
  'testWeakened',
  'testRemoved',
  'binary',
] as const;
export const riskFlag = z.enum(riskFlags);
export type RiskFlag = z.infer<typeof riskFlag>;
