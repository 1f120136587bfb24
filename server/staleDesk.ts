import type { ParamsOf, ResultOf } from '../schemas';
import type * as wire from '../schemas/wire/stale';
import type { Context } from './base';
import type { Plan, Stale } from './stale';

/** What people see and do of retention; one method per request of the wire. */
export class StaleDesk {
  constructor(private readonly stale: Stale) {}

  async staleEvaluate(
    ctx: Context,
    { plan: id, from, most }: ParamsOf<typeof wire.staleEvaluate>,
  ): Promise<ResultOf<typeof wire.staleEvaluate>> {
    const plan = id === null ? await this.stale.evaluate(ctx) : this.stale.plan(id);
    const { at, totals, kept, asks } = plan;
    return { plan: plan.id, at, totals, kept, asks, items: plan.items.slice(from, from + most).map(shown) };
  }

  async staleApply(
    ctx: Context,
    { plan, only, ...how }: ParamsOf<typeof wire.staleApply>,
  ): Promise<ResultOf<typeof wire.staleApply>> {
    const confirmation = { ...how, ...(only === null ? {} : { only }) };
    return { cleaning: await this.stale.apply(ctx, this.stale.plan(plan), confirmation) };
  }

  async staleUndo(
    ctx: Context,
    { cleaning }: ParamsOf<typeof wire.staleUndo>,
  ): Promise<ResultOf<typeof wire.staleUndo>> {
    return { restored: await this.stale.undo(ctx, cleaning) };
  }

  async staleArchive(
    ctx: Context,
    { run }: ParamsOf<typeof wire.staleArchive>,
  ): Promise<ResultOf<typeof wire.staleArchive>> {
    const { path, bytes, freed } = await this.stale.archive(ctx, run);
    return { path, bytes, freed };
  }

  async staleRestore(
    ctx: Context,
    { run }: ParamsOf<typeof wire.staleRestore>,
  ): Promise<ResultOf<typeof wire.staleRestore>> {
    return { restored: await this.stale.restore(ctx, run) };
  }

  staleExport(
    ctx: Context,
    { path, decidedOnly }: ParamsOf<typeof wire.staleExport>,
  ): Promise<ResultOf<typeof wire.staleExport>> {
    return this.stale.exportTraining(ctx, path, { decidedOnly });
  }
}

/** Without what tells the manager whether the thing is still as it was. */
const shown = ({ stamp: _, about: __, ...item }: Plan['items'][number]): wire.StaleItem => item;
