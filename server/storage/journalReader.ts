import type { RecordedEvent } from '../../schemas/journal/events';
import type { Log } from '../base';
import type { RunHeading } from '../engine';
import { damaged, storageFailure } from './failures';
import { Headings } from './journalHeadings';
import { Fault } from './journalFormat';
import { eventsOf, type Opened } from './journalOpen';
import { whole } from './journalRows';
import { snapshotChecksum } from './journalSnapshots';
import type { Row, Statement } from './sqlite';

export interface ReaderOptions {
  readonly file: string;
  readonly log: Log;
  readonly keepCopy: (file: string) => string;
}

/** Reads a journal; every row is checked again, since a disk may have changed its mind after opening. */
export class JournalReader {
  private readonly ofRun: Statement;
  private readonly after: Statement;
  private readonly snapshotOf: Statement;
  private readonly dropSnapshot: Statement;
  private readonly table: Headings;

  constructor(
    private readonly opened: Opened,
    private readonly options: ReaderOptions,
  ) {
    const { database } = opened;
    this.ofRun = database.prepare('SELECT * FROM batches WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?');
    this.after = database.prepare('SELECT * FROM batches WHERE last > ? ORDER BY last LIMIT ?');
    this.snapshotOf = database.prepare('SELECT * FROM snapshots WHERE run = ?');
    this.dropSnapshot = database.prepare('DELETE FROM snapshots WHERE run = ? AND seq = ?');
    this.table = new Headings(database);
  }

  read(run: string, afterSeq: number, most: number): readonly RecordedEvent[] {
    const events: RecordedEvent[] = [];
    const last = Math.min(this.opened.ends.get(run)?.seq ?? 0, afterSeq + most);
    let seq = afterSeq;
    while (seq < last) {
      const rows = this.guarded(() => this.ofRun.all(run, seq, Math.min(256, last - seq)));
      for (const row of rows)
        for (const event of this.eventsOf(row)) {
          if (event.seq <= afterSeq || event.seq > last) continue;
          if (event.seq !== ++seq) throw this.damaged(`run ${run} lacks event ${seq}`);
          events.push(event);
        }
      if (rows.length === 0) throw this.damaged(`run ${run} lacks event ${seq + 1}`);
    }
    return events;
  }

  since(position: number, limit: number): readonly RecordedEvent[] {
    const events: RecordedEvent[] = [];
    while (events.length < limit) {
      const last = events.at(-1)?.position ?? position;
      // A row holds several events; too few rows are asked for again.
      const rows = this.guarded(() => this.after.all(last, Math.ceil((limit - events.length) / 16)));
      if (rows.length === 0) break;
      for (const row of rows)
        for (const event of this.eventsOf(row)) if (event.position > last) events.push(event);
    }
    return events.slice(0, limit);
  }

  runs(): readonly string[] {
    return this.guarded(() => this.table.runs());
  }

  headings(): readonly RunHeading[] {
    return this.guarded(() => this.table.all(this.opened.ends));
  }

  latestSnapshot(run: string): { readonly seq: number; readonly body: Uint8Array } | undefined {
    const row = this.guarded(() => this.snapshotOf.get(run));
    if (row === undefined) return undefined;
    const [seq, body] = [Number(row['seq']), row['body'] as Uint8Array];
    const isTrue =
      seq <= (this.opened.ends.get(run)?.seq ?? 0) && snapshotChecksum(run, seq, body) === row['crc'];
    if (isTrue) return { seq, body };
    this.options.log.warn('a damaged snapshot was dropped; the events give it again', { run, seq });
    this.guarded(() => this.dropSnapshot.run(run, seq));
    return undefined;
  }

  private eventsOf(row: Row): readonly RecordedEvent[] {
    const batch = whole(row);
    if (batch === undefined)
      throw this.damaged(`the checksum at event ${String(row['last'])} does not match`);
    try {
      return eventsOf(batch, this.options);
    } catch (thrown) {
      throw thrown instanceof Fault ? this.damaged(thrown.message) : thrown;
    }
  }

  private damaged(detail: string): Error {
    return damaged(this.options.file, detail, this.options.keepCopy);
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storageFailure(thrown, this.options.file, this.options.keepCopy);
    }
  }
}
