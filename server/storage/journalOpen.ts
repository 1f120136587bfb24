import path from 'node:path';
import type { Problem } from '../../schemas/codes';
import type { RecordedEvent } from '../../schemas/journal/events';
import { problem, type Log, type Random } from '../base';
import { damaged, keepDamaged, storageFailure } from './failures';
import type { JournalFiles } from './journalFiles';
import { createJournal, Fault, format, formatOf, hasTable, migrations } from './journalFormat';
import { Headings, type RunEnd } from './journalHeadings';
import { unpacked, whole, type Batch } from './journalRows';
import { Witness } from './journalWitness';
import type { Database } from './sqlite';

/** Where a journal lies and how it is reached. */
export interface Place {
  readonly file: string;
  readonly files: JournalFiles;
  readonly open: (file: string) => Database;
  readonly keepCopy: (file: string) => string;
  readonly random: Random;
  readonly log: Log;
}

/** A journal found whole, with the right to write to it. */
export interface Opened {
  readonly database: Database;
  readonly witness: Witness;
  /** What this opening writes with; another opening takes it away. */
  readonly token: string;
  readonly last: number;
  /** How far every run has come. */
  readonly ends: Map<string, RunEnd>;
  /** What was missing at the end, where something was. */
  readonly recovered: Problem | undefined;
}

