import { problem, type Clock, type Context, type Log } from '../base';
import type { Blobs } from '../engine';
import type { Database, Row, Statement } from '../storage';
import type { Commits } from './commits';
import type { ContentFiles } from './files';
import { hashOf } from './hashing';
import type { Packed, Packer } from './packing';
import type { Totals } from './totals';
import { Uses } from './uses';

export interface ContentsOptions {
  readonly database: Database;
  readonly commits: Commits;
  readonly files: ContentFiles;
  readonly packer: Packer;
  readonly totals: Totals;
  readonly clock: Clock;
  readonly log: Log;
  /** Contents as they were kept before there was this store; taken in when they are first asked for. */
  readonly legacy: (Blobs & { forget(hash: string): Promise<void> }) | undefined;
  /** The largest content, in bytes. */
  readonly mostBytes: number;
  /** What all contents together may take as stored, in bytes. */
  readonly quotaBytes: number;
}

type Tier = 'hot' | 'warm';

interface BlobRow {
  readonly id: number;
  readonly hash: string;
  readonly size: number;
  readonly stored: number;
  readonly packing: Packed['packing'];
  readonly key: string | null;
  readonly file: string | null;
  readonly tier: Tier;
  readonly damaged: string | null;
}

interface Prepared {
  readonly packed: Packed;
  readonly file: string | null;
}

/** Larger stored contents are files: up to here a row of SQLite is durable in less time (measured in ADR 18). */
const mostRowBytes = { hot: 256 * 1024, warm: 16 * 1024 } as const;

/** Who keeps what was taken in from the folder used before; nobody knows which runs need it. */
const legacyHolder = 'legacy';

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Bytes by their hash: packed, durable, verified on every read. */
export class Contents {
  readonly uses: Uses;
  private readonly find: Statement;
  private readonly bytesOf: Statement;
  private readonly insert: Statement;
  private readonly insertBytes: Statement;
  private readonly replace: Statement;

  constructor(private readonly options: ContentsOptions) {
    const { database } = options;
    this.uses = new Uses(database, options.clock);
    this.find = database.prepare(
      'SELECT id, hash, size, stored, packing, key, file, tier, damaged FROM blobs WHERE hash = ?',
    );
    this.bytesOf = database.prepare('SELECT bytes FROM contents WHERE id = ?');
    this.insert =
      database.prepare(`INSERT INTO blobs(hash, size, stored, packing, key, file, tier, at, usedAt, uses)
      VALUES(?, ?, ?, ?, ?, ?, 'hot', ?, ?, 0) RETURNING id`);
    this.insertBytes = database.prepare('INSERT OR REPLACE INTO contents VALUES(?, ?)');
    this.replace =
      database.prepare(`UPDATE blobs SET stored = ?, packing = ?, key = ?, file = ?, tier = ?, damaged = NULL
      WHERE id = ?`);
  }

  /**
   * Stores bytes unless they are there, and does `also` with the row's id in the same transaction; resolves when
   * both are durable. Throws `artifact.tooLarge`, `artifact.quotaExceeded`, `data.*`.
   */
  async add<T>(bytes: Uint8Array, label: string, also: (blob: number, hash: string) => T): Promise<T> {
    const { mostBytes, commits } = this.options;
    const size = bytes.byteLength;
    if (size > mostBytes) throw problem('artifact.tooLarge', { name: label, size, most: mostBytes });
    const hash = await hashOf(bytes);
    for (;;) {
      const known = this.row(hash);
      const isWhole = known !== undefined && known.damaged === null;
      const prepared = isWhole ? undefined : await this.prepare(hash, bytes, 'hot', label);
      const done = await this.settling(prepared, () =>
        commits.add(() => {
          const placed = this.place(hash, size, prepared);
          return placed && { isUsed: placed.isUsed, value: also(placed.blob, hash) };
        }),
      );
      if (done !== undefined) return done.value;
    }
  }

