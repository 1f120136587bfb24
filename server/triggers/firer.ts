import type { Problem } from '../../schemas/codes';
import { problemOf, type Context } from '../base';
import { sha256 } from '../base/node';
import type { Firing, FiringOutcome, NewFiring } from '../storage';
import type { Kind, TriggerPorts } from './types';

/** The key of one due moment of one trigger; `what` tells its moments apart. */
export const keyOf = (kind: Kind | 'hand', melody: string, trigger: string, what: string): string =>
  `${kind}-${sha256([melody, trigger, what].join('\0')).slice(0, 32)}`;

/** Whether a person fired it. */
export const isByHand = ({ key }: Pick<Firing, 'key'>): boolean => key.startsWith('hand-');

export interface FirerOptions {
  readonly ctx: Context;
  readonly ports: Pick<TriggerPorts, 'clock' | 'firings' | 'start' | 'runOf' | 'log'>;
  /** Why this firing may not start a run; asked right before it would. */
  readonly mayNot: (firing: Firing) => Promise<Problem | undefined>;
  readonly onFiring: (firing: Firing) => void;
}

/**
 * Records firings and carries them out: recorded as due first, then the run is started under the firing's
 * key, then what came of it is recorded. Whatever is lost in between is found by the key.
 */
export class Firer {
  /** What is being carried out, by firing. */
  private readonly working = new Map<number, Promise<Firing>>();
  /** The last work of each trigger: its runs start in the order they were due. */
  private readonly lines = new Map<string, Promise<unknown>>();

  constructor(private readonly options: FirerOptions) {}

  /** Records a firing, or finds the one of that key. Throws `data.*`; nothing has happened then. */
  record(
    firing: NewFiring,
    more?: { mark?: number; outcome?: FiringOutcome },
  ): { firing: Firing; isNew: boolean } {
    const { firings } = this.options.ports;
    const fresh = firings.record(firing, more);
    if (fresh !== undefined) this.options.onFiring(fresh);
    return { firing: fresh ?? firings.byKey(firing.key)!, isNew: fresh !== undefined };
  }

  /** Sees to it that a firing that is due is settled; joins work that is under way. */
  carryOut(firing: Firing): Promise<Firing> {
    if (firing.state !== 'due') return Promise.resolve(firing);
    const known = this.working.get(firing.id);
    if (known !== undefined) return known;
    const line = `${firing.melody}\0${firing.trigger}`;
    const before = this.lines.get(line) ?? Promise.resolve();
    const work = before.then(() => this.work(firing)).finally(() => this.working.delete(firing.id));
    const quiet = work.catch(() => undefined);
    this.working.set(firing.id, work);
    this.lines.set(line, quiet);
    void quiet.then(() => this.lines.get(line) === quiet && this.lines.delete(line));
    return work;
  }

  /** Takes up what an earlier life recorded and did not settle; `stale` says what need not be started any more. */
  async recover(stale: (firing: Firing) => Problem | undefined): Promise<void> {
    const { ctx, ports } = this.options;
    for (const firing of ports.firings.open()) {
      try {
        const run = await ports.runOf(firing.key);
        if (this.working.has(firing.id) || ctx.signal.aborted || !this.isDue(firing)) continue;
        const why = run === undefined ? stale(firing) : undefined;
        if (run !== undefined) this.settle(firing, { state: 'started', run });
        else if (why !== undefined) this.settle(firing, { state: 'skipped', problem: why });
        else void this.carryOut(firing).catch(() => undefined);
      } catch (thrown) {
        ports.log.warn('a firing could not be taken up again', {
          firing: firing.key,
          detail: String(thrown),
        });
      }
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.working.size > 0) await Promise.allSettled(this.working.values());
  }

  private async work(firing: Firing): Promise<Firing> {
    const { ctx, ports, mayNot } = this.options;
    if (ctx.signal.aborted || !this.isDue(firing)) return firing;
    let outcome: FiringOutcome;
    try {
      const why = await mayNot(firing);
      if (why !== undefined) return this.settle(firing, { state: 'skipped', problem: why });
      const { key, melody, hash, trigger, on, inputs, cause, due, depth } = firing;
      const request = { key, melody, hash, trigger, on, inputs, cause, due, depth };
      outcome = { state: 'started', run: await ports.start(ctx, request) };
    } catch (thrown) {
      // It stays due and is taken up in the next life.
      if (ctx.signal.aborted) return firing;
      outcome = { state: 'failed', problem: problemOf(thrown) };
    }
    return this.settle(firing, outcome);
  }

  /** Whether nobody settled it since it was read. */
  private isDue({ key }: Firing): boolean {
    return this.options.ports.firings.byKey(key)?.state === 'due';
  }

  private settle(firing: Firing, outcome: FiringOutcome): Firing {
    const { ports, onFiring } = this.options;
    try {
      const settled = ports.firings.settle(firing.id, outcome);
      onFiring(settled);
      return settled;
    } catch (thrown) {
      // The run is there and found by its key when this is taken up again.
      ports.log.warn('what came of a firing could not be recorded', {
        firing: firing.key,
        outcome: outcome.state,
      });
      throw thrown;
    }
  }
}
