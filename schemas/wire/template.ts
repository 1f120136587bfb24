import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/question';
import { parameter } from '../template/parameter';
import { intBetween, intFrom, textBetween, textUpTo } from './common';

const templateId = textBetween(1, 200);
/** `1.2.3`, `^1.2.0`, `>=1 <3`; absent: the newest. */
const version = z.optional(textBetween(1, 100));

export const templateSummary = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  version: z.string(),
  author: z.string(),
  category: z.string(),
  tags: z.array(z.string()),
  origin: z.enum(['builtIn', 'user', 'workspace']),
  /** Empty for built-in ones. */
  file: z.string(),
});
export type TemplateInList = z.infer<typeof templateSummary>;

export const templateList = request({
  method: 'template/list',
  direction: 'client→sidecar',
  doc: 'A page of the templates that fit, best first; without words built-in ones first, then by name.',
  params: z.object({
    text: z.optional(textUpTo(200)),
    tags: z.optional(z.array(textUpTo(100)).check(z.maxLength(20))),
    category: z.optional(textUpTo(100)),
    author: z.optional(textUpTo(100)),
    limit: intBetween(1, 500),
    offset: intFrom(0),
  }),
  result: z.object({
    total: z.int(),
    templates: z.array(templateSummary),
    /** What is wrong with files of templates that were left out. */
    problems: z.array(problemSchema),
  }),
  errors: [],
  runs: 'read',
});

export const templateShow = request({
  method: 'template/show',
  direction: 'client→sidecar',
  doc: 'One template with what it asks for.',
  params: z.object({ id: templateId, version }),
  result: z.object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    version: z.string(),
    /** All there are, newest first. */
    versions: z.array(z.string()),
    parameters: z.array(parameter),
  }),
  errors: ['template.unknown', 'template.versionUnknown'],
  runs: 'read',
});

export const templateInstantiate = request({
  method: 'template/instantiate',
  direction: 'client→sidecar',
  doc: 'Makes a Melody of a template; with problems there is none. Nothing is written.',
  params: z.object({ id: templateId, version, values: z.record(z.string(), z.json()) }),
  result: z.object({
    /** The text of the file; null where there are problems or errors. */
    text: z.nullable(z.string()),
    /** Defaults that were taken, by parameter. */
    defaults: z.record(z.string(), z.json()),
    problems: z.array(z.object({ parameter: z.string(), problem: problemSchema })),
    /** What checking the Melody found. */
    findings: z.array(problemSchema),
  }),
  errors: ['template.unknown', 'template.versionUnknown'],
  runs: 'read',
});
