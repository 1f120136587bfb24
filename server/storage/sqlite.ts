import { DatabaseSync } from 'node:sqlite';

export type Value = string | number | null | Uint8Array;
export type Row = Readonly<Record<string, Value>>;

export interface Statement {
  run(...values: readonly Value[]): void;
  get(...values: readonly Value[]): Row | undefined;
  all(...values: readonly Value[]): readonly Row[];
}

/** As much of a SQLite as storage needs, so that another build of it can take its place. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Runs `work` in one write transaction: all of it is durable when this returns, or nothing happened. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens or creates the database `file` and runs `pragmas` on it; the driver seam. A driver may run others
 * before them, as `locking_mode = EXCLUSIVE` where there is no shared memory.
 */
export type OpenDatabase = (file: string, pragmas?: readonly string[]) => Database;

/** What makes a commit durable: a write-ahead log, synced fully at every commit. */
export const durable: readonly string[] = ['PRAGMA journal_mode = WAL', 'PRAGMA synchronous = FULL'];

/** Node's own SQLite, set to lose nothing, with five seconds of patience with another process that reads. */
export const openSqlite: OpenDatabase = (file, pragmas = durable) => {
  const inner = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
  try {
    for (const pragma of pragmas) inner.exec(pragma);
  } catch (thrown) {
    inner.close();
    throw thrown;
  }
  return {
    exec: (sql) => inner.exec(sql),
    prepare(sql) {
      const statement = inner.prepare(sql);
      return {
        run: (...values) => void statement.run(...values),
        get: (...values) => statement.get(...values) as Row | undefined,
        all: (...values) => statement.all(...values) as Row[],
      };
    },
    transaction(work) {
      inner.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        inner.exec('COMMIT');
        return result;
      } catch (thrown) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        if (inner.isTransaction) inner.exec('ROLLBACK');
        throw thrown;
      }
    },
    close: () => inner.close(),
  };
};
