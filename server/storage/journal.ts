import type { Problem } from '../../schemas/codes';
import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { Clock, Disposable, Log, Random } from '../base';
import { systemRandom } from '../base/node';
import type { Journal, RunHeading } from '../engine';
import { storageFailure } from './failures';
import { nodeJournalFiles, type JournalFiles } from './journalFiles';
import { create, onceKept, openWhole, type Opened, type Place } from './journalOpen';
import { JournalReader } from './journalReader';
import { JournalWriter, nextTurn, type Recordable, type Schedule } from './journalWriter';
import { durable, openSqlite, type OpenDatabase } from './sqlite';

export interface JournalOptions {
  /** Path of the database. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
  /** Another disk in place of the computer's own. */
  readonly files?: JournalFiles;
  /** Names the lease; the system's by default. */
  readonly random?: Random;
  /** How a commit is put off; `setImmediate`, or `setTimeout` for `mostMs`, by default. */
  readonly schedule?: Schedule;
  /** A commit takes no more events than this, unless one append has more; default 5,000. */
  readonly mostEvents?: number;
  /** How long an append may wait for others to share its commit; default 0, the present turn of the loop. */
  readonly mostMs?: number;
}

/** The journal of one workspace, and what opening it found. */
export interface StoredJournal extends Journal {
  /** `data.tailLost` where acknowledged events were missing at the end, and the journal goes on without them. */
  readonly recovered: Problem | undefined;
  /** Appends a run that was recorded elsewhere, whole, with the times it was recorded at; `SeqConflict` if it is there. */
  adopt(run: string, events: readonly Recordable[]): Promise<readonly RecordedEvent[]>;
}

/**
 * Opens or creates a journal, and takes the right to write away from whoever had it. Throws `data.newer`,
 * `data.readOnly`, `data.diskFull`, or `data.corrupt` with a copy kept: a damaged journal is never taken
 * for an empty one.
 */
export async function openJournal(options: JournalOptions): Promise<StoredJournal> {
  const { file, log, open = openSqlite, files = nodeJournalFiles, random = systemRandom } = options;
  const keepCopy = onceKept(log, files);
  const place: Place = { file, files, open: (name) => open(name, durable), keepCopy, random, log };
  try {
    if (files.size(file) === undefined) await create(place);
    return new SqliteJournal(openWhole(place), options, keepCopy);
  } catch (thrown) {
    throw storageFailure(thrown, file, keepCopy);
  }
}

/** Reading and writing joined; each half knows its own statements. */
class SqliteJournal implements StoredJournal {
  readonly recovered: Problem | undefined;
  private readonly reader: JournalReader;
  private readonly writer: JournalWriter;

  constructor(
    private readonly opened: Opened,
    options: JournalOptions,
    keepCopy: (file: string) => string,
  ) {
    const { file, clock, log, schedule = nextTurn, mostEvents = 5000, mostMs = 0 } = options;
    this.recovered = opened.recovered;
    this.reader = new JournalReader(opened, { file, log, keepCopy });
    this.writer = new JournalWriter(opened, { file, clock, log, keepCopy, schedule, mostEvents, mostMs });
  }

  append(
    run: string,
    expectedSeq: number,
    events: readonly RunEvent[],
    at?: number,
  ): Promise<readonly RecordedEvent[]> {
    return this.writer.append(run, expectedSeq, events, at);
  }

  adopt(run: string, events: readonly Recordable[]): Promise<readonly RecordedEvent[]> {
    return this.writer.adopt(run, events);
  }

  read(run: string, afterSeq = 0, most = Infinity): readonly RecordedEvent[] {
    return this.reader.read(run, afterSeq, most);
  }

  since(position: number, limit: number): readonly RecordedEvent[] {
    return this.reader.since(position, limit);
  }

  position(): number {
    return this.writer.position();
  }

  runs(): readonly string[] {
    return this.reader.runs();
  }

  headings(): readonly RunHeading[] {
    return this.reader.headings();
  }

  snapshot(run: string, seq: number, body: Uint8Array): Promise<void> {
    return this.writer.snapshot(run, seq, body);
  }

  latestSnapshot(run: string): { readonly seq: number; readonly body: Uint8Array } | undefined {
    return this.reader.latestSnapshot(run);
  }

  onAppended(listener: (events: readonly RecordedEvent[]) => void): Disposable {
    return this.writer.onAppended(listener);
  }

  async close(): Promise<void> {
    if (!this.writer.close()) return;
    this.opened.database.close();
    this.opened.witness.close();
  }
}
