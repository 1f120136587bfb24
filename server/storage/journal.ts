import path from 'node:path';
import { crc32 } from 'node:zlib';
import { recordedEvent, type RecordedEvent, type RunEvent } from '../../schemas/journal/events';
import { Emitter, problem, type Clock, type Log } from '../base';
import { SeqConflict, type Journal } from '../engine';
import { damaged, keepDamaged, storageFailure } from './failures';
import { nodeJournalFiles, type JournalFiles } from './journalFiles';
import { durable, openSqlite, type Database, type OpenDatabase, type Row, type Statement } from './sqlite';

export interface JournalOptions {
  /** Path of the database. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
  /** Another disk in place of the computer's own. */
  readonly files?: JournalFiles;
  /** When a commit happens: runs `work` once, soon, unless what it returns is called; default `setImmediate`. */
  readonly schedule?: Schedule;
}

export type Schedule = (work: () => void) => () => void;

const nextTurn: Schedule = (work) => {
  const planned = setImmediate(work);
  return () => clearImmediate(planned);
};

/** The format this build writes and reads; a change of it needs a migration. */
const format = 0;

/**
 * Opens or creates a journal. Throws `data.newer`, `data.readOnly`, `data.diskFull`, or `data.corrupt` with
 * a copy kept: a damaged journal is never taken for an empty one.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { file, open = openSqlite, files = nodeJournalFiles } = options;
  const keepCopy = onceKept(options.log, files);
  const place: Place = { file, files, open: (name) => open(name, durable), keepCopy };
  try {
    if (files.size(file) === undefined) await create(place);
    return new SqliteJournal(openChecked(place), options, keepCopy);
  } catch (thrown) {
    throw storageFailure(thrown, file, keepCopy);
  }
}

/** Where a journal lies and how it is reached. */
interface Place {
  readonly file: string;
  readonly files: JournalFiles;
  readonly open: (file: string) => Database;
  readonly keepCopy: (file: string) => string;
}

/** Keeps one copy of a damaged file per opening, however often the damage is met. */
function onceKept(log: Log, files: JournalFiles): (file: string) => string {
  let backup: string | undefined;
  return (file) => {
    if (backup === undefined) {
      backup = keepDamaged(file, files);
      log.error('a damaged journal was copied', { file, backup });
    }
    return backup;
  };
}

/**
 * Makes the journal under another name and renames it when its tables are on the disk: a file under the
 * right name that has no tables is damage, not a beginning.
 */
async function create({ file, files, open, keepCopy }: Place): Promise<void> {
  if (files.size(`${file}-wal`) !== undefined)
    throw damaged(file, 'its log is there and the file is not', keepCopy);
  const fresh = `${file}.new`;
  for (const suffix of ['', '-wal', '-shm']) files.remove(fresh + suffix);
  const database = open(fresh);
  database.exec(`
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE events(
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL,
      body TEXT NOT NULL, crc INTEGER NOT NULL,
      UNIQUE(run, seq)
    ) STRICT;
    INSERT INTO meta VALUES('format', ${format});
    PRAGMA wal_checkpoint(TRUNCATE);`);
  database.close();
  files.protect(fresh);
  files.rename(fresh, file);
  await files.syncFolder(path.dirname(file));
}

