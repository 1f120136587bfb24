import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { sha256 as hash } from '../../schemas/wire/common';
import { staleCleaning, type StaleCleaning } from '../../schemas/wire/stale';
import { ProblemError, type Context } from '../base';
import { privateFolder } from '../base/node';
import { readRecord, writeRecord } from '../storage';

/** What is known of a cleaning: how far it came, and what undoing it needs. */
const cleaningKind = {
  versionKey: 'version',
  version: 1,
  schema: z.object({
    version: z.literal(1),
    /**
     * `saving`: nothing was removed yet. `saved`: all that is to be deleted lies in the trash, bytes may have been
     * removed. `done`: it is over and can be undone. `undoing`: it is being undone. `over`: it cannot be undone.
     */
    state: z.enum(['saving', 'saved', 'done', 'undoing', 'over']),
    /** What it was to delete, move and archive; of a cleaning that is done, what it did. */
    contents: z.array(hash),
    moved: z.array(hash),
    runs: z.array(z.string()),
    archives: z.array(z.string()),
    /** Until when it can be undone. */
    ends: z.number(),
    shown: staleCleaning,
  }),
} as const;
export type CleaningRecord = z.infer<(typeof cleaningKind)['schema']>;

/** The records of cleanings, the newest hundred. */
export class CleaningRecords {
  private readonly records = new Map<string, CleaningRecord>();

  constructor(private readonly folder: string) {}

  async open(ctx: Context): Promise<void> {
    this.records.clear();
    await privateFolder(this.folder);
    for (const name of (await readdir(this.folder)).sort()) {
      if (!/^cleaning-[0-9a-z]+\.json$/.test(name)) continue;
      try {
        const record = await readRecord(path.join(this.folder, name), cleaningKind);
        if (record !== undefined) this.records.set(record.shown.id, record);
      } catch (thrown) {
        // One lost record must not take the others along; what lies in the trash for it stays there.
        if (!(thrown instanceof ProblemError)) throw thrown;
        ctx.log.error('the record of a cleaning cannot be read', { name, problem: thrown.problem });
      }
    }
  }

  get(id: string): CleaningRecord | undefined {
    return this.records.get(id);
  }

  all(): readonly CleaningRecord[] {
    return [...this.records.values()];
  }

  async keep(record: CleaningRecord): Promise<void> {
    await writeRecord(path.join(this.folder, `${record.shown.id}.json`), record);
    this.records.set(record.shown.id, record);
  }

  /** For people, the newest first. */
  shown(): readonly StaleCleaning[] {
    return this.all()
      .filter(({ state }) => state === 'done' || state === 'over')
      .map(({ shown }) => shown)
      .reverse();
  }
}
