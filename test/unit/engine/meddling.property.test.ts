import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { problem } from '../../../server/base';
import { foldAll, type Journal, type Performer, type RunCommand } from '../../../server/engine';
import { engineOn, jumpingClock, memoryJournal, settled, until, workflowOf } from './support';

type Act =
  | { readonly do: RunCommand }
  | { readonly do: 'wait'; readonly turns: number }
  /** The disk is full for this many appends. */
  | { readonly do: 'fill'; readonly appends: number }
  | { readonly do: 'restart' };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('fill' as const), appends: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom<RunCommand>('pause', 'resume', 'retry', 'retry', 'cancel') }),
  },
);

/** People meddle, the disk fills, the process restarts in order: whatever happens, the record stays whole. */
async function check(acts: readonly Act[], flaky: readonly boolean[]): Promise<void> {
  const memory = memoryJournal(jumpingClock());
  let full = 0;
  const journal: Journal = {
    ...memory,
    append: async (...args) => {
      if (full > 0 && full--) throw problem('data.diskFull', { path: 'journal' });
      return memory.append(...args);
    },
  };
  const finished = new Set<string>();
  const twice: string[] = [];
  let life = 0;
  const performer =
    (mine: number): Performer =>
    async (ctx) => {
      const name = `${mine} ${ctx.idempotencyKey}`;
      if (finished.has(name)) twice.push(name);
      await ctx.step('one', async () => 1);
      await ctx.step('two', async () => 2);
      ctx.signal.throwIfAborted();
      finished.add(name);
      if (flaky[Number(ctx.node.slice(1))] && ctx.attempt < 3) throw problem('agent.gaveUp', {});
      return ctx.node;
    };
  const begin = () => engineOn(journal, performer(++life), { epoch: String(life) });

  let engine = begin();
  const nodes = { n0: '', n1: '', n2: 'n0', n3: 'n1 n2', n4: 'n1' };
  const run = await engine.start({
    title: '',
    kind: 'phase',
    workflow: workflowOf(nodes, { work: 2 }),
    facts: {},
  });
  for (const one of acts) {
    switch (one.do) {
      case 'wait':
        await settled(one.turns);
        break;
      case 'fill':
        full = one.appends;
        break;
      case 'restart':
        await engine.stop();
        engine = begin();
        await engine.recover();
        break;
      case 'pause':
      case 'resume':
      case 'cancel':
      case 'retry': {
        const before = memory.events.length;
        const said = await engine.command(run, one.do).then(
          () => 'done',
          (thrown: unknown) => String(thrown),
        );
        assert.match(said, /^done$|run.wrongState|run.nothingToRetry|data.diskFull/);
        if (said === 'done') assert.ok(memory.events.length > before, 'what is done is recorded');
      }
    }
  }
  const state = () => engine.state(run)!.state;
  for (let tries = 0; !['completed', 'cancelled'].includes(state()) && tries < 40; tries++) {
    if (state() === 'paused') await engine.command(run, 'resume').catch(() => undefined);
    if (state() === 'failed') await engine.command(run, 'retry').catch(() => undefined);
    await until(
      () => ['completed', 'cancelled', 'failed', 'paused'].includes(state()),
      `the run ends, not ${state()}`,
    );
  }
  assert.ok(['completed', 'cancelled'].includes(state()), state());
  assert.ok(state() === 'completed' || acts.some((one) => one.do === 'cancel'));
  await settled();
  const replayed = foldAll(memory.read(run))!;
  assert.deepEqual(
    [replayed.state, replayed.seq, [...replayed.nodes]],
    [state(), engine.state(run)!.seq, [...engine.state(run)!.nodes]],
  );
  assert.ok([...replayed.nodes.values()].every(({ state: one }) => one !== 'running' && one !== 'waiting'));
  assert.deepEqual([twice, engine.problems().size], [[], 0]);
  await engine.stop();
}

describe('a run that is meddled with', () => {
  it('keeps its record whole and ends', async () => {
    const flaky = fc.array(fc.boolean(), { minLength: 5, maxLength: 5 });
    await fc.assert(fc.asyncProperty(fc.array(act, { maxLength: 14 }), flaky, check), { numRuns: 300 });
  });
});
