import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { problem, type Clock, type Context, type Ids, type Log, type ServiceReport } from '../base';
import { privateFolder, type writeFileAtomic } from '../base/node';
import type { Blobs } from '../engine';
import {
  damaged,
  openBlobs,
  storageFailure,
  type Database,
  type OpenDatabase,
  type Schedule,
} from '../storage';
import { checkedAbout } from './about';
import { contradictionsIn } from './check';
import { Commits } from './commits';
import { Contents } from './contents';
import { openDatabase } from './database';
import { ContentFiles } from './files';
import type { StoreKeys } from './keys';
import { Packer } from './packing';
import { Register } from './register';
import { Retention } from './retention';
import { Totals } from './totals';
import type { Artifact, ArtifactStore, NewArtifact, Removal, StoredBlob } from './types';

export interface ArtifactsOptions {
  /** Where large contents lie; made when missing. */
  readonly folder: string;
  /** Path of the database. */
  readonly file: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** The folder blobs were kept in before; what is found there is taken in. */
  readonly legacy?: string;
  /** Where keys come from; without it nothing is encrypted. */
  readonly keys?: StoreKeys;
  /** What all contents may take as stored, in bytes; default 1 TiB. */
  readonly quotaBytes?: number;
  /** The largest artifact, in bytes; default 1 GiB. */
  readonly mostBytes?: number;
  /** Another SQLite, another way to write files, another moment of commits: for tests. */
  readonly open?: OpenDatabase;
  readonly writeFile?: typeof writeFileAtomic;
  readonly schedule?: Schedule;
}

/** The store of one workspace. It works between `start` and `stop`; one process has it open at a time. */
export function createArtifacts(options: ArtifactsOptions): ArtifactStore {
  return new Artifacts(options);
}

/** How long work waits for the store to be started again, in milliseconds. */
const mostRestartMs = 3000;

interface Opened {
  readonly database: Database;
  readonly commits: Commits;
  readonly files: ContentFiles;
  readonly packer: Packer;
  readonly totals: Totals;
  readonly contents: Contents;
  readonly register: Register;
  readonly retention: Retention;
  /** Files that crashes left are being removed. */
  readonly sweeping: Promise<void>;
}

