import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/events';

/** The five services of the Pit, in the order in which they are shown. */
export const pitServices = ['pool', 'tracker', 'artifacts', 'arbitration', 'stale'] as const;

/** One line about a thing a service looks after: a model, a lock, a run, a policy. Facts are numbers or short texts. */
export const pitRow = z.object({
  id: z.string(),
  /** What the thing is called by its users; shown as it is. */
  label: z.string(),
  /** A word from a fixed list of the service, for example `hot`, `waiting`, `archived`; picks icon and text. */
  state: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});
export type PitRow = z.infer<typeof pitRow>;

export const pitService = z.object({
  name: z.enum(pitServices),
  state: z.enum(['stopped', 'starting', 'running', 'failed']),
  /** Why it failed. */
  problem: z.nullable(problemSchema),
  startedInMs: z.nullable(z.number()),
  /** Totals by name, for example `artifacts`, `bytes`, `waiting`; names are listed in docs/pit.md. */
  totals: z.record(z.string(), z.number()),
  /** The most telling rows, at most a hundred. */
  rows: z.array(pitRow),
});
export type PitServiceStatus = z.infer<typeof pitService>;

export const pitStatus = request({
  method: 'pit/status',
  direction: 'client→sidecar',
  doc: 'How the five services of the Pit are and what they look after.',
  params: z.object({}),
  result: z.object({ services: z.array(pitService) }),
  errors: [],
  runs: 'read',
});

export const pitRestart = request({
  method: 'pit/restart',
  direction: 'client→sidecar',
  doc: 'Stops the five services and starts them again, as one; what they keep is on disk. Refused while runs work.',
  params: z.object({}),
  result: z.object({ services: z.array(pitService) }),
  errors: ['pit.busy'],
  runs: 'write',
});
