import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { constants, createZstdCompress } from 'node:zlib';
import * as z from 'zod';
import { runEvent } from '../../schemas/journal/events';
import { problem, type Context } from '../base';
import type { Blobs, Journal } from '../engine';

/** The version of run files this build reads; it writes 1 where there are no artifacts to tell of. */
export const runFileVersion = 2;

const sha256Text = /^[0-9a-f]{64}$/;
const hash = z.string().regex(sha256Text);

/**
 * A run file is JSON lines under zstd: the header, every event, every blob they name (in pieces of at most
 * 1 MiB, base64), from version 2 on what is told of its artifacts, and a last line with the SHA-256 of all bytes before it.
 */
export const versionOfHeader = z.object({ symphony: z.literal('run'), version: z.int().min(1) });
export const headerLine = versionOfHeader.extend({
  run: z.string().regex(/^[\x21-\x7e]{1,200}$/),
  events: z.int().min(1),
});
export const eventLine = z.object({ seq: z.int(), at: z.number(), event: runEvent });
export const blobLine = z.object({ blob: hash, base64: z.string(), more: z.boolean().optional() });
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

/**
 * The file of a run: everything its events say and every blob they name, directly or through a blob of JSON.
 * Throws `run.unknown`, `runFile.blobMissing` and `data.*` while it is read.
 */
export function exportRun(
  ctx: Context,
  journal: Pick<Journal, 'read'>,
  blobs: Blobs,
  run: string,
  more: RunFileMore = { artifacts: [], hashes: [] },
): AsyncIterable<Uint8Array> {
  const params = { [constants.ZSTD_c_checksumFlag]: 1 };
  // A failure of the source reaches whoever reads; this callback has nothing left to do.
  return pipeline(
    Readable.from(lines(ctx, journal, blobs, run, more), { objectMode: false }),
    createZstdCompress({ params }),
    () => undefined,
  );
}

async function* lines(
  ctx: Context,
  journal: Pick<Journal, 'read'>,
  blobs: Blobs,
  run: string,
  { artifacts, hashes }: RunFileMore,
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
  const version = artifacts.length > 0 ? runFileVersion : 1;
  yield line({ symphony: 'run', version, run, events: events.length });
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
    let at = 0;
    do {
      const base64 = Buffer.from(bytes.subarray(at, at + pieceBytes)).toString('base64');
      at += pieceBytes;
      yield line({ blob, base64, ...(at < bytes.length ? { more: true } : {}) });
    } while (at < bytes.length);
  }
  for (const artifact of artifacts) yield line({ artifact });
  yield line({ sha256: sum.copy().digest('hex') });
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