class Artifacts implements ArtifactStore {
  readonly name = 'artifacts';
  readonly blobs: Blobs;
  private opened: Opened | undefined;
  /** Those who wait for it to start again. */
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: ArtifactsOptions) {
    this.blobs = this.blobsFor(() => undefined);
  }

  async start(ctx: Context): Promise<void> {
    if (this.opened !== undefined) return;
    this.opened = await openAll(ctx, this.options);
    for (const tell of this.waiting.splice(0)) tell();
  }

  async stop(): Promise<void> {
    const opened = this.opened;
    if (opened === undefined) return;
    this.opened = undefined;
    await opened.sweeping;
    try {
      if (opened.contents.uses.waiting > 0) void opened.commits.add(() => opened.contents.uses.write());
      opened.commits.commit();
      opened.database.close();
    } catch (thrown) {
      this.options.log.error('the artifact store was not closed cleanly', { detail: String(thrown) });
    }
  }

  report(): ServiceReport {
    if (this.opened === undefined) return { totals: {}, rows: [] };
    const { totals, register } = this.opened;
    const { artifacts, blobs, bytes, versionBytes, storedBytes, indexLag } = totals.now;
    const saved = Math.max(bytes, versionBytes) - storedBytes;
    const rows = register.recent().map(({ id, name, quality, run, node, type, version, size }) => ({
      id,
      label: name,
      state: quality === null ? 'new' : 'indexed',
      facts: { run, node, type, version, size, quality: quality?.score ?? null },
    }));
    return { totals: { artifacts, blobs, bytes, storedBytes, saved, indexLag }, rows };
  }

  async put(ctx: Context, bytes: Uint8Array, about: NewArtifact): Promise<Artifact> {
    ctx.signal.throwIfAborted();
    const { contents, register } = await this.working();
    checkedAbout(about);
    return contents.add(bytes, about.name, (blob, hash) => register.add(blob, hash, bytes.byteLength, about));
  }

  async get(hash: string): Promise<Uint8Array | undefined> {
    return (await this.working()).contents.get(hash);
  }

  holding(holder: string): Blobs {
    return this.blobsFor((blob) => this.works().retention.holdNow(holder, blob));
  }

  async hold(holder: string, hashes: readonly string[]): Promise<void> {
    await (await this.working()).retention.hold(holder, hashes);
  }

  async letGo(holder: string): Promise<void> {
    await (await this.working()).retention.letGo(holder);
  }

  heldBy(holder: string): readonly string[] {
    return this.works().retention.heldBy(holder);
  }

  stored(after: string | null, most: number): readonly StoredBlob[] {
    return this.works().retention.stored(after, most);
  }

  async remove(
    ctx: Context,
    hashes: readonly string[],
    why = 'nothing refers to it',
  ): Promise<readonly string[]> {
    return this.works().retention.remove(ctx, hashes, why);
  }

  async drop(ctx: Context, ids: readonly string[], why: string): Promise<void> {
    const { commits, register } = await this.working();
    for (const id of ids) {
      ctx.signal.throwIfAborted();
      await commits.add(() => register.drop(id, why));
    }
  }

  removals(most: number): readonly Removal[] {
    return this.works().retention.removals(most);
  }

  async move(ctx: Context, hash: string, tier: 'hot' | 'warm'): Promise<void> {
    await (await this.working()).contents.repack(ctx, hash, tier);
  }

  byId(id: string): Artifact | undefined {
    return this.works().register.byId(id);
  }

  ofRun(run: string): readonly Artifact[] {
    return this.works().register.ofRun(run);
  }

  versions(run: string | null, name: string): readonly Artifact[] {
    return this.works().register.versions(run, name);
  }

  ofHash(hash: string): readonly Artifact[] {
    return this.works().register.ofHash(hash);
  }

  async check(ctx: Context): Promise<readonly string[]> {
    const { database, files } = await this.working();
    return contradictionsIn(ctx, database, files);
  }

  private works(): Opened {
    if (this.opened === undefined) throw problem('artifact.stopped');
    return this.opened;
  }

  /** Work goes on over a restart of the services: it waits for as long as one may take. */
  private async working(): Promise<Opened> {
    if (this.opened === undefined) {
      const started = new AbortController();
      this.waiting.push(() => started.abort());
      await this.options.clock.sleep(mostRestartMs, started.signal).catch(() => undefined);
    }
    return this.works();
  }

  private blobsFor(also: (blob: number) => void): Blobs {
    return {
      put: async (bytes) =>
        (await this.working()).contents.add(bytes, 'blob', (blob, hash) => {
          also(blob);
          return hash;
        }),
      get: async (hash) => (await this.working()).contents.get(hash),
      has: async (hash) => (await this.working()).contents.has(hash),
    };
  }
}

async function openAll(ctx: Context, options: ArtifactsOptions): Promise<Opened> {
  const { folder, file, clock, ids, log, legacy } = options;
  const { quotaBytes = 2 ** 40, mostBytes = 2 ** 30 } = options;
  const explain = (thrown: unknown): unknown => storageFailure(thrown, file, (kept) => kept);
  try {
    await privateFolder(folder);
  } catch (thrown) {
    throw storageFailure(thrown, folder, (kept) => kept);
  }
  const packer = new Packer();
  packer.use((await options.keys?.load()) ?? []);
  const files = new ContentFiles(folder, () => ids.next('f').slice(2), options.writeFile);
  // Taken for a beginning, the sweep would remove every file of a store whose database was lost.
  if (!existsSync(file) && !(await files.names().next()).done)
    throw damaged(file, `it is not there, and contents are in ${folder}`, () => folder);
  const database = await openDatabase(file, log, options.open);
  const totals = new Totals(database);
  const register = new Register(database, clock, ids, totals);
  const commits = new Commits(
    database,
    (thrown) => {
      totals.forget();
      register.forget();
      return explain(thrown);
    },
    options.schedule,
  );
  const contents = new Contents({
    ...{ database, commits, files, packer, totals, clock, log, mostBytes, quotaBytes },
    legacy: legacy === undefined ? undefined : await legacyBlobs(legacy, log),
  });
  const retention = new Retention(database, commits, contents, files, totals, clock);
  const sweeping = files
    .sweep((name) => contents.isFileReferredTo(name))
    .then((swept) => void (swept > 0 && ctx.log.info('files of unfinished puts were removed', { swept })))
    .catch((thrown: unknown) => log.warn('unused files were not removed', { detail: String(thrown) }));
  return { database, commits, files, packer, totals, contents, register, retention, sweeping };
}

/** Blobs as they were kept before, which go one by one as they are taken in. */
async function legacyBlobs(folder: string, log: Log) {
  const blobs = await openBlobs({ folder, log });
  return {
    ...blobs,
    forget: (hash: string) => rm(path.join(folder, hash.slice(0, 2), hash.slice(2)), { force: true }),
  };
}
