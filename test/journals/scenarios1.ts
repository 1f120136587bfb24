/** Stories that use everything version 1 of the journal added; each leaves the events of one run. */
import { createHash } from 'node:crypto';
import type { Workflow, WorkflowNode } from '../../schemas/journal/workflow';
import { problem, type Clock, type Json } from '../../server/base';
import { controlPerformers, expressionsOf } from '../../server/controls';
import type { Engine, Journal, NodeContext, Performer, StartRun } from '../../server/engine';
import { engineOn, settled } from '../unit/engine/support';

/** A world whose engine can be left for a new one on the same journal. */
export interface World {
  readonly journal: Journal;
  readonly clock: Clock;
}

type Story = (begin: () => Engine) => Promise<void>;

const node = (id: string, more: Partial<WorkflowNode> = {}): WorkflowNode => ({
  id,
  kind: 'work',
  title: id,
  after: [],
  resource: 'work',
  params: null,
  retries: 0,
  ...more,
});

const input = (id: string, params: Json): WorkflowNode =>
  node(id, {
    kind: 'input',
    resource: 'control',
    params: params as never,
    inputs: [{ name: 'value', required: false }],
  });

const output = (id: string, from: string, port: string, type = 'json'): WorkflowNode =>
  node(id, {
    kind: 'output',
    resource: 'control',
    params: { type },
    inputs: [{ name: 'value', required: true }],
    edges: [{ from, port, to: 'value' }],
  });

const flow = (nodes: WorkflowNode[], more: Partial<Workflow> = {}): Workflow => ({
  version: 1,
  title: 'Story',
  nodes,
  limits: { work: 2 },
  ...more,
});

const startOf = (workflow: Workflow, more: Partial<StartRun> = {}): StartRun => ({
  title: workflow.title,
  kind: 'melody',
  workflow,
  facts: { model: 'openai/gpt-5' },
  run: 'run-1',
  ...more,
});

const broken = (): Error => problem('verify.failed', { plan: '01-02', command: 'npm test', exitCode: 1 });

/** Does what its params say: `{fails: n}` fails the first n attempts, `{gives}` gives that, `{hangs}` never ends. */
const work: Performer = async (ctx: NodeContext): Promise<Json> => {
  const said = (ctx.params ?? {}) as { fails?: number; final?: boolean; gives?: Json; hangs?: boolean; costs?: number };
  if (said.hangs)
    await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)));
  const costs = said.costs ?? 100;
  await ctx.step('turn 1', async () => ({ said: ctx.node }), () => ({ tokens: costs, usd: costs / 10_000 }));
  if (ctx.attempt <= (said.fails ?? 0))
    throw said.final ? broken() : problem('model.serverError', { provider: 'openai', status: 500, tries: 5 });
  return said.gives ?? { value: [ctx.node, ctx.inputs['in'] ?? null] };
};

const spending: Performer = Object.assign((ctx: NodeContext) => work(ctx), { spends: true });
const reusable: Performer = Object.assign((ctx: NodeContext) => work(ctx), { reusable: true });

/** An engine on `world` with every kind of performer the stories use. */
export function storyEngine({ journal, clock }: World, epoch: string): Engine {
  const expressions = expressionsOf();
  const performers = new Map([
    ['work', work],
    ['agent', spending],
    ['pure', reusable],
    ...controlPerformers({ expressions, clock }),
  ]);
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return engineOn(journal, work, { clock, epoch, performers, expressions, hash });
}

const passed = (id: string, more: Partial<WorkflowNode> = {}): WorkflowNode =>
  node(id, { inputs: [{ name: 'in', required: false, default: null }], ...more });

