/** A run told event by event, for tests of what is made of its fold. */
import type { RecordedEvent, RunEvent } from '../../../schemas';
import type { Json } from '../../../server/base';
import { foldAll, type RunFold } from '../../../server/engine';
import type { ExecutablePlan } from '../../../server/planning';
import type { RunFacts } from '../../../server/runs/facts';
import { phaseWorkflow } from '../../../server/templates';

export const plan = (id: string, wave: number, verify: string[] = ['npm test']): ExecutablePlan => ({
  id,
  file: `.planning/phases/01-x/${id}-PLAN.md`,
  title: `Plan ${id}`,
  objective: '',
  text: `text of ${id}`,
  wave,
  after: [],
  files: [],
  verify,
  done: false,
});

const plans = [plan('01-01', 1), plan('01-02', 1), plan('01-03', 2)];

export const facts: RunFacts = {
  title: 'Phase 1: Things',
  base: { commit: 'base', tree: 'basetree' },
  model: 'scripted/sample',
  limits: { turns: 10, tokens: 1000, usd: 1, minutes: 10 },
  plans: plans.map(({ id, title, text, verify }) => ({ id, title, text, files: [], verify: [...verify] })),
  ask: null,
  phase: '1',
  at: 1000,
};

const created: RunEvent = {
  type: 'RunCreated',
  title: facts.title,
  kind: 'phase',
  workflow: phaseWorkflow(
    { id: '1', name: 'Things', directory: '.planning/phases/01-x', plans, problems: [] },
    { parallel: 2 },
  ),
  facts: facts as unknown as Record<string, never>,
};

/** The events of a run from its beginning, numbered and a second apart. */
export function recorded(...events: RunEvent[]): RecordedEvent[] {
  return [created, ...events].map((event, index) => ({
    position: index + 1,
    run: 'run-1',
    seq: index + 1,
    at: 1000 + index * 1000,
    event,
  }));
}

export const told = (...events: RunEvent[]): RunFold => foldAll(recorded(...events))!;

export const started = (node: string): RunEvent => ({ type: 'NodeStarted', node, attempt: 1 });
export const completed = (node: string, output: Json): RunEvent => ({
  type: 'NodeCompleted',
  node,
  attempt: 1,
  output: output as never,
});
export const reply = (node: string, turn: number, inputTokens: number, usd?: number): RunEvent => ({
  type: 'StepRecorded',
  node,
  attempt: 1,
  key: `model:${turn}`,
  outcome: {
    reply: {
      text: '',
      calls: [],
      finish: 'tools',
      usage: { inputTokens, outputTokens: 5, cachedTokens: 0, ...(usd === undefined ? {} : { usd }) },
    },
    ms: 1,
  },
});
