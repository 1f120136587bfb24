import type { Clock } from '../base';
import type { Database, Statement } from '../storage';

/** When contents were last read and how often. Written now and then: what a crash loses makes nothing wrong. */
export class Uses {
  private readonly noted = new Map<number, { at: number; times: number }>();
  private readonly update: Statement;

  constructor(
    database: Database,
    private readonly clock: Clock,
  ) {
    this.update = database.prepare('UPDATE blobs SET usedAt = ?, uses = uses + ? WHERE id = ?');
  }

  note(blob: number): void {
    const before = this.noted.get(blob);
    this.noted.set(blob, { at: this.clock.now(), times: (before?.times ?? 0) + 1 });
  }

  get waiting(): number {
    return this.noted.size;
  }

  /** What is not written yet of one content. */
  of(blob: number): { readonly at: number; readonly times: number } | undefined {
    return this.noted.get(blob);
  }

  /** To be called within a transaction. */
  write(): void {
    for (const [blob, { at, times }] of this.noted) this.update.run(at, times, blob);
    this.noted.clear();
  }
}