const conditional = flow([
  input('count', { type: 'number' }),
  node('branch', {
    kind: 'branch',
    resource: 'control',
    params: { cases: [{ port: 'many', when: 'inputs.n > 3' }], otherwise: 'few', carries: 'n' },
    inputs: [{ name: 'n', required: true, type: 'number' }],
    edges: [{ from: 'count', port: 'value', to: 'n' }],
  }),
  passed('many', { edges: [{ from: 'branch', port: 'many', to: 'in' }] }),
  passed('few', {
 edges: [{ from: 'branch', port: 'few', to: 'in' }],
 inputs: [{ name: 'in', required: true }],
 }),
  node('afterFew', { after: ['few'] }),
  node('checked', { params: { gives: { ok: false, value: 1 } } }),
  passed('onlyIfOk', { edges: [{ from: 'checked', port: 'value', to: 'in', when: 'outputs.ok' }] }),
  node('off', { disabled: true }),
  node('eager', {
    needs: 'any',
    eager: true,
    priority: 5,
    edges: [
      { from: 'many', port: 'value', to: 'in', transform: { op: 'pick', path: [0] } },
      { from: 'few', port: 'value', to: 'in' },
    ],
    inputs: [{ name: 'in', required: true, many: true }],
  }),
  output('result', 'eager', 'value'),
]);

const grouped = flow([
  passed('list', { params: { gives: { items: ['a', 'b', 'c'] } } }),
  node('each', {
    kind: 'group',
    edges: [{ from: 'list', port: 'items', to: 'items' }],
    inputs: [{ name: 'items', required: true }],
    body: {
      mode: 'map',
      over: 'items',
      parallel: 2,
      nodes: [
        input('item', { type: 'text' }),
        passed('do', { edges: [{ from: 'item', port: 'value', to: 'in' }] }),
        output('done', 'do', 'value'),
      ],
    },
  }),
  node('again', {
    kind: 'group',
    after: ['each'],
    inputs: [{ name: 'count', required: false, default: 0 }],
    body: {
      mode: 'loop',
      until: 'iteration >= 3',
      most: 5,
      nodes: [
        input('count', { type: 'json' }),
        passed('turn', { edges: [{ from: 'count', port: 'value', to: 'in' }] }),
        output('out', 'turn', 'value'),
        { ...output('next', 'turn', 'value'), params: { type: 'json', port: 'count' } },
      ],
    },
  }),
  output('all', 'each', 'done'),
]);

const substituted = flow(
  [
    node('stumbles', { params: { fails: 1 }, retry: { tries: 3, backoff: 'constant', seconds: 2 } }),
    node('scored', { params: { fails: 2 }, criticality: 80 }),
    passed('falls', { params: { fails: 9, final: true }, fallback: { node: 'standby', value: { value: 'last' } } }),
    passed('standby', { standby: true }),
    node('valued', { params: { fails: 9, final: true }, fallback: { value: { value: 'instead' } } }),
    node('twice', { params: { fails: 9, final: true }, fallback: { node: 'weak' } }),
    node('weak', { standby: true, params: { fails: 9, final: true }, fallback: { node: 'strong' } }),
    node('strong', { standby: true }),
    node('passed', { params: { fails: 9, final: true }, skip: { default: { value: 'usual' } } }),
    passed('all', {
      edges: ['falls', 'valued', 'twice', 'passed'].map((from) => ({ from, port: 'value', to: 'in' })),
      inputs: [{ name: 'in', required: true, many: true }],
    }),
    output('result', 'all', 'value'),
  ],
  { policy: { onFailure: 'continue' } },
);

const undone = flow(
  [
    node('created', { compensate: 'remove' }),
    node('remove', { standby: true }),
    node('booked', { after: ['created'], compensate: 'cancel' }),
    node('cancel', { standby: true, params: { fails: 9, final: true } }),
    node('breaks', { after: ['booked'], params: { fails: 9, final: true } }),
    node('never', { after: ['breaks'] }),
  ],
  { policy: { onFailure: 'compensate' } },
);

