import type { ClientRequests, ResultOf } from '../schemas';
import { problem, type Context } from './base';
import type { Pit } from './pit';

type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

/** What people see and do of the Pit; one method per request of the wire. */
export class PitDesk {
  constructor(
    private readonly pit: Pit,
    /** How many runs work now. */
    private readonly working: () => number,
  ) {}

  pitStatus(): Promise<Result<'pitStatus'>> {
    return Promise.resolve({ services: [...this.pit.status()] });
  }

  async pitRestart(ctx: Context): Promise<Result<'pitRestart'>> {
    const count = this.working();
    if (count > 0) throw problem('pit.busy', { count });
    await this.pit.restart(ctx);
    return this.pitStatus();
  }
}