  /** Throws `artifact.keyLost`, `data.corrupt`. */
  async get(hash: string): Promise<Uint8Array | undefined> {
    if (!isHash(hash)) return undefined;
    const row = this.row(hash);
    if (row === undefined) return this.fromLegacy(hash);
    const bytes = await this.read(row);
    if (bytes !== undefined) this.uses.note(row.id);
    return bytes;
  }

  /** As `get`, for what is not a use: indexing, excerpts. */
  async peek(hash: string): Promise<Uint8Array | undefined> {
    const row = this.row(hash);
    return row && this.read(row);
  }

  /** Whether what is put now is encrypted. */
  get isEncrypting(): boolean {
    return this.options.packer.currentKey !== null;
  }

  async has(hash: string): Promise<boolean> {
    if (!isHash(hash)) return false;
    const row = this.row(hash);
    if (row !== undefined) return row.damaged === null;
    return (await this.options.legacy?.has(hash)) ?? false;
  }

  /** The row of a content; one that still lies in the folder used before is taken in. Throws `artifact.unknown`. */
  async require(hash: string): Promise<void> {
    if (isHash(hash) && (this.row(hash) !== undefined || (await this.fromLegacy(hash)) !== undefined)) return;
    throw problem('artifact.unknown', { hash });
  }

  /** Throws `artifact.unknown`. */
  rowOf(hash: string): BlobRow {
    const row = isHash(hash) ? this.row(hash) : undefined;
    if (row === undefined) throw problem('artifact.unknown', { hash });
    return row;
  }

  /** Whether a whole content has a row; what lies in the folder used before has none yet. */
  isStored(hash: string): boolean {
    return this.row(hash)?.damaged === null;
  }

