import * as z from 'zod/mini';
import { request } from '../define';
import { empty, intBetween, intFrom } from './common';
import { build } from './handshake';

export const sessionOpen = request({
  method: 'session/open',
  direction: 'client→sidecar',
  doc: 'Says what the client can do and learns which workspace, epoch and journal position it has attached to.',
  params: z.object({
    /** The client can answer `lm/*` requests with the editor’s own models. */
    languageModels: z.boolean(),
  }),
  result: z.object({
    workspace: z.string(),
    root: z.string(),
    epoch: z.string(),
    build,
    /** Last journal position; ask `events/since` from the last one seen. */
    position: z.int(),
  }),
  errors: [],
  runs: 'write',
});

export const secretsProvide = request({
  method: 'secrets/provide',
  direction: 'client→sidecar',
  doc: 'Hands API keys to the sidecar’s memory; they are never written, logged or sent back. An empty key forgets it.',
  params: z.object({ keys: z.array(z.object({ provider: z.string(), key: z.string() })) }),
  result: empty,
  errors: [],
  runs: 'write',
});

/** What holds for all runs of a workspace together. Absent members stay as they were. */
export const overall = z.object({
  /** What models may be used for in a day; 0 sets no limit. */
  usdPerDay: z.optional(z.number().check(z.minimum(0))),
  tokensPerDay: z.optional(intFrom(0)),
  /** The base URL of an OTLP/HTTP receiver of metrics and traces; empty: they are sent nowhere. */
  openTelemetry: z.optional(z.union([z.literal(''), z.url({ protocol: /^https?$/ })])),
});
export type Overall = z.infer<typeof overall>;

export const settingsAdjust = request({
  method: 'settings/adjust',
  direction: 'client→sidecar',
  doc: 'Changes what holds for all runs of the workspace together, for as long as the sidecar lives: budgets of a day, and where metrics and traces are sent.',
  params: overall,
  result: empty,
  errors: [],
  runs: 'write',
});

/** Settings of the user’s own (machine or user scope); nothing of a workspace arrives here. */
export const settingsProvide = request({
  method: 'settings/provide',
  direction: 'client→sidecar',
  doc: 'Hands the user’s settings to the sidecar: the model, providers by base URL, and limits per plan.',
  params: z.object({
    model: z.string(),
    providers: z.array(z.object({ name: z.string(), baseUrl: z.url() })),
    limits: z.object({
      turns: intBetween(1, 1000),
      tokens: intFrom(1000),
      usd: z.number().check(z.minimum(0)),
      minutes: z.number().check(z.minimum(1)),
      parallel: intBetween(1, 64),
    }),
    overall: z.optional(overall),
  }),
  result: empty,
  errors: [],
  runs: 'write',
});

export const sidecarStatus = request({
  method: 'sidecar/status',
  direction: 'client→sidecar',
  doc: 'How the sidecar is: process, build, clients, runs in progress, memory, isolation of commands.',
  params: empty,
  result: z.object({
    pid: z.int(),
    build,
    epoch: z.string(),
    startedAt: z.number(),
    clients: z.int(),
    activeRuns: z.int(),
    rssBytes: z.int(),
    dataFolder: z.string(),
    sandbox: z.object({ level: z.enum(['isolated', 'partly', 'none']), detail: z.string() }),
  }),
  errors: [],
  runs: 'read',
});

export const sidecarHandOver = request({
  method: 'sidecar/handOver',
  direction: 'client→sidecar',
  doc: 'A client of a newer build asks the sidecar to end so that its own can start; refused while runs work or other clients are attached.',
  params: z.object({ build }),
  result: z.object({ accepted: z.boolean(), reason: z.enum(['ending', 'notNewer', 'working', 'attached']) }),
  errors: [],
  runs: 'write',
});

export const sidecarStop = request({
  method: 'sidecar/stop',
  direction: 'client→sidecar',
  doc: 'Ends the sidecar after it has flushed its journal. Running nodes go on in the next one.',
  params: empty,
  result: empty,
  errors: [],
  runs: 'write',
});
