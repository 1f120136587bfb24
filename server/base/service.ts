import type { PitRow, PitServiceStatus } from '../../schemas/wire/pit';
import type { Context } from './context';

/** What a service shows of itself: totals by name, and a row for each of the most telling things it looks after. */
export interface ServiceReport {
  readonly totals: Readonly<Record<string, number>>;
  /** At most a hundred. */
  readonly rows: readonly PitRow[];
}

/**
 * A service of the Pit. The five start beside each other and stop and start again as one; what must outlive
 * that is on disk. None waits for another while it starts; what one needs of another it asks when it works.
 */
export interface Service {
  readonly name: PitServiceStatus['name'];
  /** Opens what it keeps; afterwards it works. Throws problems; starting again after `stop` is allowed. */
  start(ctx: Context): Promise<void>;
  /** Lets what is being done end within `ctx`, makes it durable and closes. Never throws. */
  stop(ctx: Context): Promise<void>;
  /** From memory, within a millisecond. */
  report(): ServiceReport;
}
