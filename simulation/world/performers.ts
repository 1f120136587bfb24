import { problem, type Json } from '../../server/base';
import type { NodeContext, Performer, Performers } from '../../server/engine';
import { hashOf } from '../dice';
import type { Performance } from '../model/model';
import type { Life } from './life';
import type { Behaviour } from './plan';

/** The performers of one process: each does what the seed says for this attempt. */
export function performersOf(life: Life): Performers {
  const work: Performer = (ctx) => perform(life, ctx);
  const pure: Performer = Object.assign((ctx: NodeContext) => perform(life, ctx), { reusable: true });
  const spender: Performer = Object.assign((ctx: NodeContext) => perform(life, ctx), { spends: true });
  return new Map([
    ['work', work],
    ['pure', pure],
    ['spender', spender],
  ]);
}

/** What a node gives: the same in every attempt, so that it can be taken over. */
export function outputOf(node: string): {
  readonly by: string;
  readonly flag: boolean;
  readonly value: string;
} {
  return { by: node, flag: hashOf(node) % 3 > 0, value: `of ${node}` };
}

async function perform(life: Life, ctx: NodeContext): Promise<Json> {
  const { world } = life;
  if (!life.isAlive()) return forever();
  const { run, node, attempt } = ctx;
  const one: Performance = { life: life.number, run, node, attempt };
  const dice = world.dice.fork(`perform ${run} ${node} ${attempt} ${life.number}`);
  const behaviour = world.calm ? 'quick' : dice.pick(world.plan.behaviours);
  world.note(life, `performs ${run} ${node}/${attempt}: ${behaviour}`);
  world.model.performing(one, ctx.inputs);
  life.boundary('performer', 'performer began');
  try {
    await alive(life, act(life, ctx, one, behaviour, dice.between(1, 4), dice.pick([5, 500, 5_000])));
    life.boundary('performer', 'performer ends');
    if (!life.isAlive()) return await forever();
    return outputOf(node);
  } finally {
    if (life.isAlive()) {
      world.note(life, `performed ${run} ${node}/${attempt}`);
      world.model.performed(one);
    }
  }
}

async function act(
  life: Life,
  ctx: NodeContext,
  one: Performance,
  behaviour: Behaviour,
  count: number,
  ms: number,
): Promise<void> {
  switch (behaviour) {
    case 'quick':
      return;
    case 'slow':
      return life.clock.sleep(ms, ctx.signal);
    case 'steps':
      for (let i = 0; i < count; i++)
        await ctx.step(
          `step ${i}`,
          async () => {
            life.world.model.stepping(one, `step ${i}`);
            await life.clock.sleep(ms / 10, ctx.signal);
            return i;
          },
          () => ({ tokens: 10 }),
        );
      return;
    case 'ask':
      await ctx.ask({
        id: 'go',
        kind: 'decision',
        problem: { code: 'agent.stuck', args: {} },
        facts: {},
        choices: ['yes', 'no'],
      });
      return life.clock.sleep(ms, ctx.signal);
    case 'fails':
      await life.clock.sleep(ms / 10, ctx.signal);
      throw problem('model.serverError', { provider: 'simulated', status: 500, tries: 1 });
    case 'failsForGood':
      throw problem('agent.gaveUp', { plan: ctx.node, detail: 'simulated' });
    case 'throws':
      throw new Error('a performer broke');
    case 'hangs':
      await life.clock.sleep(1e12, ctx.signal);
      return;
    case 'deaf':
      life.world.deaf.add(`${life.number}/${ctx.run}`);
      return forever();
    case 'crashes':
      await life.clock.sleep(ms / 10, ctx.signal);
      life.world.crash(life, 'the work took the process down');
      return forever();
  }
}

/** What a dead process would go on with does not go on. */
async function alive<T>(life: Life, work: Promise<T>): Promise<T> {
  try {
    const value = await work;
    return life.isAlive() ? value : await forever();
  } catch (thrown) {
    if (!life.isAlive()) return forever();
    throw thrown;
  }
}

const forever = (): Promise<never> => new Promise(() => undefined);