const budgeted = flow(
  [
    node('first', { kind: 'agent', params: { costs: 300 } }),
    node('second', { kind: 'agent', after: ['first'], params: { costs: 700 }, budget: { tokens: 900 } }),
    node('third', { kind: 'agent', after: ['second'], params: { costs: 100 } }),
  ],
  { policy: { onFailure: 'stop', budget: { tokens: 1000, usd: 2, minutes: 30 } } },
);

const chain = flow([
  node('one', { kind: 'pure' }),
  passed('two', { kind: 'pure', edges: [{ from: 'one', port: 'value', to: 'in' }] }),
  passed('three', { params: { fails: 1, final: true }, edges: [{ from: 'two', port: 'value', to: 'in' }] }),
  passed('four', { edges: [{ from: 'three', port: 'value', to: 'in' }] }),
  passed('five', { after: ['four'], params: { fails: 9, final: true } }),
  output('result', 'four', 'value'),
]);

const asking = flow([
  input('name', { type: 'text', asks: true }),
  node('go', {
    kind: 'approval',
    resource: 'control',
    params: { prompt: 'Go on?', choices: ['yes', 'no'] },
    after: ['name'],
  }),
  passed('do', { edges: [{ from: 'go', port: 'answer', to: 'in', when: 'outputs.answer == "yes"' }] }),
  output('result', 'do', 'value'),
]);

export const stories: Readonly<Record<string, Story>> = {
  async 'conditions'(begin) {
    await begin().start(startOf(conditional, { inputs: { count: 5 } }));
    await settled(200);
  },
  async 'groups'(begin) {
    await begin().start(startOf(grouped));
    await settled(400);
  },
  async 'groups-cut-off'(begin) {
    const one = begin();
    const rounds = new Promise<void>((resolve) =>
      one.onChanged(({ events }) => {
        if (events.some(({ event }) => event.type === 'RoundBegun' && event.node === 'again' && event.round === 2))
          resolve();
      }),
    );
    await one.start(startOf(grouped));
    await rounds;
    await one.stop();
  },
  async 'substitutes'(begin) {
    await begin().start(startOf(substituted));
    await settled(400);
  },
  async 'compensated'(begin) {
    await begin().start(startOf(undone));
    await settled(300);
  },
  async 'budget-spent'(begin) {
    await begin().start(startOf(budgeted));
    await settled(300);
  },
  async 'timed-out'(begin) {
    const nodes = [node('hangs', { params: { hangs: true } }), node('after', { after: ['hangs'] })];
    await begin().start(startOf(flow(nodes, { policy: { timeoutMinutes: 5 } })));
    await settled(300);
  },
  async 'generations-and-edits'(begin) {
    const one = begin();
    await one.start(startOf(chain));
    await settled(200);
    await one.wish('run-1', { wish: 'edit', node: 'three', params: { gives: { value: 'edited' } } });
    await one.wish('run-1', { wish: 'retry', nodes: ['one'], reason: 'the params were wrong' });
    await settled(200);
    await one.wish('run-1', { wish: 'skip', node: 'five', output: { value: 'by hand' } });
    await settled(200);
  },
  async 'forked'(begin) {
    const one = begin();
    await one.start(startOf(chain, { run: 'run-0' }));
    await settled(200);
    await one.fork('run-0', ['three'], 'run-1');
    await settled(200);
  },
  async 'input-answered'(begin) {
    const trigger = { id: 'trigger-1', on: 'cron 0 9 * * 1', melody: 'weekly.melody.json' };
    await begin().start(startOf(asking, { trigger }));
    await settled(100);
    const two = begin();
    await two.recover();
    await settled(100);
    await two.provide('run-1', 'name', 7);
    await settled(100);
    await two.provide('run-1', 'name', 'Ada');
    await settled(100);
    await two.answer('run-1', 'go/1/approval', 'yes', 'as planned');
    await settled(100);
  },
  async 'paused-in-the-middle'(begin) {
    const one = begin();
    await one.start(startOf(chain));
    await one.wish('run-1', { wish: 'pause', reason: 'to look at it' });
    await settled(200);
  },
};

