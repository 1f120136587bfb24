import type { Change } from '../../../simulation/bundle';
import type { Rule } from '../../../simulation/model/violation';

/** A fault planted in product code, to prove that the simulation would find one like it. */
export interface Bug {
  readonly name: string;
  /** What somebody might have thought when making it. */
  readonly story: string;
  readonly changes: readonly Change[];
  /** What it may be noticed by. */
  readonly breaks: readonly Rule[];
}