function openChecked({ file, files, open, keepCopy }: Place): Database {
  // SQLite takes an empty file for a new database.
  if (files.size(file) === 0) throw damaged(file, 'it is empty', keepCopy);
  const database = open(file);
  try {
    const found = database.prepare(`SELECT name FROM sqlite_schema WHERE name IN ('meta', 'events')`).all();
    if (found.length !== 2) throw damaged(file, 'its tables are missing', keepCopy);
    const known = database.prepare(`SELECT value FROM meta WHERE name = 'format'`).get()?.['value'];
    if (typeof known !== 'number') throw damaged(file, 'its format is not recorded', keepCopy);
    if (known > format) throw problem('data.newer', { path: file, found: known, known: format });
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw damaged(file, String(check), keepCopy);
    // Positions have no gaps, and SQLite keeps the highest one ever given: a lost row shows.
    const { there, last, given } = database
      .prepare(
        `SELECT count(*) AS there, coalesce(max(position), 0) AS last,
          coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS given FROM events`,
      )
      .get()!;
    if (there !== last || last !== given)
      throw damaged(file, `it holds ${there} of ${given} events`, keepCopy);
    // What an earlier life left in the log goes into the file, where damage is noticed.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

interface Pending {
  readonly run: string;
  readonly rows: readonly {
    readonly seq: number;
    readonly at: number;
    readonly body: string;
    readonly event: RunEvent;
  }[];
  resolve(recorded: readonly RecordedEvent[]): void;
  reject(thrown: unknown): void;
}

class SqliteJournal implements Journal {
  private readonly appended: Emitter<readonly RecordedEvent[]>;
  private readonly seqs = new Map<string, number>();
  private last: number;
  private pending: Pending[] = [];
  private planned: (() => void) | undefined;
  private closed = false;
  private readonly insert: Statement;
  private readonly ofRun: Statement;
  private readonly after: Statement;
  private readonly seqOf: Statement;

  constructor(
    private readonly database: Database,
    private readonly options: JournalOptions,
    private readonly keepCopy: (file: string) => string,
  ) {
    this.appended = new Emitter((thrown) =>
      options.log.error('a listener of the journal failed', { detail: String(thrown) }),
    );
    this.insert = database.prepare('INSERT INTO events VALUES(?, ?, ?, ?, ?, ?)');
    this.ofRun = database.prepare('SELECT * FROM events WHERE run = ? ORDER BY seq');
    this.after = database.prepare('SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?');
    this.seqOf = database.prepare('SELECT max(seq) AS seq FROM events WHERE run = ?');
    this.last = this.storedPosition();
  }

  append(
    run: string,
    expectedSeq: number,
    events: readonly RunEvent[],
    at = this.options.clock.now(),
  ): Promise<readonly RecordedEvent[]> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw new Error('the journal is closed');
      const found = this.seqs.get(run) ?? this.storedSeq(run);
      if (found !== expectedSeq) throw new SeqConflict(run, expectedSeq, found);
      if (events.length === 0) return resolve([]);
      const rows = events.map((event, i) => ({ seq: found + 1 + i, at, body: JSON.stringify(event), event }));
      this.seqs.set(run, found + events.length);
      this.pending.push({ run, rows, resolve, reject });
      this.planned ??= (this.options.schedule ?? nextTurn)(() => this.commit());
    });
  }

  read(run: string): readonly RecordedEvent[] {
    const events = this.guarded(() => this.ofRun.all(run)).map((row) => this.parsed(row));
    const gap = events.findIndex((event, i) => event.seq !== i + 1);
    if (gap !== -1) throw damaged(this.options.file, `run ${run} lacks event ${gap + 1}`, this.keepCopy);
    return events;
  }

  since(position: number, limit: number): readonly RecordedEvent[] {
    return this.guarded(() => this.after.all(position, limit)).map((row) => this.parsed(row));
  }

  position(): number {
    return this.last;
  }

  runs(): readonly string[] {
    const rows = this.guarded(() =>
      this.database.prepare('SELECT run FROM events GROUP BY run ORDER BY min(position)').all(),
    );
    return rows.map((row) => String(row['run']));
  }

  onAppended(listener: (events: readonly RecordedEvent[]) => void) {
    return this.appended.event(listener);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.commit();
    this.closed = true;
    this.appended.dispose();
    this.database.close();
  }

  /** One transaction for all appends of this turn of the loop: as many as came, one sync of the disk. */
  private commit(): void {
    this.planned?.();
    this.planned = undefined;
    const group = this.pending;
    this.pending = [];
    if (group.length === 0) return;
    let position = this.last;
    const recorded = group.map(({ run, rows }) =>
      rows.map(({ seq, at, event }): RecordedEvent => ({ position: ++position, run, seq, at, event })),
    );
    try {
      this.guarded(() =>
        this.database.transaction(() => {
          group.forEach(({ run, rows }, i) =>
            rows.forEach(({ seq, at, body }, j) =>
              this.insert.run(recorded[i]![j]!.position, run, seq, at, body, checksum(run, seq, at, body)),
            ),
          );
        }),
      );
    } catch (thrown) {
      // What is stored decides from here on; it is asked again at the next append.
      for (const { run } of group) this.seqs.delete(run);
      for (const one of group) one.reject(thrown);
      return;
    }
    this.last = position;
    group.forEach((one, i) => one.resolve(recorded[i]!));
    this.appended.fire(recorded.flat());
  }

  private parsed(row: Row): RecordedEvent {
    const { position, run, seq, at, body, crc } = row;
    const where = `event ${String(position)}`;
    if (checksum(String(run), Number(seq), Number(at), String(body)) !== crc)
      throw damaged(this.options.file, `the checksum of ${where} does not match`, this.keepCopy);
    const event = recordedEvent.safeParse({ position, run, seq, at, event: parseJson(String(body)) });
    if (!event.success)
      throw damaged(this.options.file, `${where} cannot be read`, this.keepCopy, event.error);
    return event.data;
  }

  private storedSeq(run: string): number {
    return Number(this.guarded(() => this.seqOf.get(run))?.['seq'] ?? 0);
  }

  private storedPosition(): number {
    return Number(this.database.prepare('SELECT max(position) AS last FROM events').get()?.['last'] ?? 0);
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storageFailure(thrown, this.options.file, this.keepCopy);
    }
  }
}

/** Catches flipped bits that leave the database's own structure intact. */
const checksum = (run: string, seq: number, at: number, body: string): number =>
  crc32(`${run}\n${seq}\n${at}\n${body}`);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
