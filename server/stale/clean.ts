import type { Problem } from '../../schemas/codes';
import type { RetentionSettings, StaleCleaning } from '../../schemas/wire/stale';
import { problem, problemOf, type Clock, type Context } from '../base';
import type { ArtifactStore } from '../artifacts';
import type { Archives } from './archives';
import type { CleaningRecord, CleaningRecords } from './cleaningRecord';
import { contentStamp, rowOf, type Owners } from './gather';
import { fileName } from './names';
import type { PlanItem } from './types';
import type { Trash } from './trash';

export interface CleanOptions {
  readonly artifacts: ArtifactStore;
  readonly archives: Archives;
  readonly records: CleaningRecords;
  readonly trash: Trash;
  readonly clock: Clock;
  /** Who needs what, by what the journal says now. */
  readonly owners: (ctx: Context) => Promise<Owners>;
}

/** Removed at once; what others are asked to wait for. */
const batch = 100;

const dayMs = 86_400_000;

/** Does what plans say, so that at any moment what is gone from the store is in the trash or in an archive. */
export class Cleaner {
  constructor(private readonly options: CleanOptions) {}

  /** Brings to an end what was interrupted: what is gone can be undone, what is not stays. */
  async recover(ctx: Context): Promise<void> {
    const { records, trash } = this.options;
    for (const id of await trash.open()) if (records.get(id)?.state === 'over') await trash.empty(id);
    for (const record of records.all()) {
      if (record.state === 'saving') await this.over(record);
      else if (record.state === 'saved') await this.settle(record);
      else if (record.state === 'undoing')
        await this.undo(ctx, record.shown.id).catch((thrown: unknown) =>
          ctx.log.error('an undo could not be brought to an end', {
            cleaning: record.shown.id,
            problem: problemOf(thrown),
          }),
        );
    }
  }

  /** Archives, moves and deletes `items`. Throws `data.*` before anything was removed. */
  async clean(
    ctx: Context,
    id: string,
    items: readonly PlanItem[],
    settings: RetentionSettings,
  ): Promise<StaleCleaning> {
    const { records, trash, clock } = this.options;
    const now = clock.now();
    const ends = now + settings.undoDays * dayMs;
    const of = (kind: PlanItem['kind'], decision: PlanItem['decision']) =>
      items.filter((item) => item.kind === kind && item.decision === decision);
    const deletes = of('contents', 'delete');
    const shown: StaleCleaning = { id, at: now, until: ends, archived: 0, deleted: 0, bytes: 0, kept: [] };
    let record: CleaningRecord = {
      ...{ version: 1, state: 'saving', ends, shown },
      contents: deletes.map((item) => item.id),
      moved: of('contents', 'archive').map((item) => item.id),
      runs: of('runs', 'archive').map((item) => item.id),
      archives: of('archives', 'delete').map((item) => item.id),
    };
    await records.keep(record);
    const kept: StaleCleaning['kept'] = [];
    try {
      await trash.begin(id);
      const saved = await this.save(ctx, id, deletes, kept);
      record = { ...record, state: 'saved', contents: saved.map((item) => item.id) };
      await records.keep(record);
      await this.removeContents(ctx, saved, kept);
    } catch (thrown) {
      // Nothing is removed where not everything could be saved; a removal that failed is settled with what went.
      // What cannot be tidied up now is when the next process starts.
      await (record.state === 'saving' ? this.over(record) : this.settle(record)).catch((also: unknown) =>
        ctx.log.warn('a cleaning that failed is not tidied up', { cleaning: id, problem: problemOf(also) }),
      );
      throw thrown;
    }
    await this.move(ctx, record.moved, kept);
    for (const item of of('runs', 'archive'))
      await this.attempt(item, kept, () => this.archiveRun(ctx, item));
    for (const item of of('archives', 'delete'))
      await this.attempt(item, kept, () =>
        this.options.archives.takeOut(ctx, item.id, trash.archiveOf(id, fileName(item.id))),
      );
    return this.settle(record, items, kept);
  }

  /** Brings back what a cleaning removed; how many things. Throws `stale.undoUnknown`, `data.*`. */
  async undo(ctx: Context, id: string): Promise<number> {
    const { artifacts, archives, records, trash, clock } = this.options;
    const record = records.get(id);
    const isOpen =
      record !== undefined &&
      (record.state === 'undoing' || (record.state === 'done' && clock.now() < record.ends));
    if (!isOpen) throw problem('stale.undoUnknown', { cleaning: id });
    // All of it is read before anything changes.
    for (const hash of record.contents) await this.saved(id, hash);
    await records.keep({ ...record, state: 'undoing' });
    let restored = 0;
    for (const hash of record.contents) {
      await artifacts.blobs.put(await this.saved(id, hash));
      restored++;
    }
    for (const hash of record.moved)
      if (rowOf(artifacts, hash)?.tier === 'warm') {
        await artifacts.move(ctx, hash, 'hot');
        restored++;
      }
    for (const run of record.archives)
      if (await archives.takeBack(run, trash.archiveOf(id, fileName(run)))) restored++;
    for (const run of record.runs)
      if (archives.get(run) !== undefined) {
        await archives.restore(ctx, run);
        restored++;
      }
    await this.over(record);
    return restored;
  }

  /** Gives up what can be undone no longer. */
  async purge(): Promise<void> {
    for (const record of this.options.records.all())
      if (record.state === 'done' && record.ends <= this.options.clock.now()) await this.over(record);
  }

