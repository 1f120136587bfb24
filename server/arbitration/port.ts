import type { Clock, Context, Event, Ids, Log, Random, Service } from '../base';
import type { OpenDatabase } from '../storage';
import type { Grant, Wait } from './callers';
import type { Fairness } from './fairness';
import type { Shown } from './report';
import type { Decision, Policy, Request } from './types';
import type { Writes } from './writes';

export interface ArbitrationOptions {
  /** Path of its database. */
  readonly file: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly policy?: Partial<Policy>;
  /** After a start, what nobody asked for again for so long is let go; default one minute. */
  readonly graceMs?: number;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
}

/** What a caller says of its request; the rest has defaults. */
export type Ask = Pick<Request, 'holder' | 'requester' | 'label' | 'wants'> & Partial<Omit<Request, 'id'>>;

/** The arbitration of a workspace: the decider with a clock, a record and callers that wait. */
export interface Arbitration extends Service {
  /**
   * Waits until all of `ask.wants` is given. `waits` is told why, and again when the place in line changes. Throws
   * `arbitration.*` where it is denied, and the signal's reason where `ctx` ends first. After a restart the same holder
   * and key get back what they had, or their place in line.
   */
  acquire(ctx: Context, ask: Ask, waits?: (wait: Wait) => void): Promise<Grant>;
  /** How the requests of a holder stand that wait. */
  explain(holder: string): readonly Wait[];
  /** A holder has died, or ended, and all below it (`run-1` and `run-1/…`): what it had is free, what it waited for is void. */
  letGo(holder: string): void;
  fairness(): Fairness;
  /** The newest decisions first; at most ten thousand are kept. */
  decisions(most: number): readonly Decision[];
  /** What others show in its report: merges, forecasts. */
  readonly shown: Shown;
  /** What agents write, and where they will collide. */
  readonly writes: Writes;
  /** Something in the report changed. */
  readonly onChanged: Event<void>;
}