  isFileReferredTo(name: string): boolean {
    const hash = name
      .replace(/^warm\//, '')
      .replace('/', '')
      .slice(0, 64);
    return this.row(hash)?.file === name;
  }

  /** Packs a content anew for `tier` with the present key; it reads the same before, meanwhile and after. */
  async repack(ctx: Context, hash: string, tier: Tier): Promise<void> {
    ctx.signal.throwIfAborted();
    const { commits, packer, files, totals } = this.options;
    const row = this.rowOf(hash);
    if (row.tier === tier && row.key === packer.currentKey) return;
    const bytes = await this.read(row);
    if (bytes === undefined) throw problem('artifact.unknown', { hash });
    const prepared = await this.prepare(hash, bytes, tier, hash);
    const done = await this.settling(prepared, () =>
      commits.add(() => {
        const now = this.row(hash);
        const isSame = now?.id === row.id && now.file === row.file && now.key === row.key;
        if (!isSame || now.tier !== row.tier || now.damaged !== null) return { isUsed: false };
        this.rewrite(row, prepared, tier);
        totals.add({ storedBytes: prepared.packed.bytes.byteLength - row.stored });
        return { isUsed: true };
      }),
    );
    if (done.isUsed && row.file !== null) files.remove(row.file);
  }

  row(hash: string): BlobRow | undefined {
    return this.find.get(hash) as (Row & BlobRow) | undefined;
  }

  /** Writes a large content's file, which nothing refers to yet. */
  private async prepare(hash: string, bytes: Uint8Array, tier: Tier, label: string): Promise<Prepared> {
    const packed = await this.options.packer.pack(hash, bytes, tier);
    this.requireRoom(packed.bytes.byteLength, label);
    if (packed.bytes.byteLength <= mostRowBytes[tier]) return { packed, file: null };
    return { packed, file: await this.options.files.write(hash, tier, packed.bytes) };
  }

  /** Waits for a commit and says of a file that was written for it whether it is in use. */
  private async settling<T extends { readonly isUsed: boolean } | undefined>(
    prepared: Prepared | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const file = prepared?.file ?? undefined;
    try {
      const done = await work();
      if (file !== undefined && done?.isUsed !== true) this.options.files.remove(file);
      return done;
    } finally {
      // A commit that failed may still have reached the disk: the file stays, and the next start knows.
      if (file !== undefined) this.options.files.settled(file);
    }
  }

  /** Within a transaction: finds or makes the row. Undefined when it went away after nothing was prepared. */
  private place(
    hash: string,
    size: number,
    prepared: Prepared | undefined,
  ): { readonly blob: number; readonly isUsed: boolean } | undefined {
    const row = this.row(hash);
    if (row !== undefined && row.damaged === null) return { blob: row.id, isUsed: false };
    if (prepared === undefined) return undefined;
    const { packed, file } = prepared;
    const stored = packed.bytes.byteLength;
    if (row !== undefined) {
      this.rewrite(row, prepared, 'hot');
      this.options.totals.add({ storedBytes: stored - row.stored });
      return { blob: row.id, isUsed: true };
    }
    this.requireRoom(stored, hash);
    const now = this.options.clock.now();
    const made = this.insert.get(hash, size, stored, packed.packing, packed.key, file, now, now)!;
    const blob = Number(made['id']);
    if (file === null) this.insertBytes.run(blob, packed.bytes);
    this.options.totals.add({ blobs: 1, bytes: size, storedBytes: stored });
    return { blob, isUsed: true };
  }

  private rewrite(row: BlobRow, { packed, file }: Prepared, tier: Tier): void {
    this.replace.run(packed.bytes.byteLength, packed.packing, packed.key, file, tier, row.id);
    if (file === null) this.insertBytes.run(row.id, packed.bytes);
    else this.options.database.prepare('DELETE FROM contents WHERE id = ?').run(row.id);
  }

  private requireRoom(needed: number, name: string): void {
    const { quotaBytes, totals } = this.options;
    const free = Math.max(0, quotaBytes - totals.now.storedBytes);
    if (needed > free) throw problem('artifact.quotaExceeded', { name, needed, quota: quotaBytes, free });
  }

  private async read(row: BlobRow): Promise<Uint8Array | undefined> {
    const { files, packer } = this.options;
    const place = row.file === null ? `contents of ${row.hash}` : files.pathOf(row.file);
    if (row.damaged !== null) throw corrupt(place, row.damaged);
    const bytes =
      row.file === null
        ? (this.bytesOf.get(row.id)?.['bytes'] as Uint8Array | undefined)
        : await files.read(row.file);
    if (bytes !== undefined) {
      const unpacking = packer.unpack(row.hash, { ...row, bytes }, row.size);
      const unpacked = unpacking instanceof Promise ? await unpacking : unpacking;
      if (unpacked !== undefined && (await hashOf(unpacked)) === row.hash) return unpacked;
    }
    const now = this.row(row.hash);
    // It was moved to another place, or removed, while it was read.
    if (now !== undefined && now.file !== row.file) return this.read(now);
    if (now === undefined) return undefined;
    throw corrupt(place, await this.setAside(row, row.file ?? bytes));
  }

  /** Keeps damaged bytes apart, so that storing the same content again heals it. */
  private async setAside(row: BlobRow, found: string | Uint8Array | undefined): Promise<string> {
    const { files, commits, log, database } = this.options;
    const backup = await files.keepDamaged(row.hash, found);
    log.error('a damaged artifact was moved aside', { hash: row.hash, backup });
    await commits.add(() => {
      database
        .prepare('UPDATE blobs SET damaged = ? WHERE id = ? AND file IS ?')
        .run(backup, row.id, row.file);
      database.prepare('DELETE FROM contents WHERE id = ?').run(row.id);
    });
    return backup;
  }

  private async fromLegacy(hash: string): Promise<Uint8Array | undefined> {
    const { legacy, database } = this.options;
    const bytes = await legacy?.get(hash);
    if (legacy === undefined || bytes === undefined) return undefined;
    const hold = database.prepare('INSERT OR IGNORE INTO holds VALUES(?, ?)');
    await this.add(bytes, hash, (blob) => hold.run(legacyHolder, blob));
    await legacy.forget(hash);
    return bytes;
  }
}

const corrupt = (place: string, backup: string) =>
  problem('data.corrupt', { path: place, detail: 'its bytes do not match its name', backup });
