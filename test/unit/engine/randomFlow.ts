import fc from 'fast-check';
import type { Workflow, WorkflowEdge, WorkflowNode } from '../../../schemas/journal/workflow';
import { problem, type Json } from '../../../server/base';
import type { Expressions, NodeContext, Performer } from '../../../server/engine';

/** What becomes of a node's work; a pure function of the node and its inputs, so that equal runs end equal. */
type Fate = 'gives' | 'fails' | 'stumbles' | 'steps' | 'asks' | 'withholds';

interface Plan {
  readonly fate: Fate;
  readonly ways: readonly { readonly from: number; readonly by: 'order' | 'value' | 'condition' | 'no' }[];
  readonly needs: 'all' | 'any' | 2;
  readonly handled: 'not' | 'value' | 'standby' | 'skip';
  readonly resource: string;
  readonly priority: number;
  readonly body: { readonly mode: 'once' | 'loop' | 'map'; readonly plans: readonly Plan[] } | null;
}

const planOf = (body: fc.Arbitrary<Plan['body']>): fc.Arbitrary<Plan> =>
  fc.record({
    fate: fc.constantFrom<Fate>('gives', 'gives', 'gives', 'steps', 'stumbles', 'asks', 'fails', 'withholds'),
    ways: fc.array(
      fc.record({
        from: fc.nat(9),
        by: fc.constantFrom(
          'order' as const,
          'value' as const,
          'value' as const,
          'condition' as const,
          'no' as const,
        ),
      }),
      { maxLength: 3 },
    ),
    needs: fc.constantFrom('all' as const, 'all' as const, 'any' as const, 2 as const),
    handled: fc.constantFrom(
      'not' as const,
      'not' as const,
      'value' as const,
      'standby' as const,
      'skip' as const,
    ),
    resource: fc.constantFrom('x', 'y'),
    priority: fc.integer({ min: -2, max: 2 }),
    body,
  });

const inner = planOf(fc.constant(null));
const bodies = fc.option(
  fc.record({
    mode: fc.constantFrom('once' as const, 'loop' as const, 'map' as const),
    plans: fc.array(inner, { minLength: 1, maxLength: 3 }),
  }),
  { freq: 4, nil: null },
);

export interface Flow {
  readonly workflow: Workflow;
}

/** Workflows of every feature: values, conditions, joins, substitutes, groups in which all of that lies again. */
export const flows: fc.Arbitrary<Flow> = fc
  .record({
    plans: fc.array(planOf(bodies), { minLength: 1, maxLength: 9 }),
    limit: fc.constantFrom(1, 4, 64),
    onFailure: fc.constantFrom('continue' as const, 'stop' as const),
  })
  .map(({ plans, limit, onFailure }) => ({
    workflow: {
      version: 1,
      title: 'random',
      limits: { x: limit, '*': limit },
      policy: { onFailure },
      nodes: nodesOf(plans),
    },
  }));

function nodesOf(plans: readonly Plan[]): WorkflowNode[] {
  return plans.flatMap((plan, i): WorkflowNode[] => {
    const ways = plan.ways.filter(({ from }) => from < i);
    const standby = { ...base(`s${i}`, 'gives', plan.resource), standby: true };
    const node: WorkflowNode = {
      ...base(`n${i}`, plan.fate, plan.resource),
      after: ways.filter(({ by }) => by === 'order').map(({ from }) => `n${from}`),
      edges: ways.filter(({ by }) => by !== 'order').map(edgeOf),
      inputs: [{ name: 'in', required: false, many: true, default: [] }],
      needs: plan.needs,
      priority: plan.priority,
      ...(plan.handled === 'value' ? { fallback: { value: { out: [-i], yes: true, no: false } } } : {}),
      ...(plan.handled === 'standby' ? { fallback: { node: `s${i}` } } : {}),
      ...(plan.handled === 'skip' ? { skip: { default: { out: [0] } } } : {}),
    };
    const { body } = plan;
    if (!body) return [node, standby];
    const nodes = [
      { ...base('item', 'gives', 'y'), kind: 'input' },
      ...nodesOf(body.plans),
      { ...base('out', 'gives', 'y'), kind: 'output', edges: [{ from: 'n0', port: 'out', to: 'value' }] },
    ];
    const group = { mode: body.mode, nodes, over: 'in', most: 2, parallel: 2 };
    return [{ ...node, kind: 'group', body: group }, standby];
  });
}

const base = (id: string, fate: Fate, resource: string): WorkflowNode => ({
  id,
  kind: 'work',
  title: id,
  after: [],
  resource,
  params: fate,
  retries: 1,
});

function edgeOf({ from, by }: Plan['ways'][number]): WorkflowEdge {
  if (by === 'value') return { from: `n${from}`, port: 'out', to: 'in' };
  return { from: `n${from}`, when: by === 'condition' ? 'yes' : 'no' };
}

/** Conditions are the name of an output; those of a group are absent, and so false. */
export const expressions: Expressions = {
  condition: (_scope, text, values) => (values['outputs'] as Record<string, Json>)[text] === true,
  transform: (_how, value) => value,
  misfit: () => undefined,
};

/** Performs a node as its params say; `worked` hears of every step that is worked. */
export function performerOf(worked: (step: string) => void): Performer {
  return async (ctx: NodeContext): Promise<Json> => {
    await new Promise((resolve) => setImmediate(resolve));
    const output = { out: [ctx.node.length, ctx.inputs['in'] ?? null], yes: true, no: false };
    switch (ctx.params as Fate) {
      case 'gives':
        return output;
      case 'withholds':
        return { yes: true };
      case 'fails':
        throw problem('agent.stuck', {});
      case 'stumbles':
        if (ctx.attempt % 2 === 1) throw problem('model.serverError', {});
        return output;
      case 'steps':
        for (const key of ['1', '2'])
          await ctx.step(key, async () => {
            worked(`${ctx.idempotencyKey}/${key}`);
            return key;
          });
        return output;
      case 'asks': {
        const why = problem('cancelled').problem;
        const { answer } = await ctx.ask({
          id: 'q',
          kind: 'decision',
          problem: why,
          facts: {},
          choices: ['go'],
        });
        return { ...output, answer };
      }
    }
  };
}

/** Passes inputs on, as the nodes at the ends of a body do. */
export const passing: Performer = (ctx) => Promise.resolve(ctx.inputs as Json);
