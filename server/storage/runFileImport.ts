import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { z } from 'zod';
import { problem, stableStringify, type Context, type Json } from '../base';
import { sha256 } from '../base/node';
import { SeqConflict, type Blobs } from '../engine';
import type { StoredJournal } from './journal';
import type { Recordable } from './journalWriter';
import {
  artifactLine,
  blobLine,
  eventLine,
  headerLine,
  lastLine,
  runFileVersion,
  versionOfHeader,
} from './runFile';

export interface Imported {
  readonly run: string;
  readonly events: number;
  /** False when the very same run was there before. */
  readonly isNew: boolean;
  /** Hashes of all blobs of the file. */
  readonly blobs: readonly string[];
  /** What the file tells of artifacts; not checked for more than being JSON. */
  readonly artifacts: readonly Readonly<Record<string, Json>>[];
}

export interface ImportLimits {
  /** Of the unpacked file; default 8 GiB. */
  readonly mostBytes?: number;
  /** Of one line of it, which is one event or a piece of a blob; default 256 MiB. */
  readonly mostLineBytes?: number;
  /** Looks at what the file tells of artifacts before anything is recorded; what it throws is the end of the import. */
  readonly accept?: (found: Pick<Imported, 'run' | 'blobs' | 'artifacts'>) => void;
}

/**
 * Takes a run from its file into the journal, under its own id and with its own times. The events are added
 * in one append when the whole file was found right; blobs are added as they come, which harms nothing. Throws
 * `runFile.damaged`, `runFile.newer`, `runFile.taken` and `data.*`.
 */
export async function importRun(
  ctx: Context,
  journal: Pick<StoredJournal, 'read' | 'adopt'>,
  blobs: Blobs,
  bytes: AsyncIterable<Uint8Array>,
  limits: ImportLimits = {},
): Promise<Imported> {
  const sum = createHash('sha256');
  const events: Recordable[] = [];
  const artifacts: Readonly<Record<string, Json>>[] = [];
  const blobHashes: string[] = [];
  const blob = new BlobPieces();
  let header: z.infer<typeof headerLine> | undefined;
  let isOver = false;
  for await (const line of linesOf(ctx, bytes, limits)) {
    if (isOver) throw damaged('something follows its end');
    const value = parsed(line);
    if (header === undefined) header = headerOf(value);
    else if (events.length < header.events) events.push(eventOf(value, events.length + 1));
    else if (blob.isOpen || typeof (value as { blob?: unknown } | null)?.blob === 'string') {
      const whole = blob.add(as(blobLine, value, 'a blob'));
      if (whole !== undefined) blobHashes.push(await blobs.put(whole));
    } else if (isArtifact(value)) {
      artifacts.push(as(artifactLine, value, 'an artifact').artifact as Readonly<Record<string, Json>>);
      if (artifacts.length > mostArtifacts) throw damaged(`it tells of more than ${mostArtifacts} artifacts`);
    } else {
      isOver = true;
      if (as(lastLine, value, 'its end').sha256 !== sum.copy().digest('hex'))
        throw damaged('its checksum does not match');
    }
    sum.update(line).update('\n');
  }
  if (header === undefined || !isOver) throw damaged('it ends too early');
  const more = { blobs: blobHashes, artifacts };
  limits.accept?.({ run: header.run, ...more });
  return { ...(await adopted(journal, header.run, events)), ...more };
}

/** Beyond this nothing that a run makes is told of: all of it is in memory at once. */
const mostArtifacts = 1_000_000;

const isArtifact = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'artifact');

async function adopted(
  journal: Pick<StoredJournal, 'read' | 'adopt'>,
  run: string,
  events: readonly Recordable[],
): Promise<Pick<Imported, 'run' | 'events' | 'isNew'>> {
  let before = journal.read(run);
  if (before.length === 0) {
    try {
      await journal.adopt(run, events);
      return { run, events: events.length, isNew: true };
    } catch (thrown) {
      // Somebody imports the same file at the same time.
      if (!(thrown instanceof SeqConflict)) throw thrown;
      before = journal.read(run);
    }
  }
  const length = Math.max(before.length, events.length);
  for (let i = 0; i < length; i++)
    if (!isSame(before[i], events[i])) throw problem('runFile.taken', { run, seq: i + 1 });
  return { run, events: events.length, isNew: false };
}

