import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '../../schemas/codes';
import { problem, problemOf, shielded, type Clock, type Context } from '../base';
import { privateFolder, syncFolder } from '../base/node';
import type { ArtifactStore } from '../artifacts';
import { guarded, readRecord, writeRecord, type RunFileMore } from '../storage';
import { readArchive, verifyArchive, writeArchive } from './archiveFile';
import { archiveKind, type ArchiveRecord } from './archiveRecord';
import { keepTag } from './decide';
import { rowOf } from './gather';
import { fileName } from './names';
import type { ArchivedRun, PlanItem, RunsPort } from './types';

export interface ArchivesOptions {
  readonly folder: string;
  readonly artifacts: ArtifactStore;
  readonly runs: RunsPort;
  readonly clock: Clock;
  /** Contents that something besides the run needs, by what the journal says now. */
  readonly neededBeside: (ctx: Context, run: string) => Promise<(hash: string) => boolean>;
  /** Contents of a run that lists show. */
  readonly offersOf: (ctx: Context, run: string) => Promise<readonly string[]>;
}

/**
 * Runs as files. Each has a folder with `run.jsonl.zst` and the record of where its making stands: whatever
 * kills the process, the record says whether anything was removed yet, and the file is verified before.
 */
export class Archives {
  private readonly records = new Map<string, ArchiveRecord>();

  constructor(private readonly options: ArchivesOptions) {}

  /** Reads all records, and drops archives of which nothing was removed yet. */
  async open(ctx: Context): Promise<void> {
    const { folder } = this.options;
    this.records.clear();
    await privateFolder(folder);
    for (const name of await readdir(folder)) {
      if (name.startsWith('.gone-')) await rm(path.join(folder, name), { recursive: true, force: true });
      else
        await this.openOne(name).catch((thrown: unknown) => {
          ctx.log.error('the record of an archive cannot be read', { name, problem: problemOf(thrown) });
        });
    }
  }

  /** Brings to an end what was interrupted. */
  async recover(ctx: Context): Promise<void> {
    for (const record of this.records.values()) {
      if (record.state === 'archived') continue;
      ctx.log.info('an interrupted archive is brought to an end', { run: record.run, state: record.state });
      await this.settle(ctx, record).catch((thrown: unknown) => {
        // The others work all the same; its file stays where it is, and so does what is left in the store.
        ctx.log.error('it could not be brought to an end', { run: record.run, problem: problemOf(thrown) });
      });
    }
  }

  get(run: string): ArchiveRecord | undefined {
    return this.records.get(run);
  }

  list(): readonly ArchivedRun[] {
    return [...this.records.values()]
      .filter(({ state }) => state === 'archived')
      .map(({ run, title, at, bytes, freed }) => ({ run, title, at, bytes, freed, path: this.fileOf(run) }));
  }

  /** The run whose archive has a content. */
  holderOf(hash: string): string | undefined {
    for (const { run, state, contents } of this.records.values())
      if (state === 'archived' && contents.some(({ blob }) => blob === hash)) return run;
    return undefined;
  }

