import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { problem } from '../base';
import { syncFolder } from '../base/node';
import { damaged } from './failures';
import { durable, type Database, type OpenDatabase } from './sqlite';

/** What a database of the data home is: its tables, of which `meta` says the format, and how to open it. */
export interface DatabaseKind {
  /** Makes the tables and records the format in `meta` (`name` = 'format'). */
  readonly schema: string;
  readonly tables: readonly string[];
  /** The format this build writes and reads; a change of it needs a migration. */
  readonly format: number;
  /** Pragmas of a new file, before those that make commits durable. */
  readonly fresh?: readonly string[];
  /** Whether all pages are read through at every opening; not where there may be many. */
  readonly isSmall: boolean;
}

/** A copy of what is damaged, kept; gives its path. */
export type KeepCopy = (file: string) => string;

/**
 * Makes the database under another name and renames it when its tables are on the disk: a file under the
 * right name that has no tables is damage, not a beginning.
 */
export async function createDatabaseFile(
  file: string,
  { schema, fresh = [] }: DatabaseKind,
  open: OpenDatabase,
  keepCopy: KeepCopy,
): Promise<void> {
  if (existsSync(`${file}-wal`)) throw damaged(file, 'its log is there and the file is not', keepCopy);
  const made = `${file}.new`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(made + suffix, { force: true });
  const database = open(made, [...fresh, ...durable]);
  // The file is private before anything secret is in it; SQLite gives its log the same bits.
  if (process.platform !== 'win32') chmodSync(made, 0o600);
  database.exec(`${schema};
    PRAGMA wal_checkpoint(TRUNCATE);`);
  database.close();
  renameSync(made, file);
  await syncFolder(path.dirname(file));
}

/** Opens an existing database and refuses one that is newer or damaged. */
export function openDatabaseFile(
  file: string,
  { tables, format, isSmall }: DatabaseKind,
  open: OpenDatabase,
  keepCopy: KeepCopy,
): Database {
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
    if (known > format) throw problem('data.newer', { path: file, found: known, known: format });
    const check = isSmall ? database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] : 'ok';
    if (check !== 'ok') throw damaged(file, String(check), keepCopy);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}
