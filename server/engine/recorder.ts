import type { Problem } from '../../schemas/codes';
import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import { problemOf, type Log } from '../base';
import { BrokenFold } from './conflict';
import { fold, type FoldedRun } from './fold';
import type { Journal } from './ports';

export interface RecorderOptions {
  readonly journal: Journal;
  readonly log: Log;
  /** What keeps the run from being recorded, or undefined when it can be recorded again. */
  readonly onTrouble: (problem: Problem | undefined) => void;
}

/** Makes what happens to one run durable, folds it into the run's state, and tells what keeps it from that. */
export class Recorder {
  /** Appends that failed one after the other. */
  failures = 0;
  private trouble: Problem | undefined;

  constructor(
    private readonly run: FoldedRun,
    private readonly options: RecorderOptions,
  ) {}

  /** Appends in one transaction, then folds. Throws what the journal throws, and `BrokenFold`. */
  async append(events: readonly RunEvent[], at: number): Promise<readonly RecordedEvent[]> {
    const recorded = await this.options.journal.append(this.run.run, this.run.seq, events, at);
    this.failures = 0;
    this.clear();
    for (const one of recorded) {
      try {
        fold(this.run, one);
      } catch (thrown) {
        throw new BrokenFold(thrown);
      }
    }
    return recorded;
  }

  /** Nothing waits to be recorded, or it just was: so nothing keeps it from that. */
  clear(): void {
    if (this.trouble) this.options.onTrouble((this.trouble = undefined));
  }

  /** Tells why nothing can be recorded; `message` goes to the log. */
  report(thrown: unknown, message: string): void {
    this.failures++;
    this.trouble = problemOf(thrown);
    this.options.log.error(message, { run: this.run.run, problem: this.trouble, detail: String(thrown) });
    this.options.onTrouble(this.trouble);
  }
}
