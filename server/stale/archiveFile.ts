import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createZstdDecompress } from 'node:zlib';
import { problem, ProblemError, type Context, type Json } from '../base';
import { sha256 } from '../base/node';
import type { ArtifactStore } from '../artifacts';
import { exportRun, guarded, importRun, type RunFileMore, type StoredJournal } from '../storage';

type Blobs = ArtifactStore['blobs'];

/** An archive is written once, when it is quiet: it may take longer to become smaller. */
const level = 9;
type Reads = Pick<StoredJournal, 'read'>;

export interface ArchivedContent {
  readonly blob: string;
  readonly size: number;
}

/** Writes a run and everything it names into a new file, durably; see docs/archives.md. Throws `data.*`, `runFile.*`. */
export function writeArchive(
  ctx: Context,
  file: string,
  journal: Reads,
  blobs: Blobs,
  run: string,
  more: RunFileMore,
): Promise<void> {
  return guarded(file, async () => {
    const handle = await open(file, 'wx', 0o600);
    try {
      for await (const chunk of exportRun(ctx, journal, blobs, run, { ...more, listed: true, level }))
        await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/**
 * Reads an archive back whole: its checksum, every event against the journal, every content against its name, and
 * the list of contents in its first line. Answers the contents. Throws `stale.archiveDamaged`.
 */
export async function verifyArchive(
  ctx: Context,
  file: string,
  journal: Reads,
): Promise<readonly ArchivedContent[]> {
  const found: ArchivedContent[] = [];
  await readArchive(ctx, file, journal, {
    put: (bytes) => {
      const blob = sha256(bytes);
      found.push({ blob, size: bytes.length });
      return Promise.resolve(blob);
    },
  });
  const listed = await listedContents(file);
  if (JSON.stringify(listed) !== JSON.stringify(found))
    throw damaged(file, 'the contents its first line lists are not those in it');
  return found;
}

/**
 * Puts what is in an archive into `blobs`, each content verified, when the run in it is the one the journal has.
 * Answers what it tells of artifacts. Throws `stale.archiveDamaged`, `data.*`.
 */
export async function readArchive(
  ctx: Context,
  file: string,
  journal: Reads,
  blobs: Pick<Blobs, 'put'>,
): Promise<readonly Readonly<Record<string, Json>>[]> {
  const only = { ...unread, put: (bytes: Uint8Array) => blobs.put(bytes) };
  try {
    const { artifacts } = await importRun(
      ctx,
      {
        read: (run, after) => journal.read(run, after),
        adopt: () => Promise.reject(damaged(file, 'its run is not in the journal')),
      },
      only,
      createReadStream(file),
    );
    return artifacts;
  } catch (thrown) {
    if (thrown instanceof ProblemError && thrown.problem.code.startsWith('runFile.'))
      throw damaged(file, String(thrown.problem.args['detail'] ?? thrown.problem.code), thrown);
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(file, 'it is not there', thrown);
    throw thrown;
  }
}

/** Importing only puts. */
const unread = {
  get: () => Promise.resolve(undefined),
  has: () => Promise.resolve(false),
};

/** The contents that the first line lists. */
async function listedContents(file: string): Promise<unknown> {
  const stream = createReadStream(file).pipe(createZstdDecompress());
  try {
    for await (const line of createInterface({ input: stream }))
      return (JSON.parse(line) as { contents?: unknown }).contents;
  } finally {
    stream.destroy();
  }
  return undefined;
}

const damaged = (file: string, detail: string, cause?: unknown): ProblemError =>
  problem('stale.archiveDamaged', { path: file, detail }, cause);
