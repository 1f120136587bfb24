import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../../schemas/journal/events';
import { durable } from '../../server/storage';
import type { Shape } from './shapes';

/** Events of one commit at most: what a thousand nodes in flight give. */
const groupSize = 1000;

/** A bare journal in `folder`, with the pragmas of ours. */
export function openRawJournal(folder: string): DatabaseSync {
  const database = new DatabaseSync(path.join(folder, 'raw.db'));
  for (const pragma of durable) database.exec(pragma);
  database.exec(
    'CREATE TABLE events(position INTEGER PRIMARY KEY, run TEXT, seq INTEGER, at REAL, body TEXT)',
  );
  return database;
}

/**
 * The limit of the way of working: the same two events per node, written straight to SQLite with the same
 * group commit, with no engine, checksum or index beside. An outcome shares its commit with the intents that
 * follow from it.
 */
export function runRawJournal(database: DatabaseSync, { nodes }: Shape): void {
  const insert = database.prepare('INSERT INTO events VALUES(?, ?, ?, ?, ?)');
  let seq = 0;
  let pending: RunEvent[] = [];
  const commit = (): void => {
    if (pending.length === 0) return;
    database.exec('BEGIN IMMEDIATE');
    const at = Date.now();
    for (const event of pending) {
      seq++;
      insert.run(seq, 'run-0000000000000000', seq, at, JSON.stringify(event));
    }
    database.exec('COMMIT');
    pending = [];
  };
  const record = (event: RunEvent): void => {
    if (pending.push(event) >= groupSize) commit();
  };

  const missing = new Map(nodes.map(({ id, after }) => [id, after.length]));
  const next = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { id, after } of nodes) for (const before of after) next.get(before)!.push(id);
  let ready = nodes.filter(({ after }) => after.length === 0).map(({ id }) => id);
  for (const node of ready) record({ type: 'NodeStarted', node, attempt: 1 });
  while (ready.length > 0) {
    commit();
    const following: string[] = [];
    for (const node of ready) {
      record({ type: 'NodeCompleted', node, attempt: 1, output: null });
      for (const after of next.get(node)!) {
        const left = missing.get(after)! - 1;
        missing.set(after, left);
        if (left > 0) continue;
        record({ type: 'NodeStarted', node: after, attempt: 1 });
        following.push(after);
      }
    }
    ready = following;
  }
  commit();
}

/** Opens the store anew and counts the nodes that have both their events. */
export function countRawJournal(folder: string): number {
  const database = new DatabaseSync(path.join(folder, 'raw.db'));
  const row = database
    .prepare(
      `SELECT count(*) AS nodes FROM (SELECT body ->> 'node' AS node FROM events
        GROUP BY node HAVING count(*) = 2 AND count(DISTINCT body ->> 'type') = 2)`,
    )
    .get() as { readonly nodes: number };
  database.close();
  return row.nodes;
}
