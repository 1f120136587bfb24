import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { problem } from '../base';
import { syncFolder } from '../base/node';
import { damaged } from './failures';
import type { Database, OpenDatabase } from './sqlite';

/** The format this build writes and reads; a change of it needs a migration. */
export const firingsFormat = 1;

const tables = ['armed', 'firings', 'meta'] as const;

/**
 * Makes the database under another name and renames it when its tables are on the disk: a file under the
 * right name that has no tables is damage, not a beginning.
 */
export async function createFirings(
  file: string,
  open: OpenDatabase,
  keepCopy: (file: string) => string,
): Promise<void> {
  if (existsSync(`${file}-wal`)) throw damaged(file, 'its log is there and the file is not', keepCopy);
  const fresh = `${file}.new`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(fresh + suffix, { force: true });
  const database = open(fresh);
  // The file is private before anything secret is in it; SQLite gives its log the same bits.
  if (process.platform !== 'win32') chmodSync(fresh, 0o600);
  database.exec(`
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE armed(
      melody TEXT NOT NULL, trigger TEXT NOT NULL, hash TEXT NOT NULL, at REAL NOT NULL, mark REAL NOT NULL,
      state TEXT NOT NULL CHECK(state IN ('armed', 'changed', 'paused')),
      problem TEXT, token TEXT,
      PRIMARY KEY(melody, trigger)
    ) STRICT;
    CREATE TABLE firings(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      melody TEXT NOT NULL, trigger TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL,
      due REAL NOT NULL, at REAL NOT NULL, missed INTEGER NOT NULL, depth INTEGER NOT NULL,
      state TEXT NOT NULL CHECK(state IN ('due', 'started', 'skipped', 'failed')),
      run TEXT, problem TEXT, cause TEXT NOT NULL, inputs TEXT
    ) STRICT;
    CREATE INDEX firingsOfTrigger ON firings(melody, trigger, id);
    CREATE INDEX firingsOpen ON firings(id) WHERE state = 'due';
    CREATE INDEX firingsOfRun ON firings(run) WHERE run IS NOT NULL;
    INSERT INTO meta VALUES('format', ${firingsFormat});
    PRAGMA wal_checkpoint(TRUNCATE);`);
  database.close();
  renameSync(fresh, file);
  await syncFolder(path.dirname(file));
}

/** Opens an existing database and refuses one that is newer or damaged. */
export function openChecked(file: string, open: OpenDatabase, keepCopy: (file: string) => string): Database {
  // SQLite takes an empty file for a new database.
  if (statSync(file).size === 0) throw damaged(file, 'it is empty', keepCopy);
  const database = open(file);
  try {
    const found = database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .all()
      .map((row) => row['name']);
    if (!tables.every((table) => found.includes(table)))
      throw damaged(file, 'its tables are missing', keepCopy);
    const known = database.prepare(`SELECT value FROM meta WHERE name = 'format'`).get()?.['value'];
    if (typeof known !== 'number') throw damaged(file, 'its format is not recorded', keepCopy);
    if (known > firingsFormat)
      throw problem('data.newer', { path: file, found: known, known: firingsFormat });
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw damaged(file, String(check), keepCopy);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}
