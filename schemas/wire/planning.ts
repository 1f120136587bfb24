import * as z from 'zod/mini';
import { notification, request } from '../define';
import { problemSchema } from '../journal/events';
import { empty } from './common';

const state = z.enum(['none', 'planned', 'running', 'partial', 'complete', 'waiting', 'failed']);

/** Where a fact stands: a file below the workspace folder and its 1-based line. */
const place = z.object({ file: z.string(), line: z.int() });

export const taskView = z.object({ name: z.string(), type: z.string(), place, done: z.boolean() });

export const planView = z.object({
  /** Canonical id within the project, for example `03-01`. */
  id: z.string(),
  title: z.string(),
  place,
  wave: z.int(),
  dependsOn: z.array(z.string()),
  state,
  tasks: z.array(taskView),
});

export const phaseView = z.object({
  /** Key that stays unique when numbers repeat after a milestone: `milestone|id|directory`. */
  key: z.string(),
  id: z.string(),
  name: z.string(),
  goal: z.string(),
  state,
  place,
  /** Folder below the workspace, or null where only the roadmap names the phase. */
  directory: z.nullable(z.string()),
  plans: z.array(planView),
});

export const milestoneView = z.object({
  key: z.string(),
  name: z.string(),
  state: z.enum(['open', 'active', 'shipped']),
  place: z.nullable(place),
  phases: z.array(phaseView),
});

export const planningView = z.object({
  /** Grows with every change; equal revisions are equal views. */
  revision: z.int(),
  present: z.boolean(),
  project: z.string(),
  milestones: z.array(milestoneView),
  /** What could not be understood, each with its place in `args.file` and `args.line`. */
  problems: z.array(problemSchema),
});

export type TaskView = z.infer<typeof taskView>;
export type PlanView = z.infer<typeof planView>;
export type PhaseView = z.infer<typeof phaseView>;
export type MilestoneView = z.infer<typeof milestoneView>;
export type PlanningView = z.infer<typeof planningView>;

export const planningShow = request({
  method: 'planning/show',
  direction: 'client→sidecar',
  doc: 'The planning tree of the workspace: milestones, phases, plans and tasks with their states.',
  params: empty,
  result: planningView,
  errors: [],
  runs: 'read',
});

export const planningChanged = notification({
  method: 'planning/changed',
  direction: 'sidecar→client',
  doc: 'Files under .planning changed; ask `planning/show` again.',
  params: z.object({ revision: z.int() }),
});