/** Keeps one copy of a damaged file per opening, however often the damage is met. */
export function onceKept(log: Log, files: JournalFiles): (file: string) => string {
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
export async function create({ file, files, open, keepCopy, log }: Place): Promise<void> {
  if (files.size(`${file}-wal`) !== undefined)
    throw damaged(file, 'its log is there and the file is not', keepCopy);
  const seen = Witness.ofMissing(file, files, log);
  if (seen !== 0)
    throw damaged(file, `it is gone, and ${Witness.fileOf(file)} has seen ${seen} events`, keepCopy);
  const fresh = `${file}.new`;
  for (const suffix of ['', '-wal', '-shm']) files.remove(fresh + suffix);
  const database = open(fresh);
  try {
    createJournal(database);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
  } finally {
    database.close();
  }
  files.protect(fresh);
  files.rename(fresh, file);
  await files.syncFolder(path.dirname(file));
}

/**
 * Opens a journal, migrates it, looks at every event's checksum and place, and takes the lease. What its
 * witness has seen beyond its end is told; any other damage throws `data.corrupt` with a copy kept.
 */
export function openWhole(place: Place): Opened {
  // SQLite takes an empty file for a new database.
  if (place.files.size(place.file) === 0) throw damaged(place.file, 'it is empty', place.keepCopy);
  const witness = Witness.beside(place.file, place.files, place.log);
  try {
    let { database, last, ends } = scanned(place);
    const missing = (witness.seen() ?? 0) - last;
    const recovered = missing > 0 ? tailLost(place, missing, last) : undefined;
    if (recovered !== undefined) {
      // Copying has opened and closed the file, by which this process has lost its locks on it.
      database.close();
      ({ database, last, ends } = scanned(place));
    }
    const token = Buffer.from(place.random.bytes(16)).toString('hex');
    takeLease(place, database, token, last);
    witness.see(last);
    return { database, witness, token, last, ends, recovered };
  } catch (thrown) {
    witness.close();
    throw thrown;
  }
}

interface Scanned extends Found {
  readonly database: Database;
}

/** The open database with what a look at all of it found; closed when it is not as it should be. */
function scanned(place: Place): Scanned {
  const { file, open, keepCopy } = place;
  const database = open(file);
  try {
    const found = formatOf(database);
    if (found > format) throw problem('data.newer', { path: file, found, known: format });
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw new Fault(String(check));
    if (found < format) migrate(place, database, found);
    return { database, ...database.transaction(() => look(place, database)) };
  } catch (thrown) {
    // Copied before it is closed: closing moves what its log holds into the file.
    const told = thrown instanceof Fault ? damaged(file, thrown.message, keepCopy, thrown) : thrown;
    const failure = storageFailure(told, file, keepCopy);
    database.close();
    throw failure;
  }
}

/** Brings an older format up to this one, step by step, and keeps a copy as it was before the first step. */
function migrate({ file, files, log }: Place, database: Database, from: number): void {
  const copy = `${file}.format-${from}`;
  files.remove(`${copy}.new`);
  database.prepare('VACUUM INTO ?').run(`${copy}.new`);
  files.protect(`${copy}.new`);
  files.rename(`${copy}.new`, copy);
  for (let step = from; step < format; step++)
    database.transaction(() => {
      migrations[step]!(database);
      database.prepare(`UPDATE meta SET value = ? WHERE name = 'format'`).run(step + 1);
    });
  log.info('the journal was brought to a newer format', { file, from, to: format, copy });
}

/** The events of a batch. Throws `data.newer` for kinds of a later version, and a `Fault`. */
export function eventsOf(batch: Batch, { file }: Pick<Place, 'file'>): readonly RecordedEvent[] {
  const events = unpacked(batch);
  if (!('kind' in events)) return events;
  if (typeof events.kind !== 'string') throw new Fault(`the events before ${batch.last} cannot be read`);
  throw problem('data.newer', { path: file, found: events.kind, known: format });
}

interface Found {
  readonly last: number;
  readonly ends: Map<string, RunEnd>;
}

/** Looks at every batch: its checksum, and that no position and no seq is missing. Throws a `Fault`. */
function look(place: Place, database: Database): Found {
  const missing = ['batches', 'headings', 'snapshots', 'lease'].find((name) => !hasTable(database, name));
  if (missing !== undefined) throw new Fault(`its table ${missing} is missing`);
  const ends = new Map<string, RunEnd>();
  let last = 0;
  const page = database.prepare('SELECT * FROM batches WHERE last > ? ORDER BY last LIMIT 500');
  for (let rows = page.all(last); rows.length > 0; rows = page.all(last))
    for (const row of rows) {
      const batch = whole(row);
      if (batch === undefined) throw new Fault(`the checksum after event ${last} does not match`);
      const { run, seq, count } = batch;
      if (batch.last - count !== last) throw new Fault(`event ${last + 1} is missing`);
      const before = ends.get(run)?.seq ?? 0;
      if (seq - count !== before) throw new Fault(`run ${run} lacks event ${before + 1}`);
      last = batch.last;
      ends.set(run, { seq, position: last });
    }
  const given = database.prepare('SELECT last FROM lease').get()?.['last'];
  if (given !== last) throw new Fault(`it holds ${last} of ${String(given ?? '?')} events`);
  if (!new Headings(database).areWhole(ends)) rebuildHeadings(place, database);
  return { last, ends };
}

function rebuildHeadings(place: Place, database: Database): void {
  const headings = new Headings(database);
  headings.clear();
  const page = database.prepare('SELECT * FROM batches WHERE last > ? ORDER BY last LIMIT 500');
  let last = 0;
  for (let rows = page.all(last); rows.length > 0; rows = page.all(last))
    for (const row of rows) {
      const batch = whole(row)!;
      const events = eventsOf(batch, place).map(({ event }) => event);
      headings.take({ ...batch, seq: batch.seq - batch.count + 1, events }, last + 1);
      last = batch.last;
    }
}

function tailLost({ file, files, log }: Place, lostCount: number, kept: number): Problem {
  const backup = keepDamaged(file, files);
  if (backup === path.resolve(file))
    throw damaged(file, `its last ${lostCount} events are missing, and it cannot be copied`, () => backup);
  const args = { path: file, lost: lostCount, kept, backup };
  log.error('acknowledged events are missing from the journal', args);
  return { code: 'data.tailLost', args };
}

/** From here on whoever had the journal before can no longer write to it. */
function takeLease({ file }: Place, database: Database, token: string, last: number): void {
  // What an earlier life left in the log goes into the file, where damage is noticed.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const taken = database
    .prepare('UPDATE lease SET epoch = epoch + 1, token = ? WHERE last = ? RETURNING epoch')
    .all(token, last);
  // Another one wrote while this one looked; it is alive, so the journal is its.
  if (taken.length === 0) throw problem('data.takenOver', { path: file });
}