const isSame = (one: Recordable | undefined, other: Recordable | undefined): boolean =>
  one !== undefined && other !== undefined && one.at === other.at && textOf(one) === textOf(other);

const textOf = ({ event }: Recordable): string => stableStringify(event as unknown as Json);

/** The lines of the unpacked file, without their ends. */
async function* linesOf(
  ctx: Context,
  bytes: AsyncIterable<Uint8Array>,
  { mostBytes = 8 * 1024 ** 3, mostLineBytes = 256 * 1024 ** 2 }: ImportLimits,
): AsyncGenerator<Buffer> {
  let total = 0;
  let parts: Buffer[] = [];
  let length = 0;
  try {
    const unpacked = pipeline(Readable.from(bytes), createZstdDecompress(), () => undefined);
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      ctx.signal.throwIfAborted();
      total += chunk.length;
      if (total > mostBytes) throw damaged(`it unpacks to more than ${mostBytes} bytes`);
      let begin = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, begin)) {
        yield Buffer.concat([...parts, chunk.subarray(begin, end)]);
        parts = [];
        length = 0;
        begin = end + 1;
      }
      parts.push(chunk.subarray(begin));
      length += chunk.length - begin;
      if (length > mostLineBytes) throw damaged(`a line of it is longer than ${mostLineBytes} bytes`);
    }
  } catch (thrown) {
    const code = String((thrown as { code?: unknown } | null)?.code);
    if (/^(ZSTD_|Z_)/.test(code)) throw damaged(thrown instanceof Error ? thrown.message : code, thrown);
    throw thrown;
  }
  if (length > 0) throw damaged('its last line has no end');
}

/** Puts the pieces of one blob after another together. */
class BlobPieces {
  private hash: string | undefined;
  private pieces: Buffer[] = [];

  get isOpen(): boolean {
    return this.hash !== undefined;
  }

  /** The bytes of a blob that is whole now. */
  add({ blob, text, base64 = '', more }: z.infer<typeof blobLine>): Uint8Array | undefined {
    if (this.hash !== undefined && this.hash !== blob) throw damaged(`the blob ${this.hash} is not whole`);
    this.hash = blob;
    this.pieces.push(text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text));
    if (more === true) return undefined;
    const bytes = Buffer.concat(this.pieces);
    if (sha256(bytes) !== blob) throw damaged(`the blob ${blob} does not match its name`);
    this.hash = undefined;
    this.pieces = [];
    return bytes;
  }
}

function headerOf(value: unknown): z.infer<typeof headerLine> {
  // The version decides what else there is to look for.
  const { version } = as(versionOfHeader, value, 'its first line');
  if (version > runFileVersion) throw problem('runFile.newer', { found: version, known: runFileVersion });
  return as(headerLine, value, 'its first line');
}

function eventOf(value: unknown, expected: number): Recordable {
  const { seq, at, event } = as(eventLine, value, `event ${expected}`);
  if (seq !== expected) throw damaged(`event ${expected} is missing`);
  if (seq === 1 && event.type !== 'RunCreated')
    throw damaged('it does not begin with the beginning of a run');
  return { at, event };
}

function as<S extends z.ZodType>(schema: S, value: unknown, what: string): z.infer<S> {
  const found = checked(schema, value, what);
  if (found.success) return found.data;
  const issue = found.error.issues[0]!;
  throw damaged(`${what} cannot be read (${issue.path.join('.')}: ${issue.message})`, found.error);
}

function checked<S extends z.ZodType>(schema: S, value: unknown, what: string) {
  try {
    return schema.safeParse(value);
  } catch (thrown) {
    // Values within values without end use up the stack.
    throw damaged(`${what} cannot be read`, thrown);
  }
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch (thrown) {
    throw damaged('a line of it is not JSON', thrown);
  }
}

const damaged = (detail: string, cause?: unknown) => problem('runFile.damaged', { detail }, cause);
