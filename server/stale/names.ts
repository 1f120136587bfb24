import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { sha256 as hash } from '../../schemas/wire/common';
import { ProblemError, type Context } from '../base';
import { privateFolder, sha256 } from '../base/node';
import type { ArtifactStore } from '../artifacts';
import { contentsOfRun, readRecord, writeRecord, type StoredJournal } from '../storage';

type Heading = ReturnType<StoredJournal['headings']>[number];

const kind = {
  versionKey: 'version',
  version: 1,
  schema: z.object({
    version: z.literal(1),
    run: z.string(),
    lastSeq: z.number().int(),
    contents: z.array(hash),
    offers: z.array(hash),
  }),
} as const;

/** The contents a run needs, and those of them that lists of runs and reviews show. */
export interface NamesOfRun {
  readonly contents: readonly string[];
  readonly offers: readonly string[];
}

/**
 * What runs name. A run that has ended is read once in its life and the list of it is kept in a file: reading
 * counts as use, and a look for what is old must not make it look used.
 */
export class RunNames {
  private readonly known = new Map<string, NamesOfRun & { readonly lastSeq: number }>();

  constructor(
    private readonly folder: string,
    private readonly journal: Pick<StoredJournal, 'read'>,
    private readonly artifacts: Pick<ArtifactStore, 'blobs'>,
  ) {}

  /** Reads the lists kept so far; one that cannot be read is made again. */
  async open(ctx: Context): Promise<void> {
    await privateFolder(this.folder);
    for (const name of await readdir(this.folder)) {
      if (!name.endsWith('.json')) continue;
      const record = await readRecord(path.join(this.folder, name), kind).catch((thrown: unknown) => {
        if (!(thrown instanceof ProblemError)) throw thrown;
        ctx.log.warn('a list of what a run needs is made again', { name, problem: thrown.problem });
        return undefined;
      });
      if (record !== undefined) this.known.set(record.run, record);
    }
  }

  async of(ctx: Context, { run, lastSeq, endedAt }: Heading): Promise<NamesOfRun> {
    const known = this.known.get(run);
    if (known?.lastSeq === lastSeq) return known;
    const contents = (await contentsOfRun(ctx, this.journal, this.artifacts.blobs, run)).map(
      ({ blob }) => blob,
    );
    const names = { lastSeq, contents, offers: offersIn(this.journal, run) };
    if (endedAt === null) return names;
    await writeRecord(path.join(this.folder, `${fileName(run)}.json`), { version: 1, run, ...names });
    this.known.set(run, names);
    return names;
  }
}

/** A name for a file that stands for a run: its id where that can be one. */
export const fileName = (run: string): string =>
  /^[a-z0-9][a-z0-9_-]{0,80}$/.test(run) ? run : `run-${sha256(run).slice(0, 40)}`;

/** What nodes offered under the name `blob`: small lists that a review reads to show what there was. */
function offersIn(journal: Pick<StoredJournal, 'read'>, run: string): string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value))
      if (key === 'blob' && hash.safeParse(inner).success) found.add(inner as string);
      else look(inner);
  };
  for (const { event } of journal.read(run))
    if (event.type === 'NodeCompleted' || event.type === 'NodeReused') look(event.output);
  return [...found];
}
