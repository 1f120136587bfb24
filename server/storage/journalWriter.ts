import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import { Emitter, problem, ProblemError, type Clock, type Disposable, type Log } from '../base';
import { SeqConflict } from '../engine';
import { storageFailure } from './failures';
import { inserter } from './journalFormat';
import { Headings } from './journalHeadings';
import type { Opened } from './journalOpen';
import { packed, type Addition, type Batch } from './journalRows';
import { snapshotChecksum } from './journalSnapshots';
import type { Statement } from './sqlite';

/** Runs `work` once after `ms` milliseconds, 0 for the end of this turn of the loop, unless what it returns is called. */
export type Schedule = (work: () => void, ms: number) => () => void;

export const nextTurn: Schedule = (work, ms) => {
  if (ms > 0) {
    const planned = setTimeout(work, ms);
    return () => clearTimeout(planned);
  }
  const planned = setImmediate(work);
  return () => clearImmediate(planned);
};

export interface WriterOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly keepCopy: (file: string) => string;
  readonly schedule: Schedule;
  readonly mostEvents: number;
  readonly mostMs: number;
}

/** An event with the time it was recorded at elsewhere. */
export interface Recordable {
  readonly at: number;
  readonly event: RunEvent;
}

interface PendingAppend {
  readonly additions: readonly Addition[];
  readonly count: number;
  resolve(recorded: readonly RecordedEvent[]): void;
  reject(thrown: unknown): void;
}
interface PendingSnapshot {
  readonly snapshot: { readonly run: string; readonly seq: number; readonly body: Uint8Array };
  readonly count: 0;
  resolve(): void;
  reject(thrown: unknown): void;
}
type Pending = PendingAppend | PendingSnapshot;

/**
 * Writes a journal: everything that is asked for in one turn of the loop shares one transaction and one sync
 * of the disk. Each transaction writes only while its lease still stands.
 */
export class JournalWriter {
  private readonly appended: Emitter<readonly RecordedEvent[]>;
  /** The last seq of each run, those not committed yet included; empty again after a failure. */
  private readonly seqs = new Map<string, number>();
  private last: number;
  private pending: Pending[] = [];
  /** Events in `pending`. */
  private waiting = 0;
  private cancelPlanned: (() => void) | undefined;
  private closed = false;
  private ousted: ProblemError | undefined;
  private readonly headings: Headings;
  private readonly insert: (batch: Batch) => void;
  private readonly keepSnapshot: Statement;
  private readonly holdLease: Statement;

  constructor(
    private readonly opened: Opened,
    private readonly options: WriterOptions,
  ) {
    this.appended = new Emitter((thrown) =>
      options.log.error('a listener of the journal failed', { detail: String(thrown) }),
    );
    const { database } = opened;
    this.last = opened.last;
    this.headings = new Headings(database);
    this.insert = inserter(database);
    this.keepSnapshot = database.prepare(`
      INSERT INTO snapshots VALUES(?, ?, ?, ?) ON CONFLICT(run) DO UPDATE SET
        seq = excluded.seq, body = excluded.body, crc = excluded.crc WHERE excluded.seq >= seq`);
    this.holdLease = database.prepare('UPDATE lease SET last = ? WHERE token = ? RETURNING epoch');
  }

  append(
    run: string,
    expectedSeq: number,
    events: readonly RunEvent[],
    at = this.options.clock.now(),
  ): Promise<readonly RecordedEvent[]> {
    return new Promise((resolve, reject) => {
      const seq = this.expect(run, expectedSeq) + 1;
      if (events.length === 0) return resolve([]);
      const additions = [{ run, seq, at, events, texts: events.map((event) => JSON.stringify(event)) }];
      this.seqs.set(run, expectedSeq + events.length);
      this.plan({ additions, count: events.length, resolve, reject });
    });
  }

  adopt(run: string, events: readonly Recordable[]): Promise<readonly RecordedEvent[]> {
    return new Promise((resolve, reject) => {
      this.expect(run, 0);
      if (events.length === 0) return resolve([]);
      const additions = events.map(({ at, event }, i): Addition => {
        return { run, seq: i + 1, at, events: [event], texts: [JSON.stringify(event)] };
      });
      this.seqs.set(run, events.length);
      this.plan({ additions, count: events.length, resolve, reject });
    });
  }

