import * as z from 'zod/mini';
import { request } from '../define';
import { empty, intBetween, intFrom, textBetween } from './common';

/** Something that took time; ids are hex and the same whenever the trace is made. */
export const span = z.object({
  trace: z.string(),
  id: z.string(),
  parent: z.nullable(z.string()),
  name: z.string(),
  /** Milliseconds since the epoch; no end while it is under way. */
  start: z.number(),
  end: z.nullable(z.number()),
  status: z.enum(['unset', 'ok', 'error']),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type SpanView = z.infer<typeof span>;

export const runTrace = request({
  method: 'run/trace',
  direction: 'client→sidecar',
  doc: 'The trace of a run: a span for the run and for each attempt, model call, tool, command, merge and question; as spans or as an OTLP/JSON trace request. Nothing a person or a model wrote is in it. Ask again with `after` while `more`.',
  params: z.object({
    run: textBetween(1, 200),
    /** How many spans the client has already. */
    after: z.optional(intFrom(0)),
    limit: intBetween(1, 2000),
    format: z.enum(['spans', 'otlp']),
  }),
  result: z.object({ spans: z.array(span), otlp: z.nullable(z.json()), more: z.boolean() }),
  errors: ['run.unknown'],
  runs: 'read',
});

export const metricsShow = request({
  method: 'metrics/show',
  direction: 'client→sidecar',
  doc: 'What the sidecar has counted and timed since it started, in the text format of Prometheus.',
  params: empty,
  result: z.object({ text: z.string() }),
  errors: [],
  runs: 'read',
});
