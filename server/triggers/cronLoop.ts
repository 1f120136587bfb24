import { toDisposable, type Clock, type Disposable, type Log } from '../base';
import { lookAt, type DueLook, type Schedule } from './schedule';

/**
 * Timers do not count the time a computer sleeps, and a clock can be set: no sleep is longer than this,
 * so that a due moment is noticed within it.
 */
export const sliceMs = 30_000;

/**
 * A clock set back by less than this is a correction: what was dealt with is not due again, and nothing is
 * until the clock has caught up. Set back further, it was wrong before, and counts as it is now.
 */
export const correctionMs = 3 * 3_600_000;

export interface CronEntry {
  readonly schedule: Schedule;
  /** Up to which moment everything is dealt with. */
  readonly mark: number;
  /** Takes what is due into the record; throws when that is not possible, and is then asked again. */
  onDue(look: DueLook): void;
  /** The clock was wrong: from now on `mark` counts. */
  onMark(mark: number): void;
}

/** Tells of due moments of all schedules, by one sleeper. */
export class CronLoop implements Disposable {
  private readonly entries = new Set<{ entry: CronEntry; mark: number; due: number | undefined }>();
  private wake = new AbortController();
  private running = false;
  private disposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Adds a schedule; what was due since its mark is told at once. */
  add(entry: CronEntry): Disposable {
    const held = { entry, mark: entry.mark, due: entry.schedule.next(entry.mark) };
    this.entries.add(held);
    this.look(held);
    if (!this.running) void this.run();
    else this.wake.abort();
    return toDisposable(() => this.entries.delete(held));
  }

  dispose(): void {
    this.disposed = true;
    this.entries.clear();
    this.wake.abort();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (!this.disposed && this.entries.size > 0) {
      const now = this.clock.now();
      const soonest = Math.min(...[...this.entries].map(({ due }) => due ?? Infinity));
      const pause = Math.min(Math.max(soonest - now, 1), sliceMs);
      this.wake = new AbortController();
      await this.clock.sleep(pause, this.wake.signal).catch(() => undefined);
      for (const held of [...this.entries]) if (this.entries.has(held)) this.look(held);
    }
    this.running = false;
  }

  private look(held: { entry: CronEntry; mark: number; due: number | undefined }): void {
    const { entry } = held;
    const now = this.clock.now();
    try {
      if (held.mark - now > correctionMs) {
        entry.onMark(now);
        Object.assign(held, { mark: now, due: entry.schedule.next(now) });
      }
      if (held.due === undefined || held.due > now) return;
      const look = lookAt(entry.schedule, held.mark, now);
      if (look === undefined) return;
      entry.onDue(look);
      Object.assign(held, { mark: look.due, due: entry.schedule.next(look.due) });
    } catch (thrown) {
      // The moment stays due and is taken up again at the next look.
      this.log.warn('a due moment could not be recorded', { detail: String(thrown) });
    }
  }
}
