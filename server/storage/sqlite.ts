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

/** Opens or creates the database `file`; the driver seam. */
export type OpenDatabase = (file: string) => Database;

/**
 * Node's own SQLite, set to lose nothing: write-ahead log, full sync at every commit, foreign keys, and
 * five seconds of patience with another process that reads.
 */
export const openSqlite: OpenDatabase = (file) => {
  const inner = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
  try {
    inner.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
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