  /** Bytes a cleaning removed and that can still be had. */
  async recall(hash: string): Promise<Uint8Array | undefined> {
    for (const { state, contents, shown } of this.options.records.all())
      if (state !== 'over' && contents.includes(hash)) {
        const bytes = await this.options.trash.read(shown.id, hash);
        if (bytes !== undefined) return bytes;
      }
    return undefined;
  }

  /**
   * Puts what is to be deleted into the trash, and answers it with new stamps, since being saved is one use of it.
   * What changed meanwhile, or cannot be read, stays.
   */
  private async save(
    ctx: Context,
    id: string,
    items: readonly PlanItem[],
    kept: StaleCleaning['kept'],
  ): Promise<PlanItem[]> {
    const { artifacts, trash } = this.options;
    const saved: PlanItem[] = [];
    for (const item of items) {
      ctx.signal.throwIfAborted();
      const row = rowOf(artifacts, item.id);
      if (row === undefined || contentStamp(row) !== item.stamp) {
        kept.push({ id: item.id, why: changed });
        continue;
      }
      let bytes: Uint8Array | undefined;
      try {
        bytes = await artifacts.get(item.id);
      } catch (thrown) {
        // Damaged bytes are not removed: somebody may be able to mend them.
        kept.push({ id: item.id, why: problemOf(thrown) });
        continue;
      }
      const after = rowOf(artifacts, item.id);
      if (bytes === undefined || after === undefined || after.uses > row.uses + 1) {
        kept.push({ id: item.id, why: changed });
        continue;
      }
      await trash.save(id, item.id, bytes);
      saved.push({ ...item, stamp: contentStamp(after) });
    }
    return saved;
  }

  private async removeContents(
    ctx: Context,
    items: readonly PlanItem[],
    kept: StaleCleaning['kept'],
  ): Promise<void> {
    const { artifacts } = this.options;
    if (items.length === 0) return;
    // A run may have come to need one while the others were saved.
    const owners = await this.options.owners(ctx);
    for (let i = 0; i < items.length; i += batch) {
      const some: string[] = [];
      for (const item of items.slice(i, i + batch)) {
        const run = owners.get(item.id);
        const row = rowOf(artifacts, item.id);
        if (run !== undefined)
          kept.push({ id: item.id, why: { code: 'stale.keep.named', args: { run: run ?? '' } } });
        else if (row === undefined || row.references > 0 || contentStamp(row) !== item.stamp)
          kept.push({ id: item.id, why: changed });
        else some.push(item.id);
      }
      if (some.length === 0) continue;
      const gone = new Set(await artifacts.remove(ctx, some, 'a retention policy'));
      for (const hash of some) if (!gone.has(hash)) kept.push({ id: hash, why: changed });
    }
  }

  private async move(ctx: Context, hashes: readonly string[], kept: StaleCleaning['kept']): Promise<void> {
    for (const id of hashes)
      await this.attempt({ id }, kept, () => this.options.artifacts.move(ctx, id, 'warm'));
  }

  private async archiveRun(ctx: Context, item: PlanItem): Promise<void> {
    await this.options.archives.archive(ctx, item.id, item.about);
  }

  /** One thing that cannot be done keeps no other from being done. */
  private async attempt(
    item: { readonly id: string },
    kept: StaleCleaning['kept'],
    work: () => Promise<unknown>,
  ): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      kept.push({ id: item.id, why: problemOf(thrown) });
    }
  }

  private async saved(cleaning: string, hash: string): Promise<Uint8Array> {
    const bytes = await this.options.trash.read(cleaning, hash);
    if (bytes === undefined) throw problem('stale.undoUnknown', { cleaning });
    return bytes;
  }

  /** Records what a cleaning did, by what is there now: so it is right after a crash, too. */
  private async settle(
    record: CleaningRecord,
    items: readonly PlanItem[] = [],
    kept: StaleCleaning['kept'] = [],
  ): Promise<StaleCleaning> {
    const { artifacts, archives, records } = this.options;
    const contents = record.contents.filter((hash) => rowOf(artifacts, hash) === undefined);
    const moved = record.moved.filter((hash) => rowOf(artifacts, hash)?.tier === 'warm');
    const runs = record.runs.filter((run) => archives.get(run)?.state === 'archived');
    const taken = record.archives.filter((run) => archives.get(run) === undefined);
    const bytesOf = new Map(items.map((item) => [item.id, item.bytes]));
    const gone = [...contents, ...taken];
    const shown: StaleCleaning = {
      ...record.shown,
      archived: moved.length + runs.length,
      deleted: gone.length,
      bytes:
        gone.reduce((sum, id) => sum + (bytesOf.get(id) ?? 0), 0) +
        runs.reduce((sum, run) => sum + (archives.get(run)?.freed ?? 0), 0),
      kept: kept.slice(0, 1000),
    };
    await records.keep({ ...record, state: 'done', contents, moved, runs, archives: taken, shown });
    return shown;
  }

  private async over(record: CleaningRecord): Promise<void> {
    const { records, trash } = this.options;
    await records.keep({
      ...record,
      ...{ state: 'over', contents: [], moved: [], runs: [], archives: [] },
      shown: { ...record.shown, until: null },
    });
    await trash.empty(record.shown.id);
  }
}

const changed: Problem = { code: 'stale.keep.changed', args: {} };