  /** Puts a run into its file, verifies that, and removes what only this run needs. Throws `stale.runKept`, `data.*`. */
  async archive(ctx: Context, run: string, known?: PlanItem['about']): Promise<ArchivedRun> {
    const { runs, artifacts, clock } = this.options;
    const heading = runs.journal.headings().find((one) => one.run === run);
    if (heading === undefined) throw problem('run.unknown', { run });
    const before = this.records.get(run);
    // One that was interrupted has its file; some of its bytes may be nowhere else.
    if (before !== undefined && before.state !== 'archived') await this.settle(ctx, before);
    if (this.records.get(run)?.state === 'archived') return this.list().find((one) => one.run === run)!;
    await this.assertFree(ctx, run);
    let record: ArchiveRecord = {
      ...{ version: 1, run, title: heading.title, state: 'writing', at: clock.now() },
      ...{ contents: [], artifacts: [], keeps: [], bytes: 0, freed: 0 },
      ...{ tags: [...(known?.tags ?? [])], uses: known?.uses ?? 0, quality: known?.quality ?? null },
    };
    try {
      await privateFolder(this.folderOf(run));
      await syncFolder(this.options.folder);
      await this.keep(record);
      const more = artifacts.closure(run);
      const told = more.artifacts.filter(({ type }) => telling.has(type)).map(({ hash }) => hash);
      const keeps = [...new Set([...(await this.options.offersOf(ctx, run)), ...told])];
      const contents = await this.write(ctx, run, more);
      // Somebody may have begun to need it while the file was written.
      await this.assertFree(ctx, run);
      const { size } = await stat(this.fileOf(run));
      record = { ...record, ...{ state: 'written', contents: [...contents], bytes: size, keeps } };
      // What is tagged stays with its bytes.
      record.artifacts = more.artifacts
        .filter(({ hash, tags }) => !keeps.includes(hash) && !tags.includes(keepTag))
        .map(({ id }) => id);
      await this.keep(record);
    } catch (thrown) {
      await this.discard(run);
      throw thrown;
    }
    await this.finish(ctx, record, artifacts);
    return this.list().find((one) => one.run === run)!;
  }

  /** Brings the contents of an archived run back and drops its file; how many came back. */
  async restore(ctx: Context, run: string): Promise<number> {
    const record = this.records.get(run);
    if (record === undefined) throw problem('stale.notArchived', { run });
    const { artifacts, runs } = this.options;
    // All of it is looked at before anything is put back.
    await this.verify(ctx, record);
    await this.keep({ ...record, state: 'restoring' });
    const held = artifacts.holding(`run:${run}`);
    const hashes: string[] = [];
    const told = await readArchive(ctx, this.fileOf(run), runs.journal, {
      put: async (bytes) => {
        hashes.push(await held.put(bytes));
        return hashes.at(-1)!;
      },
    });
    await artifacts.adopt(ctx, run, told);
    for (const hash of hashes)
      if (!(await artifacts.blobs.has(hash)))
        throw problem('stale.archiveDamaged', {
          path: this.fileOf(run),
          detail: `${hash} did not come back`,
        });
    await this.discard(run);
    await artifacts.letGo(archiveHolder(run));
    return hashes.length;
  }

  /** Takes an archive out, to `to`, where it can be taken back from. */
  async takeOut(ctx: Context, run: string, to: string): Promise<void> {
    await this.assertFree(ctx, run);
    await guarded(to, async () => {
      await rename(this.folderOf(run), to);
      await syncFolder(path.dirname(to));
      await syncFolder(this.options.folder);
    });
    this.records.delete(run);
    await this.options.artifacts.letGo(archiveHolder(run));
  }

  /** Takes an archive back in from where `takeOut` put it; false when it is not there. */
  async takeBack(run: string, from: string): Promise<boolean> {
    const record = await readRecord(path.join(from, 'archive.json'), archiveKind);
    if (record === undefined || this.records.has(run)) return false;
    await guarded(from, async () => {
      await rename(from, this.folderOf(run));
      await syncFolder(this.options.folder);
    });
    await this.openOne(fileName(run));
    return true;
  }

  private async openOne(name: string): Promise<void> {
    const folder = path.join(this.options.folder, name);
    const record = await readRecord(path.join(folder, 'archive.json'), archiveKind);
    // The folder is made before its record: nothing has happened yet.
    if (record === undefined || record.state === 'writing') await this.remove(folder);
    else this.records.set(record.run, record);
  }

  private async settle(ctx: Context, record: ArchiveRecord): Promise<void> {
    await this.verify(ctx, record);
    if (record.state === 'restoring' || (await this.whyKept(ctx, record.run)) !== null)
      await this.restore(ctx, record.run);
    else await this.finish(ctx, record, this.options.artifacts);
  }

