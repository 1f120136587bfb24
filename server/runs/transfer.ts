import { createReadStream } from 'node:fs';
import { open, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Code } from '../../schemas/codes';
import { recordedEvent, type RunEvent } from '../../schemas/journal/events';
import { checkedArtifact, type ArtifactStore } from '../artifacts';
import { problem, ProblemError, type Context } from '../base';
import { isCode, syncFolder } from '../base/node';
import { foldAll, type Blobs } from '../engine';
import { exportRun, importRun, type Imported, type Recordable, type StoredJournal } from '../storage';
import { runHolder } from './artifacts';
import { runFacts } from './facts';

/** Writes a run into one new file at an absolute path, durably; answers its size. Throws `runFile.*`, `data.*`. */
export async function exportToFile(
  ctx: Context,
  journal: Pick<StoredJournal, 'read'>,
  blobs: Blobs,
  run: string,
  file: string,
  artifacts?: ArtifactStore,
): Promise<number> {
  requireAbsolute(file);
  const handle = await opened(file);
  try {
    let bytes = 0;
    for await (const chunk of exportRun(ctx, journal, blobs, run, artifacts?.closure(run))) {
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
    await handle.sync();
    await handle.close();
    await syncFolder(path.dirname(file));
    return bytes;
  } catch (thrown) {
    await discard(handle, file);
    throw explained(thrown, file, 'runFile.unwritable');
  }
}

export interface ImportedRun extends Imported {
  /** It had not ended and was paused, since what it works on may not be here. */
  readonly wasPaused: boolean;
}

/**
 * Takes in a run from a file at an absolute path: a run file, or the JSON of a run's whole audit. The run is
 * folded before anything is recorded, so that what cannot be read never gets in. Throws `runFile.*`, `data.*`.
 */
export async function importFromFile(
  ctx: Context,
  journal: Pick<StoredJournal, 'read' | 'adopt'>,
  blobs: Blobs,
  file: string,
  artifacts?: ArtifactStore,
): Promise<ImportedRun> {
  requireAbsolute(file);
  let wasPaused = false;
  const guarded: Pick<StoredJournal, 'read' | 'adopt'> = {
    read: (run, afterSeq) => journal.read(run, afterSeq),
    adopt: (run, events) => {
      const pause = checkedRun(run, events);
      wasPaused = pause !== undefined;
      return journal.adopt(run, pause ? [...events, pause] : events);
    },
  };
  try {
    const { size } = await regular(file);
    const imported = (await isText(file))
      ? await importAudit(ctx, guarded, file, size)
      : await importRun(ctx, guarded, blobs, createReadStream(file), { accept: checkArtifacts });
    await takeInArtifacts(ctx, artifacts, imported);
    return { ...imported, wasPaused };
  } catch (thrown) {
    throw explained(thrown, file, 'runFile.unreadable');
  }
}

/** Throws `runFile.damaged` for artifacts that are none, are of another run, or whose bytes are not in the file. */
function checkArtifacts({ run, blobs, artifacts }: Pick<Imported, 'run' | 'blobs' | 'artifacts'>): void {
  const there = new Set(blobs);
  for (const told of artifacts) {
    const name = JSON.stringify(told['name'] ?? null).slice(0, 80);
    const found = checkedArtifact(told);
    if (found.run !== run)
      throw problem('runFile.damaged', { detail: `the artifact ${name} is of another run` });
    if (!there.has(found.hash))
      throw problem('runFile.damaged', { detail: `the bytes of the artifact ${name} are missing` });
  }
}

/** What the file tells of artifacts, and that the run keeps its bytes. Said again, nothing changes. */
async function takeInArtifacts(
  ctx: Context,
  store: ArtifactStore | undefined,
  { run, blobs, artifacts }: Imported,
): Promise<void> {
  if (store === undefined) return;
  await store.hold(runHolder(run), blobs);
  await store.adopt(ctx, run, artifacts);
}

/** Folds what is to be recorded; the event that pauses it where it has not ended. Throws `runFile.damaged`. */
function checkedRun(run: string, events: readonly Recordable[]): Recordable | undefined {
  let state;
  try {
    state = foldAll(events.map(({ at, event }, i) => ({ position: i + 1, run, seq: i + 1, at, event })))!;
    runFacts.parse(state.facts);
  } catch (thrown) {
    throw problem(
      'runFile.damaged',
      { detail: `its events do not follow each other (${said(thrown)})` },
      thrown,
    );
  }
  if (state.endedAt !== null || state.state === 'paused' || state.state === 'cancelling') return undefined;
  const event: RunEvent = { type: 'RunPaused', reason: 'imported' };
  return { at: events.at(-1)!.at, event };
}

/** Beyond this an audit is not read: all of it must be in memory at once. */
const mostAuditBytes = 512 * 1024 ** 2;

/** An audit tells of events alone. */
const nothingMore = { blobs: [], artifacts: [] } as const;

const auditFile = z.object({ entries: z.array(recordedEvent).min(1) });

async function importAudit(
  ctx: Context,
  journal: Pick<StoredJournal, 'read' | 'adopt'>,
  file: string,
  size: number,
): Promise<Imported> {
  if (size > mostAuditBytes)
    throw problem('runFile.damaged', {
      detail: `it has ${size} bytes; an audit has ${mostAuditBytes} at most`,
    });
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, { signal: ctx.signal })) chunks.push(chunk as Buffer);
  const { entries } = parsedAudit(Buffer.concat(chunks).toString('utf8'));
  const { run } = entries[0]!;
  const other = entries.findIndex((one, i) => one.run !== run || one.seq !== i + 1);
  if (other >= 0)
    throw problem('runFile.damaged', {
      detail: `entry ${other + 1} is not event ${other + 1} of ${run}; only the whole audit of one run can be imported`,
    });
  if (journal.read(run).length > 0) return sameRun(journal, run, entries);
  await journal.adopt(
    run,
    entries.map(({ at, event }) => ({ at, event })),
  );
  return { run, events: entries.length, isNew: true, ...nothingMore };
}

