import { crc32 } from 'node:zlib';
import { DatabaseSync } from 'node:sqlite';

export interface OldEvent {
  readonly run: string;
  readonly seq: number;
  readonly at: number;
  readonly event: unknown;
}

/** Writes a journal as the first version did: a row for each event. */
export function writeFormat0(file: string, events: readonly OldEvent[]): void {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE events(
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL,
      body TEXT NOT NULL, crc INTEGER NOT NULL,
      UNIQUE(run, seq)
    ) STRICT;
    INSERT INTO meta VALUES('format', 0);
    BEGIN;`);
  const insert = database.prepare('INSERT INTO events(run, seq, at, body, crc) VALUES(?, ?, ?, ?, ?)');
  for (const { run, seq, at, event } of events) {
    const body = JSON.stringify(event);
    insert.run(run, seq, at, body, crc32(`${run}\n${seq}\n${at}\n${body}`));
  }
  database.exec('COMMIT');
  database.close();
}
