import type { ClientRequests, FiringView, ParamsOf, ResultOf } from '../schemas';
import type { Context, Json } from './base';
import type { Triggers } from './triggers';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;
type Shown = Result<'triggerList'>['triggers'][number];

/** What people see and do of triggers; one method per request of the wire. */
export class TriggerDesk {
  constructor(private readonly triggers: Triggers) {}

  async triggerList(ctx: Context): Promise<Result<'triggerList'>> {
    return { triggers: (await this.triggers.list(ctx)).map(shown) };
  }

  async triggerArm(ctx: Context, { melody, trigger }: Params<'triggerArm'>): Promise<Result<'triggerArm'>> {
    const view = await this.triggers.arm(ctx, melody, trigger);
    const webhook = view.on === 'webhook' ? { ...this.triggers.webhook(melody, trigger) } : null;
    return { trigger: shown(view), webhook };
  }

  async triggerDisarm(
    ctx: Context,
    { melody, trigger }: Params<'triggerDisarm'>,
  ): Promise<Record<string, never>> {
    await this.triggers.disarm(ctx, melody, trigger);
    return {};
  }

  async triggerFire(
    ctx: Context,
    { melody, trigger, inputs }: Params<'triggerFire'>,
  ): Promise<Result<'triggerFire'>> {
    return { firing: told(await this.triggers.fire(ctx, melody, trigger, inputs as Record<string, Json>)) };
  }

  async triggerHistory(
    _ctx: Context,
    { limit }: Params<'triggerHistory'>,
  ): Promise<Result<'triggerHistory'>> {
    return { firings: this.triggers.firings(limit).map(told) };
  }
}

type View = Awaited<ReturnType<Triggers['list']>>[number];
type Firing = NonNullable<View['last']>;

const shown = ({ last, ...view }: View): Shown => ({ ...view, last: last === null ? null : told(last) });

/** A firing without the values it was to start with. */
function told(one: Firing): FiringView {
  const { id, melody, trigger, on, due, at, missed, state, run, problem, cause } = one;
  return {
    id,
    melody,
    trigger,
    on,
    due,
    at,
    missed,
    state,
    run,
    problem,
    cause: cause as FiringView['cause'],
  };
}
