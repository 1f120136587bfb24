import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { problem } from '../base';
import { syncFolder } from '../base/node';
import { damaged } from './failures';
import type { Database, OpenDatabase } from './sqlite';

/** What a database of ours must have to be taken for one. */
export interface DatabaseShape {
  /** The format this build writes and reads; a change of it needs a migration. */
  readonly format: number;
  readonly tables: readonly string[];
  /** Makes the tables, except `meta`, which holds the format. */
  readonly sql: string;
}

/**
 * Makes the database under another name and renames it when its tables are on the disk: a file under the
 * right name that has no tables is damage, not a beginning.
 */
export async function createDatabase(
  file: string,
  open: OpenDatabase,
  keepCopy: (file: string) => string,
  shape: DatabaseShape,
): Promise<void> {
  if (existsSync(`${file}-wal`)) throw damaged(file, 'its log is there and the file is not', keepCopy);
  const fresh = `${file}.new`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(fresh + suffix, { force: true });
  const database = open(fresh);
  // The file is private before anything secret is in it; SQLite gives its log the same bits.
  if (process.platform !== 'win32') chmodSync(fresh, 0o600);
  database.exec(`
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    ${shape.sql}
    INSERT INTO meta VALUES('format', ${shape.format});
    PRAGMA wal_checkpoint(TRUNCATE);`);
  database.close();
  renameSync(fresh, file);
  await syncFolder(path.dirname(file));
}

/** Opens an existing database and refuses one that is newer or damaged. */
export function openChecked(
  file: string,
  open: OpenDatabase,
  keepCopy: (file: string) => string,
  { format, tables }: DatabaseShape,
): Database {
  // SQLite takes an empty file for a new database.
  if (statSync(file).size === 0) throw damaged(file, 'it is empty', keepCopy);
  const database = open(file);
  try {
    const found = database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .all()
      .map((row) => row['name']);
    if (![...tables, 'meta'].every((table) => found.includes(table)))
      throw damaged(file, 'its tables are missing', keepCopy);
    const known = database.prepare(`SELECT value FROM meta WHERE name = 'format'`).get()?.['value'];
    if (typeof known !== 'number') throw damaged(file, 'its format is not recorded', keepCopy);
    if (known > format) throw problem('data.newer', { path: file, found: known, known: format });
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw damaged(file, String(check), keepCopy);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}
