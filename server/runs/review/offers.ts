import { setImmediate } from 'node:timers/promises';
import type { RecordedEvent } from '../../../schemas';
import type { Context, Json } from '../../base';
import type { Journal } from '../../engine/ports';
import type { DecisionLog } from '../../review';
import { offerIn } from '../facts';

/** How many events are read at once; a slice of work that holds nobody up. */
const slice = 200;

/** Notes in the record of decisions what runs have offered, so that a list of offers reads no run. */
export class Offers {
  /** Whether everything before the events of this life is noted. */
  private caughtUp = false;

  constructor(
    private readonly log: DecisionLog,
    private readonly journal: Pick<Journal, 'since' | 'position'>,
  ) {}

  /** Notes what was offered since the sidecar last looked; may take a while, and gives way to other work. */
  async catchUp(ctx: Context): Promise<void> {
    for (;;) {
      ctx.signal.throwIfAborted();
      const from = this.log.position();
      const events = this.journal.since(from, slice);
      this.note(events);
      const last = events.at(-1)?.position;
      if (last === undefined) break;
      this.log.keepPosition(last);
      await setImmediate();
    }
    this.caughtUp = true;
  }

  /** Notes what new events offer; answers the ids of the changesets. */
  heard(events: readonly RecordedEvent[]): string[] {
    const offered = this.note(events);
    const last = events.at(-1)?.position;
    if (this.caughtUp && offered.length > 0 && last !== undefined) this.log.keepPosition(last);
    return offered;
  }

  private note(events: readonly RecordedEvent[]): string[] {
    return events.flatMap(({ run, at, event }) => {
      if (event.type !== 'NodeCompleted') return [];
      const offer = offerIn(event.output as Json);
      if (offer === undefined) return [];
      const { changeset, blob, former } = offer;
      this.log.offer({ changeset, run, blob, at, former: former ?? null });
      return [changeset];
    });
  }
}
