import { problemOf, type Clock, type Context } from '../base';
import type { Entry } from './entry';
import { within } from './within';

export interface ProberOptions {
  readonly clock: Clock;
  readonly ctx: Context;
  readonly probeMs?: number;
  readonly probeTimeoutMs?: number;
  readonly entries: () => Iterable<Entry>;
  readonly onDead: (entry: Entry, thrown: unknown) => void;
  readonly onProbed: () => void;
}

/** Asks what is ready and can be asked how it is, as long as there is such a thing; finds a failure within a second. */
export class Prober {
  private isAwake = false;

  constructor(private readonly options: ProberOptions) {}

  wake(): void {
    if (!this.isAwake) void this.run();
  }

  private async run(): Promise<void> {
    const { clock, ctx, entries, probeMs = 250 } = this.options;
    this.isAwake = true;
    try {
      for (;;) {
        await clock.sleep(probeMs, ctx.signal);
        const probed = [...entries()].filter(
          ({ life, resource }) => life.state === 'hot' && resource.probes === true,
        );
        if (probed.length === 0) break;
        await Promise.all(probed.map((entry) => this.probe(entry)));
      }
    } catch {
      // Stopped.
    }
    this.isAwake = false;
  }

  private async probe(entry: Entry): Promise<void> {
    const { clock, ctx, probeTimeoutMs = 200, onDead, onProbed } = this.options;
    const { resource, life } = entry;
    const began = clock.monotonic();
    let ok = true;
    let dead: unknown;
    try {
      await within(ctx, clock, probeTimeoutMs, resource.label, (inner) => resource.probe(inner));
      if (entry.life !== life) return;
      entry.missed = 0;
      entry.bytes = resource.memory();
    } catch (thrown) {
      if (ctx.signal.aborted) return;
      ok = false;
      // Being slow once is no failure; a busy computer is slow, too.
      if (problemOf(thrown).code !== 'pool.slow' || ++entry.missed > 1) dead = thrown;
    }
    if (entry.life !== life) return;
    entry.condition.add(ok, clock.monotonic() - began);
    if (dead !== undefined) onDead(entry, dead);
    else onProbed();
  }
}
