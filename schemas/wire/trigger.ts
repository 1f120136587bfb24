import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/question';
import { intBetween, relativePath, textBetween } from './common';

const triggerKind = z.enum(['manual', 'file', 'git', 'cron', 'webhook', 'chained']);
const named = { melody: relativePath, trigger: textBetween(1, 200) };

/** One moment at which a trigger was due, and what came of it. */
export const firing = z.object({
  id: z.int(),
  melody: z.string(),
  trigger: z.string(),
  on: triggerKind,
  due: z.number(),
  at: z.number(),
  /** How many earlier due moments it stands for, too. */
  missed: z.int(),
  state: z.enum(['due', 'started', 'skipped', 'failed']),
  run: z.nullable(z.string()),
  problem: z.nullable(problemSchema),
  cause: z.json(),
});
export type FiringView = z.infer<typeof firing>;

export const triggerView = z.object({
  melody: z.string(),
  trigger: z.string(),
  on: z.nullable(triggerKind),
  state: z.enum(['ready', 'off', 'disarmed', 'armed', 'changed', 'paused', 'broken']),
  problem: z.nullable(problemSchema),
  armedAt: z.nullable(z.number()),
  nextDue: z.nullable(z.number()),
  last: z.nullable(firing),
  address: z.nullable(z.string()),
});

/** What can be wrong with a trigger that is named. */
const errors = [
  'trigger.unknown',
  'trigger.melodyUnknown',
  'trigger.restricted',
  'trigger.off',
  'data.diskFull',
  'data.readOnly',
] as const;

export const triggerList = request({
  method: 'trigger/list',
  direction: 'client→sidecar',
  doc: 'All triggers of the Melodies of the workspace, and armed ones that are gone from their file.',
  params: z.object({}),
  result: z.object({ triggers: z.array(triggerView) }),
  errors: [],
  runs: 'read',
});

export const triggerArm = request({
  method: 'trigger/arm',
  direction: 'client→sidecar',
  doc: 'Lets a trigger fire by itself, as its Melody is now. A webhook’s address and token are told here alone.',
  params: z.object(named),
  result: z.object({
    trigger: triggerView,
    webhook: z.nullable(z.object({ url: z.string(), token: z.string() })),
  }),
  errors: [
    ...errors,
    'trigger.manual',
    'trigger.schedule',
    'trigger.glob',
    'trigger.pathTaken',
    'trigger.watchFailed',
  ],
  runs: 'write',
});

export const triggerDisarm = request({
  method: 'trigger/disarm',
  direction: 'client→sidecar',
  doc: 'Takes back that a trigger may fire; a webhook’s token is forgotten.',
  params: z.object(named),
  result: z.object({}),
  errors: ['trigger.notArmed'],
  runs: 'write',
});

export const triggerFire = request({
  method: 'trigger/fire',
  direction: 'client→sidecar',
  doc: 'Fires a trigger by hand, armed or not; fails with what keeps its run from starting.',
  params: z.object({ ...named, inputs: z.record(z.string(), z.json()) }),
  result: z.object({ firing }),
  errors: [...errors, 'run.notApproved', 'run.inputMisfit', 'model.none', 'melody.changed'],
  runs: 'write',
});

export const triggerHistory = request({
  method: 'trigger/history',
  direction: 'client→sidecar',
  doc: 'What triggers did, the newest first.',
  params: z.object({ limit: intBetween(1, 1000) }),
  result: z.object({ firings: z.array(firing) }),
  errors: [],
  runs: 'read',
});
