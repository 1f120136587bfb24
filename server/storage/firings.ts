import { existsSync } from 'node:fs';
import type { Problem } from '../../schemas/codes';
import type { Trigger } from '../../schemas/melody/trigger';
import type { Json, Log } from '../base';
import { damaged, keepDamaged, storageFailure } from './failures';
import { createDatabase, openChecked } from './checkedDatabase';
import { firingsShape } from './firingsFile';
import { openSqlite, type Database, type OpenDatabase, type Row, type Value } from './sqlite';

/** A trigger a person has armed, bound to the bytes its Melody had then. */
export interface ArmedTrigger {
  /** Path of the Melody below the workspace. */
  readonly melody: string;
  readonly trigger: string;
  /** SHA-256 of the Melody's bytes when it was armed. */
  readonly hash: string;
  /** When it was armed, in milliseconds since the epoch. */
  readonly at: number;
  /** Up to which moment what was due has been dealt with. */
  readonly mark: number;
  /** `changed` and `paused` fire no more until a person arms the trigger anew; `problem` says why. */
  readonly state: 'armed' | 'changed' | 'paused';
  readonly problem: Problem | null;
  /** What callers of a webhook prove themselves with. */
  readonly token: string | null;
}

/** One moment at which a trigger was due, and what came of it. */
export interface Firing {
  readonly id: number;
  /** Names the moment; there is never a second firing of the same key. */
  readonly key: string;
  readonly melody: string;
  readonly trigger: string;
  readonly on: Trigger['on'];
  readonly hash: string;
  /** The moment it was due and the moment it was recorded, in milliseconds since the epoch. */
  readonly due: number;
  readonly at: number;
  /** How many earlier due moments went by before this one; it stands for them too. */
  readonly missed: number;
  /** How many runs started each other before this one. */
  readonly depth: number;
  readonly state: 'due' | 'started' | 'skipped' | 'failed';
  readonly run: string | null;
  /** Why it was skipped or failed. */
  readonly problem: Problem | null;
  /** What happened: the files, the commits, the run that ended. */
  readonly cause: Json;
  /** Values for the Melody's inputs; kept only as long as the firing is due. */
  readonly inputs: Readonly<Record<string, Json>>;
}

export type NewFiring = Omit<Firing, 'id' | 'state' | 'run' | 'problem'>;

export type FiringOutcome =
  | { readonly state: 'started'; readonly run: string }
  | { readonly state: 'skipped' | 'failed'; readonly problem: Problem };

/** The durable record of what is armed and of every firing. What a call has returned from is on the disk. */
export interface Firings {
  armed(): readonly ArmedTrigger[];
  /** Arms a trigger, in place of what was recorded for it. */
  arm(trigger: Omit<ArmedTrigger, 'state' | 'problem'>): void;
  disarm(melody: string, trigger: string): void;
  /** Keeps a trigger from firing until a person arms it anew. */
  halt(melody: string, trigger: string, state: 'changed' | 'paused', why: Problem): void;
  /** Moves the mark of a trigger, which may be backward. */
  moveMark(melody: string, trigger: string, mark: number): void;
  /**
   * Records a firing as due, or as `outcome` at once, and moves the mark of its trigger to `mark` in the
   * same transaction. Undefined when there is a firing of this key already; the mark moves all the same.
   */
  record(firing: NewFiring, more?: { mark?: number; outcome?: FiringOutcome }): Firing | undefined;
  /** Says what came of a firing that was due; one that is settled stays as it is. */
  settle(id: number, outcome: FiringOutcome): Firing;
  /** Firings of which nobody recorded what came of them, oldest first. */
  open(): readonly Firing[];
  /** The newest firings first. */
  list(limit: number): readonly Firing[];
  last(melody: string, trigger: string): Firing | undefined;
  byKey(key: string): Firing | undefined;
  byRun(run: string): Firing | undefined;
  /** The port webhooks were last served at. */
  port(): number | undefined;
  keepPort(port: number): void;
  close(): void;
}

