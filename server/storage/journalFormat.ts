import { crc32 } from 'node:zlib';
import type { RunEvent } from '../../schemas/journal/events';
import { Headings } from './journalHeadings';
import { packed, type Addition, type Batch } from './journalRows';
import type { Database, Row } from './sqlite';

/** The format this build writes. It reads every earlier one by the migrations below. */
export const format = 1;

/**
 * The tables of format 1. `batches` holds the events, several to a row; `lease` says who may write and which
 * position is the last, in the transaction of every append.
 */
export function createTables(database: Database): void {
  database.exec(`
    CREATE TABLE batches(
      last INTEGER PRIMARY KEY, count INTEGER NOT NULL,
      run TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL,
      body TEXT NOT NULL, crc INTEGER NOT NULL,
      UNIQUE(run, seq)
    ) STRICT;
    CREATE TABLE headings(
      run TEXT PRIMARY KEY, first INTEGER NOT NULL,
      title TEXT, kind TEXT, state TEXT, created_at REAL, ended_at REAL, crc INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots(
      run TEXT PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE lease(epoch INTEGER NOT NULL, token TEXT NOT NULL, last INTEGER NOT NULL) STRICT;
    INSERT INTO lease VALUES(0, '', 0);`);
}

/** Tables of a new journal. */
export function createJournal(database: Database): void {
  database.transaction(() => {
    database.exec('CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;');
    createTables(database);
    database.exec(`INSERT INTO meta VALUES('format', ${format});`);
  });
}

/** What is wrong with a journal that opens as a database; thrown inside migrations to undo them. */
export class Fault extends Error {}

/** The step from each format to the next, by the format it begins with. Each runs in one transaction. */
export const migrations: readonly ((database: Database) => void)[] = [toBatches];

/** The format a database says it has. Throws a `Fault`. */
export function formatOf(database: Database): number {
  if (!hasTable(database, 'meta')) throw new Fault('its tables are missing');
  const value = database.prepare(`SELECT value FROM meta WHERE name = 'format'`).get()?.['value'];
  if (typeof value !== 'number') throw new Fault('its format is not recorded');
  return value;
}

export const hasTable = (database: Database, name: string): boolean =>
  database.prepare('SELECT 1 AS one FROM sqlite_schema WHERE name = ?').get(name) !== undefined;

/** Format 0 kept each event in a row of its own, and nothing else. */
function toBatches(database: Database): void {
  if (!hasTable(database, 'events')) throw new Fault('its tables are missing');
  // Positions had no gaps, and SQLite kept the highest one ever given: a lost row shows.
  const { there, last, given } = database
    .prepare(
      `SELECT count(*) AS there, coalesce(max(position), 0) AS last,
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS given FROM events`,
    )
    .get()!;
  if (there !== last || last !== given)
    throw new Fault(`it holds ${String(there)} of ${String(given)} events`);
  createTables(database);
  const headings = new Headings(database);
  const insert = inserter(database);
  const page = database.prepare('SELECT * FROM events WHERE position > ? ORDER BY position LIMIT 1000');
  let position = 0;
  for (let rows = page.all(0); rows.length > 0; rows = page.all(position)) {
    const additions = rows.map(oldAddition);
    additions.forEach((addition, i) => headings.take(addition, position + 1 + i));
    for (const batch of packed(position, additions)) insert(batch);
    position += rows.length;
  }
  database.prepare('UPDATE lease SET last = ?').run(position);
  database.exec('DROP TABLE events;');
}

function oldAddition(row: Row): Addition {
  const { position, run, seq, at, body, crc } = row;
  const text = String(body);
  if (crc32(`${String(run)}\n${String(seq)}\n${String(at)}\n${text}`) !== crc)
    throw new Fault(`the checksum of event ${String(position)} does not match`);
  const events = [JSON.parse(text) as RunEvent];
  return { run: String(run), seq: Number(seq), at: Number(at), events, texts: [text] };
}

/** Writes batches; the one place that knows the order of their columns. */
export function inserter(database: Database): (batch: Batch) => void {
  const insert = database.prepare('INSERT INTO batches VALUES(?, ?, ?, ?, ?, ?, ?)');
  return ({ last, count, run, seq, at, body, crc }) => insert.run(last, count, run, seq, at, body, crc);
}
