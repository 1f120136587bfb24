import { problem, type Log } from '../base';
import {
  damaged,
  keepDamaged,
  openSqlite,
  storageFailure,
  type Database,
  type OpenDatabase,
} from '../storage';
import { keptOf, totalsOf, type Snapshot } from './snapshot';
import type { State } from './state';
import type { Decision } from './types';

/** The format this build writes and reads. */
const format = 1;
/** So many of the newest decisions are kept for people to look at. */
const mostDecisions = 10_000;

/** The durable side of arbitration: what is granted, what waits, what was used, and the log of decisions. */
export interface Store {
  /** What was recorded last; undefined at the very beginning. */
  load(): Snapshot | undefined;
  /** Records `decisions` and what they changed in `state`, in one transaction; `whole` writes everything anew. */
  record(state: State, decisions: readonly Decision[], whole: boolean): void;
  /** The newest decisions first. */
  decisions(most: number): readonly Decision[];
  close(): void;
}

export interface StoreOptions {
  readonly file: string;
  readonly log: Log;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
}

/**
 * Opens or creates the record. Throws `data.newer`, `data.readOnly`, `data.diskFull`, or `data.corrupt` with a copy
 * kept: damage is not taken for an empty start, since budgets would begin anew.
 */
export function openStore({ file, log, open = openSqlite }: StoreOptions): Store {
  const keepCopy = (name: string): string => {
    log.error('a damaged record of arbitration was copied', { file: name });
    return keepDamaged(name);
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      throw storageFailure(thrown, file, keepCopy);
    }
  };
  const database = guarded(() => openChecked(file, open, keepCopy));
  const statements = guarded(() => prepare(database));
  return {
    load: () =>
      guarded(() => {
        try {
          return load(database);
        } catch (thrown) {
          if (thrown instanceof SyntaxError) throw damaged(file, thrown.message, keepCopy, thrown);
          throw thrown;
        }
      }),
    record: (state, decisions, whole) =>
      guarded(() =>
        database.transaction(() => {
          if (whole) writeWhole(database, statements, state);
          else writeChanges(statements, state, decisions);
          for (const one of decisions) statements.log.run(one.at, one.request, one.kind, JSON.stringify(one));
          statements.meta.run('totals', JSON.stringify(totalsOf(state)));
          statements.prune.run(mostDecisions);
        }),
      ),
    decisions: (most) =>
      guarded(() =>
        database
          .prepare('SELECT body FROM decisions ORDER BY id DESC LIMIT ?')
          .all(most)
          .map((row) => JSON.parse(String(row['body'])) as Decision),
      ),
    close: () => database.close(),
  };
}

function openChecked(file: string, open: OpenDatabase, keepCopy: (file: string) => string): Database {
  const database = open(file);
  try {
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw damaged(file, String(check), keepCopy);
    // One transaction: there is no moment at which a part of the tables is there.
    database.transaction(() =>
      database.exec(`
        CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS requests(id TEXT PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS requesters(name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS resources(key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS held(family TEXT PRIMARY KEY, ms REAL NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS decisions(
          id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, request TEXT NOT NULL, kind TEXT NOT NULL,
          body TEXT NOT NULL
        ) STRICT;
        INSERT OR IGNORE INTO meta VALUES('format', '${format}');`),
    );
    const found = Number(database.prepare(`SELECT body FROM meta WHERE name = 'format'`).get()?.['body']);
    if (found > format) throw problem('data.newer', { path: file, found, known: format });
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function prepare(database: Database) {
  return {
    meta: database.prepare('INSERT OR REPLACE INTO meta VALUES(?, ?)'),
    request: database.prepare('INSERT OR REPLACE INTO requests VALUES(?, ?, ?)'),
    noRequest: database.prepare('DELETE FROM requests WHERE id = ?'),
    requester: database.prepare('INSERT OR REPLACE INTO requesters VALUES(?, ?)'),
    noRequester: database.prepare('DELETE FROM requesters WHERE name = ?'),
    resource: database.prepare('INSERT OR REPLACE INTO resources VALUES(?, ?)'),
    held: database.prepare('INSERT OR REPLACE INTO held VALUES(?, ?)'),
    log: database.prepare('INSERT INTO decisions(at, request, kind, body) VALUES(?, ?, ?, ?)'),
    prune: database.prepare('DELETE FROM decisions WHERE id <= (SELECT max(id) FROM decisions) - ?'),
  };
}
type Statements = ReturnType<typeof prepare>;

function writeWhole(database: Database, statements: Statements, state: State): void {
  for (const table of ['requests', 'requesters', 'resources', 'held']) database.exec(`DELETE FROM ${table}`);
  for (const id of [...state.waiting.keys(), ...state.granted.keys()]) writeRequest(statements, state, id);
  for (const name of state.requesters.keys()) writeRequester(statements, state, name);
  for (const key of state.resources.keys()) writeResource(statements, state, key);
  for (const [family, ms] of state.heldMs) statements.held.run(family, ms);
}

function writeChanges(statements: Statements, state: State, decisions: readonly Decision[]): void {
  const { requests, requesters, resources, families } = state.touched;
  for (const id of new Set([...requests, ...decisions.map(({ request }) => request)]))
    writeRequest(statements, state, id);
  for (const name of requesters) writeRequester(statements, state, name);
  for (const key of resources) writeResource(statements, state, key);
  for (const family of families) statements.held.run(family, state.heldMs.get(family)!);
}

function writeRequest(statements: Statements, state: State, id: string): void {
  const [kind, found] = state.waiting.has(id)
    ? ['waiting', state.waiting.get(id)]
    : ['granted', state.granted.get(id)];
  if (found === undefined) statements.noRequest.run(id);
  else statements.request.run(id, kind, JSON.stringify(found));
}

function writeRequester(statements: Statements, state: State, name: string): void {
  const found = state.requesters.get(name);
  if (found === undefined) statements.noRequester.run(name);
  else statements.requester.run(name, JSON.stringify(found));
}

function writeResource(statements: Statements, state: State, key: string): void {
  const kept = keptOf(state, key);
  if (kept !== undefined) statements.resource.run(key, JSON.stringify(kept));
}

function load(database: Database): Snapshot | undefined {
  const all = <T>(sql: string): T[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => JSON.parse(String(row['body'])) as T);
  const [totals] = all<Snapshot['totals']>(`SELECT body FROM meta WHERE name = 'totals'`);
  if (totals === undefined) return undefined;
  const bySeq = <T extends { readonly seq: number }>(rows: T[]): T[] => rows.sort((a, b) => a.seq - b.seq);
  return {
    totals,
    waiting: bySeq(all<Snapshot['waiting'][number]>(`SELECT body FROM requests WHERE state = 'waiting'`)),
    granted: bySeq(all<Snapshot['granted'][number]>(`SELECT body FROM requests WHERE state = 'granted'`)),
    requesters: all('SELECT body FROM requesters ORDER BY name'),
    resources: all('SELECT body FROM resources ORDER BY key'),
    heldMs: database
      .prepare('SELECT family, ms FROM held ORDER BY family')
      .all()
      .map((row) => [String(row['family']), Number(row['ms'])] as const),
  };
}
