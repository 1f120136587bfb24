import type { ClientRequests, ParamsOf, ResultOf } from '../schemas';
import type { Context } from './base';
import type { Plan, Stale } from './stale';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

/** What people see and do of retention; one method per request of the wire. */
export class StaleDesk {
  constructor(private readonly stale: Stale) {}

  async staleEvaluate(
    ctx: Context,
    { plan: id, from, most }: Params<'staleEvaluate'>,
  ): Promise<Result<'staleEvaluate'>> {
    const plan: Plan = id === null ? await this.stale.evaluate(ctx) : this.stale.plan(id);
    const items = plan.items.slice(from, from + most).map(({ reasons, ...item }) => ({
      ...{ kind: item.kind, id: item.id, label: item.label, decision: item.decision },
      ...{ bytes: item.bytes, value: item.value, reasons: [...reasons] },
    }));
    return {
      plan: plan.id,
      at: plan.at,
      totals: plan.totals,
      items,
      kept: { ...plan.kept },
      asks: plan.asks,
    };
  }

  async staleApply(
    ctx: Context,
    { plan, only, confirmed, evenTooMuch }: Params<'staleApply'>,
  ): Promise<Result<'staleApply'>> {
    const how = { confirmed, evenTooMuch, ...(only === null ? {} : { only }) };
    return { cleaning: await this.stale.apply(ctx, this.stale.plan(plan), how) };
  }

  async staleUndo(ctx: Context, { cleaning }: Params<'staleUndo'>): Promise<Result<'staleUndo'>> {
    return { restored: await this.stale.undo(ctx, cleaning) };
  }

  async staleArchive(ctx: Context, { run }: Params<'staleArchive'>): Promise<Result<'staleArchive'>> {
    const { path, bytes, freed } = await this.stale.archive(ctx, run);
    return { path, bytes, freed };
  }

  async staleRestore(ctx: Context, { run }: Params<'staleRestore'>): Promise<Result<'staleRestore'>> {
    return { restored: await this.stale.restore(ctx, run) };
  }

  staleExport(ctx: Context, { path, decidedOnly }: Params<'staleExport'>): Promise<Result<'staleExport'>> {
    return this.stale.exportTraining(ctx, path, { decidedOnly });
  }
}
