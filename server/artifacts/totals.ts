import type { Database, Row } from '../storage';

/** Of artifacts: that they may not be searched yet, as SQL. */
export const beyondIndex = `id > (SELECT value FROM meta WHERE name = 'indexedUpTo')`;

export interface Sums {
  artifacts: number;
  /** Bytes of all versions, as if each were stored by itself. */
  versionBytes: number;
  blobs: number;
  /** Bytes of all contents before they are packed. */
  bytes: number;
  storedBytes: number;
  /** Artifacts that are not searched yet. */
  indexLag: number;
}

/** Sums over the whole store, kept in memory and counted anew after a transaction was given up. */
export class Totals {
  private sums: Sums | undefined;

  constructor(private readonly database: Database) {}

  get now(): Sums {
    return (this.sums ??= counted(this.database));
  }

  /** To be called within a transaction; when that fails, `forget` must follow. */
  add(change: Partial<Sums>): void {
    // Whoever counts next sees the change by itself.
    if (this.sums === undefined) return;
    for (const [name, by] of Object.entries(change)) this.sums[name as keyof Sums] += by;
  }

  forget(): void {
    this.sums = undefined;
  }
}

function counted(database: Database): Sums {
  const one = (sql: string): Row => database.prepare(sql).get()!;
  const blobs = one('SELECT count(*) AS n, total(size) AS bytes, total(stored) AS stored FROM blobs');
  const versions = one(
    'SELECT count(*) AS n, total(b.size) AS bytes FROM artifacts AS a JOIN blobs AS b ON b.id = a.blob',
  );
  return {
    artifacts: Number(versions['n']),
    versionBytes: Number(versions['bytes']),
    blobs: Number(blobs['n']),
    bytes: Number(blobs['bytes']),
    storedBytes: Number(blobs['stored']),
    indexLag: Number(one(`SELECT count(*) AS n FROM artifacts WHERE indexed = 0 AND ${beyondIndex}`)['n']),
  };
}
