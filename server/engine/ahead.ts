import type { RunEvent } from '../../schemas/journal/events';
import { foldNext, type FoldedRun } from './fold';

/**
 * A run's state with what is about to be recorded folded in already: where the next steps are worked out.
 * It is never more than one transaction ahead; when that cannot be written, it is forgotten and read anew.
 */
export class Ahead {
  private state: FoldedRun | undefined;
  private pending: RunEvent[] = [];

  /** `load` gives a state of its own with all that is durable. */
  constructor(private readonly load: () => FoldedRun) {}

  get run(): FoldedRun {
    return (this.state ??= this.load());
  }

  /** Folds events in, as of `at` (milliseconds since the epoch), and keeps them to be recorded. */
  take(events: readonly RunEvent[], at: number): void {
    const { run } = this;
    for (const event of events) {
      foldNext(run, event, at);
      this.pending.push(event);
    }
  }

  /** What is to be recorded, in order; it is kept no longer. */
  handOver(): readonly RunEvent[] {
    const events = this.pending;
    this.pending = [];
    return events;
  }

  /** Forgets everything that is not durable. */
  forget(): void {
    this.state = undefined;
    this.pending = [];
  }
}
