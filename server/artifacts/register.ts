import type { Clock, Ids, Json } from '../base';
import type { Database, Row, Statement, Value } from '../storage';
import type { Totals } from './totals';
import { utility } from './quality';
import type { Artifact, NewArtifact } from './types';

const columns = `a.id AS row, a.key, b.hash, b.size, a.run, a.name, a.version, a.type, a.node, a.inputs, a.tags,
  a.facts, a.at, a.quality, a.reasons, b.uses, ${utility} AS utility`;
const from = 'FROM artifacts AS a JOIN blobs AS b ON b.id = a.blob';

/** The newest artifacts of all, which are shown without asking the database. */
const mostRecent = 100;

/** Names, versions and where things came from. What is in it is never changed, only added to and dropped. */
export class Register {
  private readonly newest: Statement;
  private readonly oneVersion: Statement;
  private readonly insert: Statement;
  private readonly insertInput: Statement;
  private readonly statements = new Map<string, Statement>();
  private shown: Artifact[] | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly totals: Totals,
  ) {
    this.newest = database.prepare(
      `SELECT ${columns} ${from} WHERE a.run = ? AND a.name = ? ORDER BY a.version DESC LIMIT 1`,
    );
    this.oneVersion = database.prepare(
      `SELECT ${columns} ${from} WHERE a.run = ? AND a.name = ? AND a.version = ?`,
    );
    this.insert =
      database.prepare(`INSERT INTO artifacts(key, blob, run, name, version, type, node, inputs, tags, facts, at)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.insertInput = database.prepare(
      'INSERT OR IGNORE INTO made SELECT ?, id FROM artifacts WHERE key = ?',
    );
  }

  /**
   * Within a transaction: adds the next version. The newest one put again, by the same node, is that one: work
   * that is done again after a crash leaves no second trace.
   */
  add(blob: number, hash: string, size: number, about: NewArtifact): Artifact {
    const before = this.first(this.newest, about.run ?? '', about.name);
    if (before !== undefined && isAgain(before, hash, about)) return before;
    const { name, type, run, node, inputs, tags, facts } = about;
    const made: Artifact = {
      ...{ id: this.ids.next('artifact'), version: (before?.version ?? 0) + 1, hash, size },
      ...{ createdAt: this.clock.now(), quality: null, name, type, run, node },
      ...{ inputs: [...inputs], tags: [...new Set(tags)], facts },
    };
    this.keep(made, blob);
    return made;
  }

  /** Within a transaction: adds an artifact as it was elsewhere; one that is there already stays as it is. */
  adopt(blob: number, artifact: Artifact): void {
    const { id, run, name, version } = artifact;
    const isThere = this.byId(id) !== undefined || this.first(this.oneVersion, run ?? '', name, version);
    if (!isThere) this.keep(artifact, blob);
  }

  byId(id: string): Artifact | undefined {
    return this.all('WHERE a.key = ?', id)[0];
  }

  /** Versions of a name in a run, or outside of runs; the oldest first. */
  versions(run: string | null, name: string): readonly Artifact[] {
    return this.all('WHERE a.run = ? AND a.name = ? ORDER BY a.version', run ?? '', name);
  }

  ofRun(run: string): readonly Artifact[] {
    return this.all('WHERE a.run = ? ORDER BY a.id', run);
  }

  ofHash(hash: string): readonly Artifact[] {
    return this.all('WHERE b.hash = ? ORDER BY a.id', hash);
  }

  /** Artifacts that were made from these bytes. */
  madeFrom(hash: string): readonly Artifact[] {
    return this.all('WHERE a.id IN (SELECT artifact FROM made WHERE input = ?) ORDER BY a.id', hash);
  }

  /** By their rows in the database, in the order asked for. */
  byRows(rows: readonly number[]): readonly Artifact[] {
    const found = new Map(
      this.rows('WHERE a.id IN (SELECT value FROM json_each(?))', JSON.stringify(rows)).map((row) => [
        Number(row['row']),
        artifactOf(row),
      ]),
    );
    return rows.flatMap((row) => found.get(row) ?? []);
  }

  /** Within a transaction: forgets artifacts; their bytes become removable when nothing else refers to them. */
  drop(id: string, why: string): void {
    const artifact = this.byId(id);
    if (artifact === undefined) return;
    const isWaiting =
      this.statement('SELECT indexed FROM artifacts WHERE key = ?').get(id)?.['indexed'] === 0;
    this.statement('DELETE FROM artifacts WHERE key = ?').run(id);
    this.statement('INSERT INTO removals(what, detail, size, at, why) VALUES(?, ?, ?, ?, ?)').run(
      ...['artifact', `${artifact.name} ${artifact.version} ${artifact.hash}`, artifact.size],
      ...[this.clock.now(), why],
    );
    this.totals.add({ artifacts: -1, versionBytes: -artifact.size, indexLag: isWaiting ? -1 : 0 });
    this.shown = undefined;
  }

  /** The newest ones, newest first. */
  recent(): readonly Artifact[] {
    return (this.shown ??= [...this.all(`ORDER BY a.id DESC LIMIT ${mostRecent}`)]);
  }

  /** After a transaction was given up. */
  forget(): void {
    this.shown = undefined;
  }

  private keep(artifact: Artifact, blob: number): void {
    const { id, run, name, version, type, node, inputs, tags, facts, createdAt, size } = artifact;
    this.insert.run(
      ...[id, blob, run ?? '', name, version, type, node],
      ...[JSON.stringify(inputs), JSON.stringify(tags), JSON.stringify(facts), createdAt],
    );
    for (const input of inputs) this.insertInput.run(input, id);
    this.totals.add({ artifacts: 1, versionBytes: size, indexLag: 1 });
    if (this.shown !== undefined) {
      this.shown.unshift(artifact);
      this.shown.length = Math.min(this.shown.length, mostRecent);
    }
  }

  private all(rest: string, ...values: readonly Value[]): readonly Artifact[] {
    return this.rows(rest, ...values).map(artifactOf);
  }

  private rows(rest: string, ...values: readonly Value[]): readonly Row[] {
    return this.statement(`SELECT ${columns} ${from} ${rest}`).all(...values);
  }

  private first(statement: Statement, ...values: readonly Value[]): Artifact | undefined {
    const row = statement.get(...values);
    return row && artifactOf(row);
  }

  private statement(sql: string): Statement {
    const known = this.statements.get(sql) ?? this.database.prepare(sql);
    this.statements.set(sql, known);
    return known;
  }
}

const isAgain = (before: Artifact, hash: string, { type, node, inputs, tags }: NewArtifact): boolean =>
  before.hash === hash &&
  before.type === type &&
  before.node === node &&
  JSON.stringify([before.inputs, before.tags]) === JSON.stringify([inputs, [...new Set(tags)]]);

function artifactOf(row: Row): Artifact {
  const quality = row['quality'];
  const useful = Number(row['utility']);
  const reasons = row['reasons'] === null ? [] : (JSON.parse(String(row['reasons'])) as string[]);
  if (useful > 0) reasons.push(`it was used: read ${Number(row['uses'])} times or made into others`);
  return {
    id: String(row['key']),
    hash: String(row['hash']),
    size: Number(row['size']),
    run: row['run'] === '' ? null : String(row['run']),
    name: String(row['name']),
    version: Number(row['version']),
    type: String(row['type']),
    node: row['node'] === null ? null : String(row['node']),
    inputs: JSON.parse(String(row['inputs'])) as string[],
    tags: JSON.parse(String(row['tags'])) as string[],
    facts: JSON.parse(String(row['facts'])) as Record<string, Json>,
    createdAt: Number(row['at']),
    quality: typeof quality === 'number' ? { score: quality + useful, reasons } : null,
  };
}
