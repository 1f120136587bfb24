import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { constants, createZstdCompress } from 'node:zlib';
import * as z from 'zod';
import { runEvent } from '../../schemas/journal/events';
import { problem, type Context } from '../base';
import type { Blobs, Journal } from '../engine';

/** The version of run files this build writes; it reads version 1, which has neither text nor artifacts, too. */
export const runFileVersion = 2;

const sha256Text = /^[0-9a-f]{64}$/;
const hash = z.string().regex(sha256Text);

/**
 * A run file is JSON lines under zstd: the header, every event, every blob they name (in pieces of about 1 MiB, as text
 * where it is UTF-8, which people can read and zstd packs far better, or else as base64), what is told of its artifacts,
 * and a last line with the SHA-256 of all bytes before it.
 */
export const versionOfHeader = z.object({ symphony: z.literal('run'), version: z.int().min(1) });
export const headerLine = versionOfHeader.extend({
  run: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  events: z.int().min(1),
  /** Every blob in it, where the file was made to list them. */
  contents: z.array(z.object({ blob: hash, size: z.int() })).optional(),
});
export const eventLine = z.object({ seq: z.int(), at: z.number(), event: runEvent });
export const blobLine = z.object({
  blob: hash,
  text: z.string().optional(),
  base64: z.string().optional(),
  more: z.boolean().optional(),
});
/** What the artifact store knows of one version, as it stands there; its bytes are a blob of the file. */
export const artifactLine = z.object({ artifact: z.record(z.string(), z.json()) });
export const lastLine = z.object({ sha256: hash });

const pieceBytes = 1 << 20;

/** JSON beyond this size is not looked through for blobs: what the product itself stores as JSON is far smaller. */
const mostJsonBytes = 16 << 20;

/** What a run has beside its events. */
export interface RunFileMore {
  /** What is told of its artifacts. */
  readonly artifacts: readonly object[];
  /** Contents it needs besides those its events name. */
  readonly hashes: readonly string[];
}

export interface ExportOptions extends Partial<RunFileMore> {
  /** Lists every blob in the first line, which costs reading them twice. */
  readonly listed?: boolean;
  /** How hard zstd works, 1 to 22; its own 3 by default. */
  readonly level?: number;
}

/** A blob of a run; its size is null where its bytes are not there or cannot be read. */
export interface RunContent {
  readonly blob: string;
  readonly size: number | null;
}

/**
 * What a run's events name, directly or through a blob of JSON, as `exportRun` takes it; blobs that only might
 * be some, and are not there, are left out. Never throws for a blob.
 */
export async function contentsOfRun(
  ctx: Context,
  journal: Pick<Journal, 'read'>,
  blobs: Blobs,
  run: string,
  also: readonly string[] = [],
): Promise<readonly RunContent[]> {
  const found: RunContent[] = [];
  const named: Named = new Map();
  for (const { event } of journal.read(run)) nameBlobs(event, named);
  for (const one of also) if (!named.has(one)) named.set(one, false);
  for (const [blob, isNeeded] of named) {
    ctx.signal.throwIfAborted();
    // A blob that cannot be read is still one the run names.
    const bytes = await blobs.get(blob).catch(() => null);
    if (bytes) nameBlobs(jsonIn(bytes), named);
    if (bytes || bytes === null || isNeeded) found.push({ blob, size: bytes ? bytes.length : null });
  }
  return found;
}

/**
 * The file of a run: everything its events say and every blob they name, directly or through a blob of JSON.
 * Throws `run.unknown`, `runFile.blobMissing` and `data.*` while it is read.
 */
export function exportRun(
  ctx: Context,
  journal: Pick<Journal, 'read'>,
  blobs: Blobs,
  run: string,
  options: ExportOptions = {},
): AsyncIterable<Uint8Array> {
  const { level = constants.ZSTD_CLEVEL_DEFAULT } = options;
  const params = { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: level };
  // A failure of the source reaches whoever reads; this callback has nothing left to do.
  return pipeline(
    Readable.from(lines(ctx, journal, blobs, run, options), { objectMode: false }),
    createZstdCompress({ params }),
    () => undefined,
  );
}

async function* lines(
  ctx: Context,
  journal: Pick<Journal, 'read'>,
  blobs: Blobs,
  run: string,
  { listed = false, artifacts = [], hashes = [] }: ExportOptions,
) {
  const sum = createHash('sha256');
  const line = (value: unknown): Buffer => {
    ctx.signal.throwIfAborted();
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    sum.update(bytes);
    return bytes;
  };
  const events = journal.read(run);
  if (events.length === 0) throw problem('run.unknown', { run });
  const contents = listed ? await contentsOfRun(ctx, journal, blobs, run, hashes) : undefined;
  yield line({
    symphony: 'run',
    version: runFileVersion,
    run,
    events: events.length,
    ...(contents === undefined ? {} : { contents: contents.filter(({ size }) => size !== null) }),
  });
  const named: Named = new Map();
  for (const { seq, at, event } of events) {
    nameBlobs(event, named);
    yield line({ seq, at, event });
  }
  for (const one of hashes) if (!named.has(one)) named.set(one, false);
  // The list grows while it is gone through: blobs of JSON name others.
  for (const [blob, isNeeded] of named) {
    const bytes = await blobs.get(blob);
    if (bytes === undefined) {
      if (isNeeded) throw problem('runFile.blobMissing', { run, blob });
      continue;
    }
    nameBlobs(jsonIn(bytes), named);
    for (const piece of piecesOf(bytes)) yield line({ blob, ...piece });
  }
  for (const artifact of artifacts) yield line({ artifact });
  yield line({ sha256: sum.copy().digest('hex') });
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A blob in lines: at least one, and all but the last say that there is more. */
function* piecesOf(bytes: Uint8Array): Iterable<Omit<z.infer<typeof blobLine>, 'blob'>> {
  const text = textOf(bytes);
  const { length } = text ?? bytes;
  let at = 0;
  do {
    let end = Math.min(at + pieceBytes, length);
    // A character of two units stays whole.
    if (text !== undefined && end < length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--;
    const piece =
      text === undefined
        ? { base64: Buffer.from(bytes.subarray(at, end)).toString('base64') }
        : { text: text.slice(at, end) };
    yield { ...piece, ...(end < length ? { more: true } : {}) };
    at = end;
  } while (at < length);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Hashes in the order they were met, and whether each must be a blob or only may be one. */
type Named = Map<string, boolean>;

/** Every text in a value that is a SHA-256, and so may name a blob. */
export function namedBlobs(value: unknown): readonly string[] {
  const named: Named = new Map();
  nameBlobs(value, named);
  return [...named.keys()];
}

/** Finds what may name a blob: every text that is a SHA-256, of which those called `blob` must be there. */
function nameBlobs(value: unknown, named: Named): void {
  const open: [key: string, value: unknown][] = [['', value]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [key, inner] = next;
    if (typeof inner === 'string') {
      if (sha256Text.test(inner)) named.set(inner, named.get(inner) === true || key === 'blob');
    } else if (typeof inner === 'object' && inner !== null) open.push(...Object.entries(inner));
  }
}

function jsonIn(bytes: Uint8Array): unknown {
  const isJsonLike = bytes[0] === 0x7b || bytes[0] === 0x5b;
  if (!isJsonLike || bytes.length > mostJsonBytes) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
