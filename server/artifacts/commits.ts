import { nextTurn, type Database, type Schedule, type Statement } from '../storage';

interface Pending {
  readonly work: () => unknown;
  resolve(value: unknown): void;
  reject(thrown: unknown): void;
}

/** At most this many pieces of work share a commit, so that the write-ahead log stays small. */
const mostPerCommit = 512;

/**
 * Puts what is asked for within one turn of the loop into one transaction and one sync of the disk. Whoever
 * asked hears when it is durable. What one piece of work throws undoes that piece alone.
 */
export class Commits {
  private pending: Pending[] = [];
  private cancelPlanned: (() => void) | undefined;
  private readonly begin: Statement;
  private readonly keep: Statement;
  private readonly undo: Statement;

  constructor(
    private readonly database: Database,
    private readonly explain: (thrown: unknown) => unknown,
    private readonly schedule: Schedule = nextTurn,
  ) {
    this.begin = database.prepare('SAVEPOINT piece');
    this.keep = database.prepare('RELEASE piece');
    this.undo = database.prepare('ROLLBACK TO piece');
  }

  /** Does `work`, which may not wait for anything, in the next transaction; resolves when it is durable. */
  add<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.pending.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.cancelPlanned ??= this.schedule(() => this.commit(), 0);
    });
  }

  /** Commits what is asked for now. */
  commit(): void {
    this.cancelPlanned?.();
    this.cancelPlanned = undefined;
    while (this.pending.length > 0) this.commitSome(this.pending.splice(0, mostPerCommit));
  }

  private commitSome(pieces: readonly Pending[]): void {
    const settle: (() => void)[] = [];
    try {
      this.database.transaction(() => {
        for (const piece of pieces) settle.push(pieces.length === 1 ? this.alone(piece) : this.beside(piece));
      });
    } catch (thrown) {
      const told = this.explain(thrown);
      for (const { reject } of pieces) reject(told);
      return;
    }
    for (const tell of settle) tell();
  }

  private alone({ work, resolve }: Pending): () => void {
    const value = work();
    return () => resolve(value);
  }

  private beside({ work, resolve, reject }: Pending): () => void {
    this.begin.run();
    try {
      const value = work();
      this.keep.run();
      return () => resolve(value);
    } catch (thrown) {
      // Fails where SQLite has given up the whole transaction by itself, which then fails for all.
      this.undo.run();
      this.keep.run();
      return () => reject(this.explain(thrown));
    }
  }
}
