import type { Context } from '../base';
import type { Database } from '../storage';
import type { ContentFiles } from './files';

/** Sentences that must not be true of a store, each with what finds them. */
const contradictions = [
  [
    'counts of references differ from what refers',
    `SELECT hash FROM blobs AS b WHERE refs <> (SELECT count(*) FROM artifacts WHERE blob = b.id)
      + (SELECT count(*) FROM holds WHERE blob = b.id)`,
  ],
  [
    'an artifact refers to bytes that are not there',
    `SELECT key FROM artifacts WHERE blob NOT IN (SELECT id FROM blobs)`,
  ],
  [
    'a hold refers to bytes that are not there',
    `SELECT holder FROM holds WHERE blob NOT IN (SELECT id FROM blobs)`,
  ],
  [
    'bytes have no place, or two',
    `SELECT hash FROM blobs AS b WHERE damaged IS NULL
      AND (file IS NULL) <> EXISTS(SELECT 1 FROM contents WHERE id = b.id)`,
  ],
  ['bytes belong to nothing', `SELECT id FROM contents WHERE id NOT IN (SELECT id FROM blobs)`],
  [
    'stored sizes differ from what is stored',
    `SELECT hash FROM blobs AS b JOIN contents AS c ON c.id = b.id WHERE b.stored <> length(c.bytes)`,
  ],
] as const;

/** Compares what is counted with a full scan, and rows with files. Empty when everything agrees. */
export async function contradictionsIn(
  ctx: Context,
  database: Database,
  files: ContentFiles,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [what, sql] of contradictions) {
    ctx.signal.throwIfAborted();
    for (const row of database.prepare(sql).all()) found.push(`${what}: ${Object.values(row).join(' ')}`);
  }
  const there = new Set<string>();
  for await (const name of files.names()) there.add(name);
  for (const row of database
    .prepare('SELECT hash, file FROM blobs WHERE file IS NOT NULL AND damaged IS NULL')
    .all())
    if (!there.has(String(row['file']))) found.push(`a file is missing: ${String(row['hash'])}`);
  return found;
}
