import { rename } from 'node:fs/promises';
import * as z from 'zod';
import type { Log } from '../base';
import { readIfThere, writeFileAtomic } from '../base/node';

const amount = z.number().min(0);

/** What the pool keeps between two lives of the sidecar. */
const poolRecord = z.object({
  version: z.literal(1),
  accounts: z.array(
    z.object({
      scope: z.object({ kind: z.enum(['day', 'run', 'phase']), id: z.string() }),
      tokens: amount,
      usd: amount,
    }),
  ),
  habits: z.object({
    days: z.array(z.number()),
    hours: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
    after: z.record(z.string(), z.record(z.string(), amount)),
  }),
});
export type PoolRecord = z.infer<typeof poolRecord>;

const empty: PoolRecord = { version: 1, accounts: [], habits: { days: [], hours: {}, after: {} } };

/**
 * What was kept in `file`. A file that cannot be read as such is put aside and told to the log: budgets then begin
 * anew, which is better than no work at all.
 */
export async function readPoolRecord(file: string, log: Log): Promise<PoolRecord> {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return empty;
  try {
    return poolRecord.parse(JSON.parse(bytes.toString('utf8')));
  } catch (thrown) {
    const aside = `${file}.unreadable`;
    await rename(file, aside);
    log.error('the record of the pool could not be read and was put aside', {
      file: aside,
      detail: String(thrown).slice(0, 500),
    });
    return empty;
  }
}

/** Writes what is there when a write begins: calls during one share the next. */
export class Saver {
  private writing: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly record: () => PoolRecord,
  ) {}

  /** Resolves when everything there is now is durable. */
  save(): Promise<void> {
    if (this.writing === undefined) return this.write();
    return (this.next ??= this.writing
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.write();
      }));
  }

  private write(): Promise<void> {
    const writing = writeFileAtomic(this.file, JSON.stringify(this.record()), { mode: 0o600 }).finally(() => {
      if (this.writing === writing) this.writing = undefined;
    });
    this.writing = writing;
    return writing;
  }
}