export interface FiringsOptions {
  /** Path of the database. */
  readonly file: string;
  readonly log: Log;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
  /** How many settled firings are kept; default 10,000. */
  readonly keep?: number;
}

/**
 * Opens or creates the record of firings. Throws `data.newer`, `data.readOnly`, `data.diskFull`, or
 * `data.corrupt` with a copy kept: damage is never taken for an empty start, because everything would
 * fire again.
 */
export async function openFirings(options: FiringsOptions): Promise<Firings> {
  const { file, log, open = openSqlite } = options;
  let backup: string | undefined;
  const keepCopy = (name: string): string => {
    if (backup === undefined) log.error('damaged firings were copied', { file: name });
    return (backup ??= keepDamaged(name));
  };
  try {
    if (!existsSync(file)) await createDatabase(file, open, keepCopy, firingsShape);
    return new SqliteFirings(openChecked(file, open, keepCopy, firingsShape), options, keepCopy);
  } catch (thrown) {
    throw storageFailure(thrown, file, keepCopy);
  }
}

class SqliteFirings implements Firings {
  constructor(
    private readonly database: Database,
    private readonly options: FiringsOptions,
    private readonly keepCopy: (file: string) => string,
  ) {
    this.prune();
  }

  armed() {
    const rows = this.all('SELECT * FROM armed ORDER BY melody, trigger');
    return rows.map((row) => this.parsed(row, armedOf));
  }

  arm({ melody, trigger, hash, at, mark, token }: Omit<ArmedTrigger, 'state' | 'problem'>) {
    const values = [melody, trigger, hash, at, mark, token];
    this.run(`INSERT OR REPLACE INTO armed VALUES(?, ?, ?, ?, ?, 'armed', NULL, ?)`, ...values);
  }

  disarm(melody: string, trigger: string) {
    this.run('DELETE FROM armed WHERE melody = ? AND trigger = ?', melody, trigger);
  }

  halt(melody: string, trigger: string, state: 'changed' | 'paused', why: Problem) {
    const sql = 'UPDATE armed SET state = ?, problem = ? WHERE melody = ? AND trigger = ?';
    this.run(sql, state, JSON.stringify(why), melody, trigger);
  }

  moveMark(melody: string, trigger: string, mark: number) {
    this.run('UPDATE armed SET mark = ? WHERE melody = ? AND trigger = ?', mark, melody, trigger);
  }

