import type { HealthTable } from '../../schemas/failure';
import { problemOf } from '../base';
import { isModelFault, newHealth, withOutcome, type HealthFold } from '../engine/failure';

/** How far each model can be relied on, in this life of the sidecar. */
export class ModelHealths {
  private readonly folds = new Map<string, HealthFold>();

  constructor(private readonly table: HealthTable) {}

  of(model: string): HealthFold {
    return this.folds.get(model) ?? newHealth;
  }

  answered(model: string): void {
    this.take(model, true);
  }

  /** A call failed; it counts only where that is the model's own fault. True when that changed its health. */
  failed(model: string, thrown: unknown): boolean {
    return isModelFault(problemOf(thrown)) && this.take(model, false);
  }

  private take(model: string, ok: boolean): boolean {
    const before = this.of(model);
    const after = withOutcome(before, ok, this.table);
    this.folds.set(model, after);
    return after.health !== before.health;
  }
}