function parsedAudit(text: string): z.infer<typeof auditFile> {
  try {
    return auditFile.parse(JSON.parse(text));
  } catch (thrown) {
    throw problem('runFile.damaged', { detail: said(thrown).slice(0, 300) }, thrown);
  }
}

function sameRun(
  journal: Pick<StoredJournal, 'read'>,
  run: string,
  entries: z.infer<typeof auditFile>['entries'],
): Imported {
  const before = journal.read(run);
  for (let i = 0; i < Math.max(before.length, entries.length); i++) {
    const [one, other] = [before[i], entries[i]];
    if (one?.at !== other?.at || JSON.stringify(one?.event) !== JSON.stringify(other?.event))
      throw problem('runFile.taken', { run, seq: i + 1 });
  }
  return { run, events: entries.length, isNew: false, ...nothingMore };
}

/** Whether a file begins as JSON does; run files begin with the mark of zstd. */
async function isText(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    return /^\s*\{/.test(buffer.toString('latin1', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** A pipe or a device would be read for ever. */
async function regular(file: string): Promise<{ readonly size: number }> {
  const found = await stat(file);
  if (!found.isFile()) throw problem('runFile.unreadable', { path: file, detail: 'it is no file' });
  return found;
}

function requireAbsolute(file: string): void {
  if (!path.isAbsolute(file) || file.includes('\0')) throw problem('runFile.relative', { path: file });
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) throw problem('runFile.exists', { path: file }, thrown);
    throw explained(thrown, file, 'runFile.unwritable');
  }
}

/** Takes back a file that this export created and could not finish. */
async function discard(handle: FileHandle, file: string): Promise<void> {
  await handle.close().catch(() => undefined);
  await unlink(file).catch(() => undefined);
}

function explained(thrown: unknown, file: string, code: Code): unknown {
  if (thrown instanceof ProblemError) return thrown;
  if (isCode(thrown, 'ENOSPC') || isCode(thrown, 'EDQUOT'))
    return problem('data.diskFull', { path: file }, thrown);
  if (!(thrown instanceof Error) || (thrown as NodeJS.ErrnoException).code === undefined) return thrown;
  return problem(code, { path: file, detail: thrown.message }, thrown);
}

const said = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
