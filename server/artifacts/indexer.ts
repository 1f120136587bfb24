import { problemOf, type Clock, type Log } from '../base';
import type { Database, Row, Schedule, Statement } from '../storage';
import type { Contents } from './contents';
import { rate, type Rating } from './quality';
import { textOf } from './texts';
import { beyondIndex, type Totals } from './totals';
import type { TypeRegistry } from './typeRegistry';

/** A slice ends when it has taken this long, so that with its commit nobody waits longer than ten milliseconds. */
const sliceMs = 4;
/** Between slices others get their turn, in milliseconds. */
const pauseMs = 10;
/** While things are being put, indexing waits for a pause of `quietMs`, but not for longer than `mostWaitMs`. */
const quietMs = 50;
const mostWaitMs = 1000;
const mostPerSlice = 64;

interface Looked {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly text: string;
  readonly rating: Rating;
}

/**
 * Makes artifacts searchable and rates them, some time after they were put. What it writes is not synced by
 * itself: what a crash loses is done again.
 */
export class Indexer {
  private cancelPlanned: (() => void) | undefined;
  private working: Promise<void> = Promise.resolve();
  private lastPut = -Infinity;
  /** When what waits began to wait. */
  private since: number | undefined;
  private isOver = false;
  private readonly waiting: Statement;
  private readonly insertText: Statement;
  private readonly insertTag: Statement;
  private readonly mark: Statement;
  private readonly moveMark: Statement;

  constructor(
    private readonly database: Database,
    private readonly contents: Contents,
    private readonly types: TypeRegistry,
    private readonly totals: Totals,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly schedule: Schedule,
    private readonly onIndexed: () => void,
  ) {
    this.waiting = database.prepare(
      `SELECT a.id, a.name, a.tags, a.type, b.hash FROM artifacts AS a JOIN blobs AS b ON b.id = a.blob
        WHERE a.indexed = 0 AND a.${beyondIndex} ORDER BY a.id LIMIT ${mostPerSlice}`,
    );
    this.insertText = database.prepare(
      'INSERT OR REPLACE INTO texts(rowid, name, tags, body) VALUES(?, ?, ?, ?)',
    );
    this.insertTag = database.prepare('INSERT OR IGNORE INTO tagged VALUES(?, ?)');
    this.moveMark = database.prepare("UPDATE meta SET value = max(value, ?) WHERE name = 'indexedUpTo'");
    this.mark = database.prepare(
      'UPDATE artifacts SET indexed = 1, quality = ?, reasons = ? WHERE id = ? AND indexed = 0 RETURNING id',
    );
  }

  /** Something was put, or may wait. */
  wake(): void {
    this.lastPut = this.clock.monotonic();
    this.since ??= this.lastPut;
    this.plan();
  }

  private plan(): void {
    if (this.isOver) return;
    this.cancelPlanned ??= this.schedule(() => {
      const now = this.clock.monotonic();
      if (now - this.lastPut < quietMs && now - (this.since ?? now) < mostWaitMs) {
        this.cancelPlanned = undefined;
        return this.plan();
      }
      this.since = undefined;
      this.working = this.slice()
        .catch((thrown: unknown) => {
          this.log.warn('artifacts were not indexed', problemOf(thrown));
          return false;
        })
        .then((isMore) => {
          this.cancelPlanned = undefined;
          if (!isMore) return;
          this.since ??= this.clock.monotonic();
          this.plan();
        });
    }, pauseMs);
  }

  /** Indexes all that waits; for those who cannot wait. */
  async catchUp(): Promise<void> {
    await this.working;
    while (!this.isOver && (await this.slice()));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    this.cancelPlanned?.();
    await this.working;
  }

  /** Looks at some artifacts and writes what was found; whether there are more. */
  private async slice(): Promise<boolean> {
    const began = this.clock.monotonic();
    const rows = this.waiting.all();
    const looked: Looked[] = [];
    for (const row of rows) {
      looked.push(await this.look(row));
      if (this.clock.monotonic() - began > sliceMs) break;
    }
    if (looked.length === 0 || this.isOver) return false;
    this.write(looked);
    return looked.length < rows.length || rows.length === mostPerSlice;
  }

  private async look(row: Row): Promise<Looked> {
    const bytes = await this.contents.peek(String(row['hash'])).catch(() => undefined);
    const text = bytes && textOf(bytes);
    const rating = bytes
      ? rate(this.types.of(String(row['type'])), bytes, text)
      : { score: 0, reasons: ['its bytes cannot be read'] };
    return {
      id: Number(row['id']),
      name: String(row['name']),
      tags: JSON.parse(String(row['tags'])) as string[],
      // What is encrypted must not be readable in the index.
      text: this.contents.isEncrypting ? '' : (text ?? ''),
      rating,
    };
  }

  private write(looked: readonly Looked[]): void {
    let marked = 0;
    this.database.exec('PRAGMA synchronous = NORMAL');
    try {
      this.database.transaction(() => {
        for (const { id, name, tags, text, rating } of looked) {
          if (this.mark.get(rating.score, JSON.stringify(rating.reasons), id) === undefined) continue;
          this.insertText.run(id, name, tags.join(' '), text);
          for (const tag of tags) this.insertTag.run(tag, id);
          marked++;
        }
        this.moveMark.run(looked.at(-1)!.id);
      });
    } finally {
      this.database.exec('PRAGMA synchronous = FULL');
    }
    this.totals.add({ indexLag: -marked });
    this.onIndexed();
  }
}
