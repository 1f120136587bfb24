import { setImmediate } from 'node:timers/promises';
import type { Problem } from '../../schemas/codes';
import type { Context } from '../base';
import type { ArtifactStore, StoredBlob } from '../artifacts';
import type { ArchiveRecord } from './archiveRecord';
import type { RunNames } from './names';
import type { RunsPort, Subject } from './types';

/** Everything there is to decide on, and what tells whether it is still as it was. */
export interface Gathered {
  readonly subjects: readonly Subject[];
  /** Of the subject at the same place. */
  readonly stamps: readonly string[];
}

export interface Sources {
  readonly artifacts: ArtifactStore;
  readonly runs: RunsPort;
  readonly names: RunNames;
  readonly archives: { get(run: string): ArchiveRecord | undefined };
}

/** Who needs a content: one run, or null for several. */
export type Owners = ReadonlyMap<string, string | null>;

/** How many rows are looked at before others get their turn. */
const page = 1000;

/** Looks at contents, runs and archives; reads no content of runs it has seen before, and changes nothing. */
export async function gather(ctx: Context, sources: Sources): Promise<Gathered> {
  // Before the runs are looked at: what is read for the first time there counts as used.
  const rows = await allRows(ctx, sources.artifacts);
  const owners = await ownersOf(ctx, sources);
  const subjects: Subject[] = [];
  const stamps: string[] = [];
  const own = new Map<string, Own>();
  for (const row of rows) {
    const owner = owners.get(row.hash);
    subjects.push(contentSubject(row, owner));
    stamps.push(contentStamp(row));
    if (typeof owner === 'string' && row.runs.every((run) => run === owner)) add(own, owner, row);
  }
  const held = await sources.runs.held(ctx);
  for (const heading of sources.runs.journal.headings()) {
    const { run, endedAt } = heading;
    const keep: Problem | null = endedAt === null ? { code: 'stale.keep.active', args: { run } } : held(run);
    const archive = sources.archives.get(run);
    if (archive === undefined) {
      subjects.push(runSubject(heading, own.get(run), keep));
      stamps.push(String(heading.lastSeq));
    } else if (archive.state === 'archived') {
      subjects.push(archiveSubject(archive, keep));
      stamps.push(String(archive.at));
    }
  }
  return { subjects, stamps };
}

async function allRows(ctx: Context, artifacts: ArtifactStore): Promise<readonly StoredBlob[]> {
  const all: StoredBlob[] = [];
  for (let after: string | null = null; ; after = all.at(-1)!.hash) {
    ctx.signal.throwIfAborted();
    const rows = artifacts.stored(after, page);
    all.push(...rows);
    if (rows.length < page) return all;
    await setImmediate();
  }
}

/** Who needs which content, by what the journal says; what an archived run still shows in lists counts, too. */
export async function ownersOf(ctx: Context, { artifacts, runs, names, archives }: Sources): Promise<Owners> {
  const owners = new Map<string, string | null>();
  for (const heading of runs.journal.headings()) {
    ctx.signal.throwIfAborted();
    const archive = archives.get(heading.run);
    const hashes = archive?.state === 'archived' ? archive.keeps : (await names.of(ctx, heading)).contents;
    // Artifacts get their names some time after the events.
    const named = artifacts.ofRun(heading.run).map(({ hash }) => hash);
    const held = artifacts.heldBy(`run:${heading.run}`);
    for (const hash of [...hashes, ...named, ...held]) {
      const before = owners.get(hash);
      owners.set(hash, before === undefined || before === heading.run ? heading.run : null);
    }
  }
  return owners;
}

/** The row of one content; undefined where it is not stored. */
export function rowOf(artifacts: Pick<ArtifactStore, 'stored'>, hash: string): StoredBlob | undefined {
  const [row] = artifacts.stored(before(hash), 1);
  return row?.hash === hash ? row : undefined;
}

/** What changes when anybody uses, tags or refers to a content. */
export const contentStamp = ({ usedAt, uses, references, tags, tier }: StoredBlob): string =>
  `${usedAt}/${uses}/${references}/${tier}/${tags.join()}`;

/** The largest hash below this one. */
function before(hash: string): string | null {
  const number = BigInt(`0x${hash}`);
  return number === 0n ? null : (number - 1n).toString(16).padStart(hash.length, '0');
}

function contentSubject(row: StoredBlob, owner: string | null | undefined): Subject {
  const keep: Problem | null =
    owner !== undefined
      ? { code: 'stale.keep.named', args: { run: owner ?? row.runs[0] ?? '' } }
      : row.references > 0
        ? { code: 'stale.keep.referenced', args: { references: row.references } }
        : null;
  return {
    kind: 'contents',
    id: row.hash,
    label: row.hash.slice(0, 12),
    bytes: row.storedSize,
    usedAt: row.usedAt,
    uses: row.uses,
    quality: row.quality,
    tags: row.tags,
    makers: row.runs.length,
    archivable: row.tier === 'hot',
    keep,
  };
}

/** What only one run needs, added up. */
interface Own {
  bytes: number;
  usedAt: number;
  uses: number;
  quality: number | null;
  readonly tags: Set<string>;
}

function add(all: Map<string, Own>, run: string, row: StoredBlob): void {
  let own = all.get(run);
  if (own === undefined)
    all.set(run, (own = { bytes: 0, usedAt: 0, uses: 0, quality: null, tags: new Set() }));
  own.bytes += row.storedSize;
  own.usedAt = Math.max(own.usedAt, row.usedAt);
  own.uses += row.uses;
  if (row.quality !== null) own.quality = Math.max(own.quality ?? 0, row.quality);
  for (const tag of row.tags) own.tags.add(tag);
}

type Heading = ReturnType<RunsPort['journal']['headings']>[number];

function runSubject(
  { run, title, createdAt, endedAt }: Heading,
  own: Own | undefined,
  keep: Problem | null,
): Subject {
  return {
    kind: 'runs',
    id: run,
    label: title,
    bytes: own?.bytes ?? 0,
    usedAt: Math.max(own?.usedAt ?? 0, endedAt ?? createdAt),
    uses: own?.uses ?? 0,
    quality: own?.quality ?? null,
    tags: own === undefined ? [] : [...own.tags].sort(),
    makers: 1,
    archivable: own !== undefined && own.bytes > 0,
    keep,
  };
}

const archiveSubject = (archive: ArchiveRecord, keep: Problem | null): Subject => ({
  kind: 'archives',
  id: archive.run,
  label: archive.title,
  bytes: archive.bytes,
  usedAt: archive.at,
  uses: archive.uses,
  quality: archive.quality,
  tags: archive.tags,
  makers: 1,
  archivable: false,
  keep,
});
