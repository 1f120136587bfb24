import { problem, type Clock, type Context } from '../base';
import type { Database, Row, Statement } from '../storage';
import type { Commits } from './commits';
import type { Contents } from './contents';
import type { ContentFiles } from './files';
import { utility } from './quality';
import type { Totals } from './totals';
import type { Removal, StoredBlob } from './types';

/** Removed in one transaction; more would keep others waiting for long. */
const mostPerRemoval = 100;

/** Who keeps what, what could go, and what went. */
export class Retention {
  private readonly hold1: Statement;
  private readonly letGo1: Statement;
  private readonly page: Statement;
  private readonly remove1: Statement;
  private readonly audit: Statement;

  constructor(
    private readonly database: Database,
    private readonly commits: Commits,
    private readonly contents: Contents,
    private readonly files: ContentFiles,
    private readonly totals: Totals,
    private readonly clock: Clock,
  ) {
    this.hold1 = database.prepare('INSERT OR IGNORE INTO holds VALUES(?, ?)');
    this.letGo1 = database.prepare('DELETE FROM holds WHERE holder = ?');
    this.page = database.prepare(`SELECT b.*,
        (SELECT max(quality) FROM artifacts WHERE blob = b.id) + ${utility} AS quality,
        (SELECT json_group_array(tags) FROM artifacts WHERE blob = b.id) AS tags,
        (SELECT json_group_array(DISTINCT run) FROM artifacts WHERE blob = b.id AND run <> '') AS runs,
        (SELECT json_group_array(holder) FROM holds WHERE blob = b.id) AS holders
      FROM blobs AS b WHERE b.hash > ? ORDER BY b.hash LIMIT ?`);
    this.remove1 = database.prepare(
      'DELETE FROM blobs WHERE hash = ? AND refs = 0 RETURNING file, size, stored',
    );
    this.audit = database.prepare('INSERT INTO removals(what, detail, size, at, why) VALUES(?, ?, ?, ?, ?)');
  }

  async hold(holder: string, hashes: readonly string[]): Promise<void> {
    if (!/^[\x21-\x7e]{1,250}$/.test(holder))
      throw problem('artifact.invalid', {
        name: JSON.stringify(holder).slice(0, 80),
        place: 'holder',
        detail: 'is no short name of printable characters',
      });
    for (const hash of hashes) await this.contents.require(hash);
    await this.commits.add(() => {
      for (const hash of hashes) this.holdNow(holder, this.contents.rowOf(hash).id);
    });
  }

  /** Within a transaction. */
  holdNow(holder: string, blob: number): void {
    this.hold1.run(holder, blob);
  }

  async letGo(holder: string): Promise<void> {
    await this.commits.add(() => this.letGo1.run(holder));
  }

  heldBy(holder: string): readonly string[] {
    return this.database
      .prepare(
        'SELECT b.hash FROM holds AS h JOIN blobs AS b ON b.id = h.blob WHERE h.holder = ? ORDER BY b.hash',
      )
      .all(holder)
      .map((row) => String(row['hash']));
  }

  stored(after: string | null, most: number): readonly StoredBlob[] {
    return this.page.all(after ?? '', most).map((row) => this.storedOf(row));
  }

  async remove(ctx: Context, hashes: readonly string[], why: string): Promise<readonly string[]> {
    const gone: string[] = [];
    for (let at = 0; at < hashes.length; at += mostPerRemoval) {
      ctx.signal.throwIfAborted();
      const some = hashes.slice(at, at + mostPerRemoval);
      const removed = await this.commits.add(() => some.flatMap((hash) => this.removeNow(hash, why) ?? []));
      // Names are never used twice, so that these files are nobody's; a crash before this leaves them to the sweep.
      for (const { hash, file } of removed) {
        if (file !== null) this.files.remove(file);
        gone.push(hash);
      }
    }
    return gone;
  }

  removals(most: number): readonly Removal[] {
    return this.database
      .prepare('SELECT * FROM removals ORDER BY id DESC LIMIT ?')
      .all(most)
      .map((row) => ({
        what: row['what'] === 'artifact' ? 'artifact' : 'bytes',
        detail: String(row['detail']),
        size: Number(row['size']),
        at: Number(row['at']),
        why: String(row['why']),
      }));
  }

  private removeNow(hash: string, why: string): { hash: string; file: string | null } | undefined {
    const row = this.remove1.get(hash);
    if (row === undefined) return undefined;
    const size = Number(row['size']);
    this.audit.run('bytes', hash, size, this.clock.now(), why);
    this.totals.add({ blobs: -1, bytes: -size, storedBytes: -Number(row['stored']) });
    return { hash, file: row['file'] as string | null };
  }

  private storedOf(row: Row): StoredBlob {
    const list = (name: string): string[] => JSON.parse(String(row[name])) as string[];
    const used = this.contents.uses.of(Number(row['id']));
    const holders = list('holders').filter((holder) => holder.startsWith('run:'));
    return {
      hash: String(row['hash']),
      size: Number(row['size']),
      storedSize: Number(row['stored']),
      createdAt: Number(row['at']),
      usedAt: used?.at ?? Number(row['usedAt']),
      uses: Number(row['uses']) + (used?.times ?? 0),
      quality: row['quality'] === null ? null : Number(row['quality']),
      tags: [...new Set(list('tags').flatMap((tags) => JSON.parse(tags) as string[]))],
      runs: [...new Set([...list('runs'), ...holders.map((holder) => holder.slice(4))])],
      references: Number(row['refs']),
      tier: row['tier'] === 'warm' ? 'warm' : 'hot',
    };
  }
}
