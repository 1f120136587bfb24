import { realpath } from 'node:fs/promises';
import type { Problem } from '../../schemas/codes';
import type { ChangedFile } from '../../schemas/wire/review';
import { ProblemError, type Context } from '../base';
import { sha256 } from '../base/node';
import type { Blobs } from '../engine/ports';
import type { FileDecision } from '../engine/state';
import { decide, isVersion, type OnDisk, type Proposed, type Seen, type Verdict } from './decide';
import {
  ChangedMeanwhile,
  isSameFile,
  lookAt,
  putVersion,
  removeTemporary,
  removeVersion,
  renameCase,
  setExecutable,
} from './disk';
import { withBytes } from './files';
import type { Changeset, FileResult } from './types';

export interface DecideOptions {
  /** The top of the user's work tree, which the paths of the changeset are relative to. */
  readonly root: string;
  /** With the decisions made so far. */
  readonly changeset: Changeset;
  readonly blobs: Blobs;
  /** Absent: every undecided file. */
  readonly paths?: readonly string[];
  readonly decision: 'accept' | 'reject';
  /** Files with unsaved changes in the editor. */
  readonly dirty: readonly string[];
  /** Records one decision durably, after the file is on disk; what it throws ends the whole call. */
  readonly record: (decided: FileDecision) => Promise<void>;
  /** False where the user's file system has no executable bit; default by platform. */
  readonly modes?: boolean;
}

/**
 * Accepts or rejects files of a changeset. Each file answers for itself: what cannot be accepted is
 * refused with a problem and left exactly as it is, and the others go on. Repeating a call after a
 * crash finds what is on disk already and records it. Results are in the changeset's order; throws only
 * when cancelled or when `record` does.
 */
export async function decideFiles(ctx: Context, options: DecideOptions): Promise<FileResult[]> {
  const { changeset } = options;
  const root = await realpath(options.root);
  const asked = options.paths === undefined ? undefined : new Set(options.paths);
  const files = changeset.files.filter((file) =>
    asked === undefined ? file.decision === 'undecided' : asked.delete(file.path),
  );
  const results = new Map<string, FileResult>();
  for (const path of asked ?? []) {
    results.set(
      path,
      refused(path, { code: 'review.unknown', args: { changeset: `${changeset.changeset}: ${path}` } }),
    );
  }
  for (const file of inOrder(files)) {
    ctx.signal.throwIfAborted();
    const result = await decideFile(ctx, root, file, options);
    results.set(file.path, result);
    if (result.result === 'refused') continue;
    await options.record({
      changeset: changeset.changeset,
      path: file.path,
      decision: result.result === 'rejected' ? 'rejected' : 'accepted',
      written: result.written,
    });
  }
  const order = [...files.map((file) => file.path), ...(asked ?? [])];
  return order.map((path) => results.get(path)!);
}

/** Removes temporary files that a killed process may have left beside undecided files. */
export async function removeLeftovers(root: string, changeset: Changeset): Promise<void> {
  const top = await realpath(root);
  for (const file of changeset.files) {
    if (file.decision === 'undecided') await removeTemporary(top, file.path).catch(() => undefined);
  }
}

async function decideFile(
  ctx: Context,
  root: string,
  file: ChangedFile,
  options: DecideOptions,
): Promise<FileResult> {
  const { path } = file;
  if (options.decision === 'reject') {
    if (file.decision === 'accepted') return refused(path, { code: 'review.accepted', args: { path } });
    return { path, result: 'rejected', problem: null, written: null };
  }
  try {
    const proposed = await withBytes(file, options.blobs);
    const seen = await look(root, proposed, options);
    const verdict = decide(proposed, seen);
    if (verdict.kind === 'refuse') return refused(path, verdict.problem);
    await perform(root, proposed, seen, verdict);
    return {
      path,
      result: verdict.merged ? 'merged' : 'written',
      problem: verdict.merged ? { code: 'review.merged', args: { path } } : null,
      written: hashAfter(proposed, seen, verdict),
    };
  } catch (thrown) {
    if (thrown instanceof ChangedMeanwhile) {
      return refused(path, { code: 'review.changedMeanwhile', args: { path } });
    }
    if (thrown instanceof ProblemError) return refused(path, thrown.problem);
    ctx.log.warn('a file could not be written', { path, thrown: String(thrown) });
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return refused(path, { code: 'review.writeFailed', args: { path, detail } });
  }
}

async function look(root: string, file: Proposed, options: DecideOptions): Promise<Seen> {
  const dirty = new Set(options.dirty);
  return {
    at: await lookAt(root, file.path),
    from: file.from === null ? null : await lookAt(root, file.from),
    sameFile: file.from !== null && (await isSameFile(root, file.path, file.from)),
    dirty: dirty.has(file.path) || (file.from !== null && dirty.has(file.from)),
    modes: options.modes ?? process.platform !== 'win32',
  };
}

/** The new bytes come first and the former name goes last, so that a crash between loses neither. */
async function perform(
  root: string,
  file: Proposed,
  seen: Seen,
  verdict: Extract<Verdict, { kind: 'apply' }>,
): Promise<void> {
  let expected: OnDisk = seen.at;
  if (seen.sameFile && file.from !== null && verdict.write !== null) {
    await renameCase(root, file.from, file.path);
    expected = seen.from!;
  }
  if (verdict.write !== null) await putVersion(root, file.path, verdict.write, expected);
  if (verdict.setExecutable !== null) await setExecutable(root, file.path, verdict.setExecutable);
  if (verdict.remove === 'path') await removeVersion(root, file.path, seen.at);
  if (verdict.remove === 'from') await removeVersion(root, file.from!, seen.from!);
}

function hashAfter(file: Proposed, seen: Seen, verdict: Extract<Verdict, { kind: 'apply' }>): string | null {
  if (file.proposal === null) return null;
  const now = verdict.write ?? (isVersion(seen.at) ? seen.at : null);
  return now === null ? null : sha256(now.bytes);
}

/** Removals first, deepest first: a folder must be empty before a file takes its name, and the reverse. */
function inOrder(files: readonly ChangedFile[]): ChangedFile[] {
  const depth = (file: ChangedFile) => file.path.split('/').length;
  const removals = files.filter((file) => file.proposal === null).sort((a, b) => depth(b) - depth(a));
  return [...removals, ...files.filter((file) => file.proposal !== null)];
}

const refused = (path: string, why: Problem): FileResult => ({
  path,
  result: 'refused',
  problem: why,
  written: null,
});