  record(firing: NewFiring, { mark, outcome }: { mark?: number; outcome?: FiringOutcome } = {}) {
    const id = this.guarded(() =>
      this.database.transaction(() => {
        if (mark !== undefined) this.moveMark(firing.melody, firing.trigger, mark);
        if (this.byKey(firing.key) !== undefined) return undefined;
        const { key, melody, trigger, on, hash, due, at, missed, depth } = firing;
        const inputs = outcome === undefined ? JSON.stringify(firing.inputs) : null;
        const came = outcomeColumns(outcome);
        const values = [key, melody, trigger, on, hash, due, at, missed, depth, ...came];
        this.run(
          `INSERT INTO firings(key, melody, trigger, kind, hash, due, at, missed, depth, state, run, problem, cause, inputs)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[...values, JSON.stringify(firing.cause), inputs],
        );
        return Number(this.get('SELECT last_insert_rowid() AS id')!['id']);
      }),
    );
    if (id !== undefined && id % 1000 === 0) this.prune();
    return id === undefined ? undefined : this.byId(id);
  }

  settle(id: number, outcome: FiringOutcome) {
    const sql = `UPDATE firings SET state = ?, run = ?, problem = ?, inputs = NULL WHERE id = ? AND state = 'due'`;
    this.run(sql, ...outcomeColumns(outcome), id);
    return this.byId(id);
  }

  open() {
    return this.firings(`SELECT * FROM firings WHERE state = 'due' ORDER BY id`);
  }

  list(limit: number) {
    return this.firings('SELECT * FROM firings ORDER BY id DESC LIMIT ?', limit);
  }

  last(melody: string, trigger: string) {
    const sql = 'SELECT * FROM firings WHERE melody = ? AND trigger = ? ORDER BY id DESC LIMIT 1';
    return this.firings(sql, melody, trigger)[0];
  }

  byKey(key: string) {
    return this.firings('SELECT * FROM firings WHERE key = ?', key)[0];
  }

  byRun(run: string) {
    return this.firings('SELECT * FROM firings WHERE run = ? ORDER BY id LIMIT 1', run)[0];
  }

  port() {
    const port = this.get(`SELECT value FROM meta WHERE name = 'port'`)?.['value'];
    return typeof port === 'number' ? port : undefined;
  }

  keepPort(port: number) {
    this.run(`INSERT OR REPLACE INTO meta VALUES('port', ?)`, port);
  }

  close() {
    this.database.close();
  }

  private byId(id: number): Firing {
    return this.firings('SELECT * FROM firings WHERE id = ?', id)[0]!;
  }

  /** Drops the oldest firings that are settled. Marks keep their moments from being due again. */
  private prune(): void {
    const { keep = 10_000 } = this.options;
    const sql = `DELETE FROM firings WHERE state <> 'due' AND id <= (SELECT coalesce(max(id), 0) FROM firings) - ?`;
    this.run(sql, keep);
  }

  private firings(sql: string, ...values: readonly Value[]): readonly Firing[] {
    return this.all(sql, ...values).map((row) => this.parsed(row, firingOf));
  }

  private parsed<T>(row: Row, parse: (row: Row) => T): T {
    try {
      return parse(row);
    } catch (thrown) {
      const where = `the row ${String(row['id'] ?? row['trigger'])} cannot be read`;
      throw damaged(this.options.file, where, this.keepCopy, thrown);
    }
  }

  private run(sql: string, ...values: readonly Value[]): void {
    this.guarded(() => this.database.prepare(sql).run(...values));
  }

  private get(sql: string): Row | undefined {
    return this.guarded(() => this.database.prepare(sql).get());
  }

  private all(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.guarded(() => this.database.prepare(sql).all(...values));
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw storageFailure(thrown, this.options.file, this.keepCopy);
    }
  }
}

/** The columns state, run and problem. */
function outcomeColumns(outcome: FiringOutcome | undefined): [string, string | null, string | null] {
  if (outcome === undefined) return ['due', null, null];
  if (outcome.state === 'started') return ['started', outcome.run, null];
  return [outcome.state, null, JSON.stringify(outcome.problem)];
}

const textOf = (value: Value | undefined): string | null => (typeof value === 'string' ? value : null);
const jsonOf = <T>(value: Value | undefined): T | null =>
  typeof value === 'string' ? (JSON.parse(value) as T) : null;

const armedOf = (row: Row): ArmedTrigger => ({
  melody: String(row['melody']),
  trigger: String(row['trigger']),
  hash: String(row['hash']),
  at: Number(row['at']),
  mark: Number(row['mark']),
  state: row['state'] as ArmedTrigger['state'],
  problem: jsonOf<Problem>(row['problem']),
  token: textOf(row['token']),
});

const firingOf = (row: Row): Firing => ({
  id: Number(row['id']),
  key: String(row['key']),
  melody: String(row['melody']),
  trigger: String(row['trigger']),
  on: row['kind'] as Firing['on'],
  hash: String(row['hash']),
  due: Number(row['due']),
  at: Number(row['at']),
  missed: Number(row['missed']),
  depth: Number(row['depth']),
  state: row['state'] as Firing['state'],
  run: textOf(row['run']),
  problem: jsonOf<Problem>(row['problem']),
  cause: jsonOf<Json>(row['cause']),
  inputs: jsonOf<Record<string, Json>>(row['inputs']) ?? {},
});
