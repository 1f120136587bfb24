import { existsSync } from 'node:fs';
import type { Json, Log } from '../base';
import { sha256 } from '../base/node';
import { createDatabase, openChecked, type DatabaseShape } from './checkedDatabase';
import { damaged, keepDamaged, storageFailure } from './failures';
import { openSqlite, type Database, type OpenDatabase, type Row, type Statement, type Value } from './sqlite';

const shape: DatabaseShape = {
  format: 1,
  tables: ['offered', 'records', 'units', 'unfinished'],
  sql: `
    CREATE TABLE offered(
      changeset TEXT PRIMARY KEY, run TEXT NOT NULL, blob TEXT NOT NULL, at REAL NOT NULL, former TEXT
    ) STRICT;
    CREATE INDEX offeredAt ON offered(at);
    CREATE TABLE records(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      changeset TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, sum TEXT NOT NULL
    ) STRICT;
    CREATE INDEX recordsOf ON records(changeset, id);
    CREATE TABLE unfinished(changeset TEXT PRIMARY KEY) STRICT;
    CREATE TABLE units(changeset TEXT PRIMARY KEY, body TEXT NOT NULL, sum TEXT NOT NULL) STRICT;`,
};

export interface DecisionsOptions {
  /** Path of the database. */
  readonly file: string;
  readonly log: Log;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
}

/** A changeset that was offered. `former` is the version it takes the place of. */
interface OfferedRow {
  readonly changeset: string;
  readonly run: string;
  readonly blob: string;
  readonly at: number;
  readonly former: string | null;
}

/**
 * Opens or creates the record of what people decided about proposals. What a call has returned from is on
 * the disk. Throws `data.newer`, `data.readOnly`, `data.diskFull`, or `data.corrupt` with a copy kept: a
 * record whose checksum is wrong is never passed over, because bytes of the user's files hang on it.
 */
export async function openDecisions(options: DecisionsOptions): Promise<SqliteDecisions> {
  const { file, log, open = openSqlite } = options;
  let backup: string | undefined;
  const keepCopy = (name: string): string => {
    if (backup === undefined) log.error('damaged decisions were copied', { file: name });
    return (backup ??= keepDamaged(name));
  };
  try {
    if (!existsSync(file)) await createDatabase(file, open, keepCopy, shape);
    return new SqliteDecisions(openChecked(file, open, keepCopy, shape), file, keepCopy);
  } catch (thrown) {
    throw storageFailure(thrown, file, keepCopy);
  }
}

class SqliteDecisions {
  private readonly statements = new Map<string, Statement>();

  constructor(
    private readonly database: Database,
    private readonly file: string,
    private readonly keepCopy: (file: string) => string,
  ) {}

  /** Notes what was offered; once noted it stays as it is. */
  offer({ changeset, run, blob, at, former }: OfferedRow): void {
    this.run('INSERT OR IGNORE INTO offered VALUES(?, ?, ?, ?, ?)', changeset, run, blob, at, former);
  }

  /** The newest first. */
  offered(): readonly OfferedRow[] {
    return this.all('SELECT * FROM offered ORDER BY at DESC, changeset DESC').map(offeredOf);
  }

  find(changeset: string): OfferedRow | undefined {
    return this.all('SELECT * FROM offered WHERE changeset = ?', changeset).map(offeredOf)[0];
  }

  /** Up to which position of the journal offers are noted. */
  position(): number {
    return Number(this.all(`SELECT value FROM meta WHERE name = 'position'`)[0]?.['value'] ?? 0);
  }

  keepPosition(position: number): void {
    this.run(`INSERT OR REPLACE INTO meta VALUES('position', ?)`, position);
  }

  /** Appends records in one transaction. `unfinished` says whether anything in them waits for its outcome. */
  append(changeset: string, at: number, bodies: readonly Json[], unfinished: boolean): void {
    this.guarded(() =>
      this.database.transaction(() => {
        for (const one of bodies) {
          const body = JSON.stringify(one);
          const sql = 'INSERT INTO records(changeset, at, body, sum) VALUES(?, ?, ?, ?)';
          this.prepared(sql).run(changeset, at, body, sumOf(changeset, at, body));
        }
        const sql = unfinished
          ? 'INSERT OR IGNORE INTO unfinished VALUES(?)'
          : 'DELETE FROM unfinished WHERE changeset = ?';
        this.prepared(sql).run(changeset);
      }),
    );
  }

  /** All records of a changeset, oldest first. */
  records(changeset: string): readonly { readonly at: number; readonly body: Json }[] {
    const rows = this.all('SELECT id, at, body, sum FROM records WHERE changeset = ? ORDER BY id', changeset);
    return rows.map(({ id, at, body, sum }) => {
      const time = Number(at);
      if (sum !== sumOf(changeset, time, String(body)))
        throw damaged(this.file, `record ${String(id)} does not match its checksum`, this.keepCopy);
      return { at: time, body: JSON.parse(String(body)) as Json };
    });
  }

  /** Changesets with decisions that wait for their outcome. */
  unfinished(): readonly string[] {
    return this.all('SELECT changeset FROM unfinished ORDER BY changeset').map((row) =>
      String(row['changeset']),
    );
  }

  /** Keeps what a changeset was cut into; it can be made again, so damage is taken for absence. */
  keepUnits(changeset: string, body: string): void {
    this.run('INSERT OR REPLACE INTO units VALUES(?, ?, ?)', changeset, body, sumOf(changeset, 0, body));
  }

  units(changeset: string): string | undefined {
    const row = this.all('SELECT body, sum FROM units WHERE changeset = ?', changeset)[0];
    const body = row === undefined ? undefined : String(row['body']);
    return body !== undefined && row?.['sum'] === sumOf(changeset, 0, body) ? body : undefined;
  }

  close(): void {
    this.database.close();
  }

  private run(sql: string, ...values: readonly Value[]): void {
    this.guarded(() => this.prepared(sql).run(...values));
  }

  private all(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.guarded(() => this.prepared(sql).all(...values));
  }

  private prepared(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) this.statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storageFailure(thrown, this.file, this.keepCopy);
    }
  }
}

const sumOf = (changeset: string, at: number, body: string): string => sha256(`${changeset}\n${at}\n${body}`);

const offeredOf = (row: Row): OfferedRow => ({
  changeset: String(row['changeset']),
  run: String(row['run']),
  blob: String(row['blob']),
  at: Number(row['at']),
  former: row['former'] === null ? null : String(row['former']),
});
