import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { WorkflowNode } from '../../../schemas/journal/workflow';
import { problem } from '../../../server/base';
import type { Engine, Journal, Performer } from '../../../server/engine';
import { engineOn, jumpingClock, memoryJournal, until } from './support';

type Fate = 'completes' | 'fails' | 'stumbles' | 'asks' | 'steps';

interface Scenario {
  readonly nodes: readonly {
    readonly after: readonly number[];
    readonly fate: Fate;
    readonly resource: string;
  }[];
  /** After how many further appends each life of the engine dies. */
  readonly crashes: readonly number[];
  /** Whether a dying append is durable though nobody hears of it. */
  readonly written: boolean;
  readonly limit: number;
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  nodes: fc.array(
    fc.record({
      after: fc.array(fc.nat(11), { maxLength: 3 }),
      fate: fc.constantFrom<Fate>('completes', 'completes', 'fails', 'stumbles', 'asks', 'steps', 'steps'),
      resource: fc.constantFrom('x', 'y'),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  crashes: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }),
  written: fc.boolean(),
  limit: fc.integer({ min: 1, max: 3 }),
});

/** A journal whose `count + 1`st append never returns, nor any later one: the process is dead to it. */
function dyingAfter(
  journal: Journal,
  count: number,
  written: boolean,
): { journal: Journal; dead: () => boolean } {
  let left = count;
  return {
    dead: () => left < 0,
    journal: {
      ...journal,
      async append(...args) {
        if (--left < 0) {
          if (left === -1 && written) await journal.append(...args);
          return new Promise(() => undefined);
        }
        return journal.append(...args);
      },
    },
  };
}

async function check({ nodes, crashes, written, limit }: Scenario): Promise<void> {
  const workflow = {
    version: 0 as const,
    title: 'random',
    limits: { x: limit },
    nodes: nodes.map(({ after, resource }, i): WorkflowNode => ({
      id: `n${i}`,
      kind: 'work',
      title: '',
      // Edges lead to earlier nodes alone, so that there is no cycle.
      after: after.filter((other) => other < i).map((other) => `n${other}`),
      resource,
      params: null,
      retries: 1,
    })),
  };
  const durable = memoryJournal(jumpingClock());
  const stepsAcknowledged = new Map<string, number>();
  let atWork = 0;
  let life = 0;

  const performerOf =
    (mine: number): Performer =>
    async (ctx) => {
      const i = Number(ctx.node.slice(1));
      const done = (id: string) =>
        durable.events.some(({ event }) => event.type === 'NodeCompleted' && event.node === id);
      assert.ok(!done(ctx.node), `${ctx.node} is not performed again`);
      for (const before of workflow.nodes[i]!.after) assert.ok(done(before), `${before} before ${ctx.node}`);
      if (workflow.nodes[i]!.resource === 'x') assert.ok(++atWork <= limit, 'the limit is kept');
      try {
        switch (nodes[i]!.fate) {
          case 'completes':
            return i;
          case 'fails':
            throw problem('agent.stuck', {});
          case 'stumbles':
            if (ctx.attempt === 1) throw problem('model.serverError', {});
            return i;
          case 'asks': {
            const question = { kind: 'decision', problem: problem('cancelled').problem, facts: {} } as const;
            return (await ctx.ask({ ...question, id: 'q', choices: ['go'] })).answer;
          }
          case 'steps':
            for (const key of ['1', '2', '3']) {
              const name = `${ctx.idempotencyKey}/${key}`;
              const value = await ctx.step(key, async () => {
                assert.ok(!stepsAcknowledged.has(name), `${name} is not worked again`);
                return Number(key);
              });
              assert.equal(value, Number(key));
              stepsAcknowledged.set(name, value);
            }
            return i;
        }
      } finally {
        if (workflow.nodes[i]!.resource === 'x' && mine === life) atWork--;
      }
    };

  const broken: unknown[] = [];
  const guarded =
    (perform: Performer): Performer =>
    (ctx) =>
      perform(ctx).catch((thrown: unknown) => {
        if (thrown instanceof assert.AssertionError) broken.push(thrown);
        throw thrown;
      });

  const create = { title: 'random', kind: 'phase' as const, workflow, facts: {}, run: 'run' };
  const lives = [...crashes, Infinity];
  for (const [number, appends] of lives.entries()) {
    life = number;
    atWork = 0;
    const dying = dyingAfter(durable, appends, written);
    const engine: Engine = engineOn(dying.journal, guarded(performerOf(number)), { epoch: `life ${number}` });
    if (durable.events.length === 0) void engine.start(create);
    else void engine.recover();
    const state = () => engine.state('run')?.state;
    await until(() => {
      const run = engine.state('run');
      if (run && state() === 'waiting')
        for (const { question } of run.questions)
          engine.answer('run', question.id, 'go').catch(() => undefined);
      return dying.dead() || ['completed', 'failed'].includes(state() ?? '');
    }, `life ${number} ends (${state()})`);
    if (dying.dead()) continue;
    const run = engine.state('run')!;
    const fails = nodes.some((_, i) => run.nodes.get(`n${i}`)!.state === 'failed');
    assert.equal(run.state, fails ? 'failed' : 'completed');
    for (const [i, { fate }] of nodes.entries()) {
      const node = run.nodes.get(`n${i}`)!;
      const blocked = workflow.nodes[i]!.after.some((id) => run.nodes.get(id)!.state !== 'completed');
      assert.equal(node.state, blocked ? 'pending' : fate === 'fails' ? 'failed' : 'completed', node.id);
      if (node.state === 'completed') assert.equal(node.output, fate === 'asks' ? 'go' : i);
      assert.ok(node.attempt <= 2);
    }
    await engine.stop();
    break;
  }
  assert.deepEqual(broken, []);
}

describe('a run with crashes', () => {
  it('ends as it must, in order, doing nothing twice that was recorded', async () => {
    await fc.assert(fc.asyncProperty(scenario, check), { numRuns: 300 });
  });
});
