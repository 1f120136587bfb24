import { problem, type Context, type Json, type ServiceReport } from '../base';
import type { Blobs } from '../engine';
import { checkedAbout, checkedArtifact } from './about';
import { contradictionsIn } from './check';
import { compare, lineageOf } from './history';
import { openAll, type ArtifactsOptions, type Opened } from './open';
import type {
  Artifact,
  ArtifactStore,
  ArtifactType,
  Lineage,
  NewArtifact,
  RunClosure,
  Removal,
  SearchQuery,
  SearchResult,
  StoredBlob,
} from './types';

/** The store of one workspace. It works between `start` and `stop`; one process has it open at a time. */
export function createArtifacts(options: ArtifactsOptions): ArtifactStore {
  return new Artifacts(options);
}

/** Taken in by one transaction. */
const mostPerAdoption = 500;

/** How long work waits for the store to be started again, in milliseconds. */
const mostRestartMs = 3000;

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
    await Promise.all([opened.sweeping, opened.indexer.stop()]);
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
      state: quality === null ? 'waiting' : 'hot',
      facts: { run, node, type, version, size, quality: quality?.score ?? null },
    }));
    return { totals: { artifacts, blobs, bytes, storedBytes, saved, indexLag }, rows };
  }

  async put(ctx: Context, bytes: Uint8Array, about: NewArtifact): Promise<Artifact> {
    ctx.signal.throwIfAborted();
    const { contents, register, types, indexer } = await this.working();
    checkedAbout(about);
    types.check(about.name, about.type, bytes);
    const { byteLength: size } = bytes;
    const put = await contents.add(bytes, about.name, (blob, hash) => register.add(blob, hash, size, about));
    indexer.wake();
    return put;
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
    return (await this.working()).retention.remove(ctx, hashes, why);
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

  async diff(ctx: Context, one: string, other: string): Promise<string> {
    ctx.signal.throwIfAborted();
    const { contents } = await this.working();
    return compare(contents, this.require(one), this.require(other));
  }

  async restore(ctx: Context, id: string): Promise<Artifact> {
    ctx.signal.throwIfAborted();
    const { commits, register, contents, indexer } = await this.working();
    const old = this.require(id);
    const { hash, size, version, facts } = old;
    const about = { ...old, inputs: [], facts: { ...facts, restored: version } };
    const restored = await commits.add(() => register.add(contents.rowOf(hash).id, hash, size, about));
    indexer.wake();
    return restored;
  }

  lineage(hash: string): Lineage {
    return lineageOf(this.works().register, hash);
  }

  async search(ctx: Context, query: SearchQuery): Promise<SearchResult> {
    ctx.signal.throwIfAborted();
    return (await this.working()).search.find(query);
  }

  async indexed(): Promise<void> {
    await (await this.working()).indexer.catchUp();
  }

  async register(type: ArtifactType): Promise<void> {
    const { commits, types } = await this.working();
    await commits.add(() => types.register(type));
  }

  types(): readonly ArtifactType[] {
    return this.works().types.list();
  }

  async rotate(ctx: Context): Promise<void> {
    const { packer, contents, retention } = await this.working();
    packer.use((await this.options.keys?.load()) ?? []);
    for (
      let page = retention.stored(null, 100);
      page.length > 0;
      page = retention.stored(page.at(-1)!.hash, 100)
    )
      for (const { hash, tier } of page) await contents.repack(ctx, hash, tier);
  }

  closure(run: string): RunClosure {
    const { register, contents, retention } = this.works();
    const artifacts = register.ofRun(run).map(({ quality: _, ...told }) => told);
    const hashes = artifacts.flatMap(({ hash, inputs }) => [
      hash,
      ...inputs.filter((one) => contents.isStored(one)),
    ]);
    return { artifacts, hashes: [...new Set([...hashes, ...retention.heldBy(`run:${run}`)])] };
  }

  async adopt(
    ctx: Context,
    run: string,
    artifacts: readonly Readonly<Record<string, Json>>[],
  ): Promise<void> {
    const { commits, register, contents, indexer } = await this.working();
    const checked = artifacts.map((told) => checkedArtifact({ ...told, run }));
    for (let at = 0; at < checked.length; at += mostPerAdoption) {
      ctx.signal.throwIfAborted();
      await commits.add(() => {
        for (const told of checked.slice(at, at + mostPerAdoption)) {
          const { id, size } = contents.rowOf(told.hash);
          register.adopt(id, { ...told, facts: told.facts as Record<string, Json>, size, quality: null });
        }
      });
    }
    indexer.wake();
  }

  async check(ctx: Context): Promise<readonly string[]> {
    const { database, files } = await this.working();
    return contradictionsIn(ctx, database, files);
  }

  private require(id: string): Artifact {
    const found = this.works().register.byId(id);
    if (found === undefined) throw problem('artifact.versionUnknown', { name: id, version: '' });
    return found;
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
