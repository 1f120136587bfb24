import type { Disposable } from '../base';
import type { Engine, Journal, RunFold } from '../engine';
import { DurationHistory } from './durations';

export interface HistoryPorts {
  readonly engine: Pick<Engine, 'state' | 'onChanged'>;
  readonly journal: Pick<Journal, 'headings'>;
}

const mostEventsOfHistory = 20_000;

/** What earlier runs tell of how long nodes take, read when it is first asked for. */
export class RunHistory implements Disposable {
  private readonly history = new DurationHistory();
  private readonly listening: Disposable;
  private isRead = false;

  constructor(private readonly ports: HistoryPorts) {
    this.listening = ports.engine.onChanged(({ run }) => this.changed(run));
  }

  dispose(): void {
    this.listening.dispose();
  }

  /** What earlier runs and this one tell. */
  durations(run: RunFold): DurationHistory {
    if (!this.isRead) {
      this.isRead = true;
      for (const one of this.endedRuns()) this.history.take(one);
    }
    this.history.take(run);
    return this.history;
  }

  /** The newest runs that have ended, oldest first, as many as can be read at once without anybody noticing. */
  private endedRuns(): RunFold[] {
    const { journal, engine } = this.ports;
    const found: RunFold[] = [];
    let events = 0;
    for (const { run, endedAt, lastSeq } of [...journal.headings()].reverse()) {
      if (endedAt === null) continue;
      events += lastSeq;
      if (events > mostEventsOfHistory) break;
      const fold = engine.state(run);
      if (fold !== undefined) found.unshift(fold);
    }
    return found;
  }

  private changed(run: string): void {
    if (!this.isRead) return;
    const fold = this.ports.engine.state(run);
    if (fold !== undefined && fold.endedAt !== null) this.history.take(fold);
  }
}