  private async verify(ctx: Context, record: ArchiveRecord): Promise<void> {
    const file = this.fileOf(record.run);
    const found = await stat(file).catch(() => undefined);
    if (found?.size !== record.bytes)
      throw problem('stale.archiveDamaged', {
        path: file,
        detail: `it has ${found?.size ?? 'no'} bytes where ${record.bytes} were written`,
      });
    await verifyArchive(ctx, file, this.options.runs.journal);
  }

  /** Writes the file under another name, reads it back, and gives it its own. */
  private async write(ctx: Context, run: string, more: RunFileMore) {
    const { runs, artifacts } = this.options;
    const file = this.fileOf(run);
    const fresh = `${file}.new`;
    await writeArchive(ctx, fresh, runs.journal, artifacts.blobs, run, more);
    const contents = await verifyArchive(ctx, fresh, runs.journal);
    await guarded(file, async () => {
      await rename(fresh, file);
      await syncFolder(path.dirname(file));
    });
    return contents;
  }

  /** Removes what only this run needs; doing it again does no harm. From here on nobody can call it off. */
  private async finish(ctx: Context, record: ArchiveRecord, artifacts: ArtifactStore): Promise<void> {
    const { run, contents, keeps } = record;
    const calm = shielded(ctx);
    const there = keeps.filter((hash) => rowOf(artifacts, hash) !== undefined);
    if (there.length > 0) await artifacts.hold(archiveHolder(run), there);
    const kept = new Set(keeps);
    const why = `the run ${run} was archived`;
    await artifacts.drop(calm, record.artifacts, why);
    await artifacts.letGo(`run:${run}`);
    const isNeeded = await this.options.neededBeside(calm, run);
    let freed = record.freed;
    const hashes: string[] = [];
    for (const { blob } of contents) {
      if (kept.has(blob) || isNeeded(blob)) continue;
      const row = rowOf(artifacts, blob);
      if (row === undefined || row.tags.includes(keepTag)) continue;
      hashes.push(blob);
    }
    for (let i = 0; i < hashes.length; i += batch) {
      const some = hashes.slice(i, i + batch);
      const sizes = new Map(some.map((hash) => [hash, rowOf(artifacts, hash)?.storedSize ?? 0]));
      for (const gone of await artifacts.remove(calm, some, why)) freed += sizes.get(gone) ?? 0;
    }
    await this.keep({ ...record, state: 'archived', freed });
  }

  private async assertFree(ctx: Context, run: string): Promise<void> {
    const why = await this.whyKept(ctx, run);
    if (why !== null) throw problem('stale.runKept', { run, why: why.code });
  }

  private async whyKept(ctx: Context, run: string): Promise<Problem | null> {
    const { runs } = this.options;
    const heading = runs.journal.headings().find((one) => one.run === run);
    return heading === undefined || heading.endedAt === null
      ? { code: 'stale.keep.active', args: { run } }
      : (await runs.held(ctx))(run);
  }

  private async keep(record: ArchiveRecord): Promise<void> {
    await writeRecord(path.join(this.folderOf(record.run), 'archive.json'), record);
    this.records.set(record.run, record);
  }

  private async discard(run: string): Promise<void> {
    this.records.delete(run);
    await this.remove(this.folderOf(run));
  }

  /** Out of sight at once, then removed at leisure. */
  private async remove(folder: string): Promise<void> {
    const gone = path.join(this.options.folder, `.gone-${path.basename(folder)}`);
    await rm(gone, { recursive: true, force: true });
    await rename(folder, gone).catch((thrown: unknown) => {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    });
    await syncFolder(this.options.folder);
    await rm(gone, { recursive: true, force: true });
  }

  private folderOf(run: string): string {
    return path.join(this.options.folder, fileName(run));
  }

  private fileOf(run: string): string {
    return path.join(this.folderOf(run), 'run.jsonl.zst');
  }
}

/** Types of artifacts that tell of a run: they stay, and so does what they say when the run is archived. */
const telling: ReadonlySet<string> = new Set(['run', 'changeset']);

/** How many contents are removed at once. */
const batch = 200;

/** Who holds what lists show of an archived run. */
const archiveHolder = (run: string): string => `archive:${run}`;
