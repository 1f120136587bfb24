import { crc32 } from 'node:zlib';
import type { RunEvent } from '../../schemas/journal/events';
import type { RunHeading } from '../engine';
import type { Database, Row } from './sqlite';
import type { Addition } from './journalRows';

/** What of a heading changes with events; the rest is found by position. */
type Facts = Pick<RunHeading, 'title' | 'kind' | 'state' | 'createdAt' | 'endedAt'>;

/** A run's heading after one more of its events; undefined before it was created. The same when nothing changed. */
export function headingAfter(before: Facts | undefined, event: RunEvent, at: number): Facts | undefined {
  if (event.type === 'RunCreated') {
    const { title, kind } = event;
    return { title, kind, state: 'running', createdAt: at, endedAt: null };
  }
  const change = changes[event.type];
  if (before === undefined || change === undefined) return before;
  if (change === 'reopened')
    return before.endedAt === null ? before : { ...before, state: 'running', endedAt: null };
  return { ...before, state: change, endedAt: ended.has(change) ? at : null };
}

const ended: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

/** What becomes of a run by the events that change its heading; one that has ended is reopened by some. */
const changes: { readonly [type in RunEvent['type']]?: RunHeading['state'] | 'reopened' } = {
  RunPaused: 'paused',
  RunResumed: 'running',
  RunStopping: 'cancelling',
  RunCancelRequested: 'cancelling',
  RunCompleted: 'completed',
  RunFailed: 'failed',
  RunCancelled: 'cancelled',
  NodeRetried: 'reopened',
  NodeSkipped: 'reopened',
  GenerationBegun: 'reopened',
};

/** A run's last event. */
export interface RunEnd {
  readonly seq: number;
  readonly position: number;
}

/**
 * The table of headings: a row per run, written with the events that change it. It holds nothing that the
 * events do not, so a damaged one is made again from them.
 */
export class Headings {
  private readonly one;
  private readonly every;
  private readonly write;

  constructor(private readonly database: Database) {
    this.one = database.prepare('SELECT * FROM headings WHERE run = ?');
    this.every = database.prepare('SELECT * FROM headings ORDER BY first');
    this.write = database.prepare('INSERT OR REPLACE INTO headings VALUES(?, ?, ?, ?, ?, ?, ?, ?)');
  }

  /** Takes in an addition whose first event has this position, within its transaction. */
  take({ run, seq, at, events }: Omit<Addition, 'texts'>, position: number): void {
    const isNew = seq === 1;
    if (!isNew && !events.some(({ type }) => type === 'RunCreated' || changes[type] !== undefined)) return;
    const row = isNew ? undefined : this.one.get(run);
    const before = row === undefined ? undefined : factsOf(row);
    let after = before;
    for (const event of events) after = headingAfter(after, event, at);
    if (after === before && !isNew) return;
    const first = Number(row?.['first'] ?? position);
    const { title = null, kind = null, state = null, createdAt = null, endedAt = null } = after ?? {};
    const values = [run, first, title, kind, state, createdAt, endedAt] as const;
    this.write.run(...values, crc32(values.join('\n')));
  }

  /** Whether there is a heading for each of these runs and no other, each as it was written. */
  areWhole(runs: ReadonlyMap<string, unknown>): boolean {
    const rows = this.every.all();
    return rows.length === runs.size && rows.every((row) => runs.has(String(row['run'])) && isWhole(row));
  }

  /** Begins again without any; every addition is to be taken in anew. */
  clear(): void {
    this.database.exec('DELETE FROM headings');
  }

  runs(): readonly string[] {
    return this.every.all().map(({ run }) => String(run));
  }

  /** Those of runs that were created; `ends` says how far each has come. */
  all(ends: ReadonlyMap<string, RunEnd>): readonly RunHeading[] {
    return this.every.all().flatMap((row) => {
      const run = String(row['run']);
      const [facts, end] = [factsOf(row), ends.get(run)];
      if (facts === undefined || end === undefined) return [];
      const firstPosition = Number(row['first']);
      return [{ run, ...facts, firstPosition, lastPosition: end.position, lastSeq: end.seq }];
    });
  }
}

const isWhole = ({ run, first, title, kind, state, created_at, ended_at, crc }: Row): boolean =>
  crc32([run, first, title, kind, state, created_at, ended_at].join('\n')) === crc;

function factsOf(row: Row): Facts | undefined {
  if (row['kind'] === null) return undefined;
  return {
    title: String(row['title']),
    kind: row['kind'] as RunHeading['kind'],
    state: row['state'] as RunHeading['state'],
    createdAt: Number(row['created_at']),
    endedAt: row['ended_at'] === null ? null : Number(row['ended_at']),
  };
}