  snapshot(run: string, seq: number, body: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const known = this.knownSeq(run);
      this.usable();
      if (seq < 1 || seq > known) throw new SeqConflict(run, seq, known);
      this.plan({ snapshot: { run, seq, body: new Uint8Array(body) }, count: 0, resolve, reject });
    });
  }

  position(): number {
    return this.last;
  }

  onAppended(listener: (events: readonly RecordedEvent[]) => void): Disposable {
    return this.appended.event(listener);
  }

  /** Commits what is pending and takes no more; false when it was closed before. */
  close(): boolean {
    if (this.closed) return false;
    while (this.pending.length > 0) this.commit();
    this.cancelPlanned?.();
    this.closed = true;
    this.appended.dispose();
    return true;
  }

  private usable(): void {
    if (this.closed) throw new Error('the journal is closed');
    if (this.ousted !== undefined) throw this.ousted;
  }

  private expect(run: string, expectedSeq: number): number {
    this.usable();
    const found = this.knownSeq(run);
    if (found !== expectedSeq) throw new SeqConflict(run, expectedSeq, found);
    return found;
  }

  private knownSeq(run: string): number {
    return this.seqs.get(run) ?? this.opened.ends.get(run)?.seq ?? 0;
  }

  private plan(pending: Pending): void {
    this.pending.push(pending);
    const wasFull = this.waiting >= this.options.mostEvents;
    this.waiting += pending.count;
    const isFull = this.waiting >= this.options.mostEvents;
    if (isFull && !wasFull && this.options.mostMs > 0) {
      // A full commit has nothing to wait for.
      this.cancelPlanned?.();
      this.cancelPlanned = undefined;
    }
    this.cancelPlanned ??= this.options.schedule(() => this.commit(), isFull ? 0 : this.options.mostMs);
  }

  /** As many whole appends as one commit may take; the loop turns before the rest is committed. */
  private nextGroup(): readonly Pending[] {
    let count = 0;
    const cut = this.pending.findIndex((one, i) => (count += one.count) > this.options.mostEvents && i > 0);
    const group = this.pending.splice(0, cut === -1 ? this.pending.length : cut);
    for (const one of group) this.waiting -= one.count;
    return group;
  }

  private commit(): void {
    this.cancelPlanned?.();
    this.cancelPlanned = undefined;
    const group = this.nextGroup();
    if (group.length === 0) return;
    const additions = group.flatMap((one) => ('additions' in one ? one.additions : []));
    const position = this.last + group.reduce((sum, { count }) => sum + count, 0);
    try {
      this.write(group, additions, position);
    } catch (thrown) {
      this.fail(group, storageFailure(thrown, this.options.file, this.options.keepCopy));
      return;
    }
    if (this.pending.length > 0) this.cancelPlanned = this.options.schedule(() => this.commit(), 0);
    this.acknowledge(group, position);
  }

  private write(group: readonly Pending[], additions: readonly Addition[], position: number): void {
    this.opened.database.transaction(() => {
      if (this.holdLease.all(position, this.opened.token).length === 0)
        throw problem('data.takenOver', { path: this.options.file });
      let first = this.last + 1;
      for (const addition of additions) {
        this.headings.take(addition, first);
        first += addition.events.length;
      }
      for (const batch of packed(this.last, additions)) this.insert(batch);
      for (const one of group) {
        if (!('snapshot' in one)) continue;
        const { run, seq, body } = one.snapshot;
        this.keepSnapshot.run(run, seq, body, snapshotChecksum(run, seq, body));
      }
    });
  }

  private acknowledge(group: readonly Pending[], position: number): void {
    let place = this.last;
    this.last = position;
    this.opened.witness.see(position);
    const all: RecordedEvent[] = [];
    for (const one of group) {
      if (!('additions' in one)) {
        one.resolve();
        continue;
      }
      const begin = all.length;
      for (const { run, seq, at, events } of one.additions) {
        for (let i = 0; i < events.length; i++)
          all.push({ position: ++place, run, seq: seq + i, at, event: events[i]! });
        this.opened.ends.set(run, { seq: seq + events.length - 1, position: place });
      }
      one.resolve(group.length === 1 ? all : all.slice(begin));
    }
    if (all.length > 0) this.appended.fire(all);
  }

  /** Nothing of the group was stored, and what came after it in the same runs cannot follow. */
  private fail(group: readonly Pending[], thrown: unknown): void {
    if (thrown instanceof ProblemError && thrown.problem.code === 'data.takenOver') this.ousted = thrown;
    const rest = this.pending;
    this.pending = [];
    this.waiting = 0;
    // What is stored decides from here on.
    this.seqs.clear();
    for (const one of [...group, ...rest]) one.reject(thrown);
  }
}
