import { readFile, readdir, realpath, unlink } from 'node:fs/promises';
import path from 'node:path';
import { problem, ProblemError, timeOrderedIds } from '../base';
import type { Clock, Context, Log, Random } from '../base';
import { sha256, writeFileAtomic } from '../base/node';
import { decodeText, invertSplices, spliceBytes, type Splice } from '../planning';
import { holdLock, stateLock, treeLock, type HeldLock, type LockKind } from './planningLocks';
import { readTarget, type Target } from './planningTarget';
import { UndoJournal, type EditIntent, type JournaledEdit } from './undoJournal';

export interface PlanningWriterOptions {
  /** The project: the folder that holds `.planning`. */
  readonly root: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where the edits are journaled; outside the project, created when missing. */
  readonly undoFolder: string;
}

export interface EditReason {
  /** What the edit is for, in words. */
  readonly text: string;
  /** Whether a person vouched for it, without stored evidence. */
  readonly byHand?: boolean;
}

export interface Edited {
  /** Null where the file said so already and nothing was written. */
  readonly id: string | null;
  readonly path: string;
  /** SHA-256 of the file before and after, in hex. */
  readonly before: string;
  readonly after: string;
}

export interface PastEdit extends Pick<
  EditIntent,
  'id' | 'at' | 'path' | 'reason' | 'byHand' | 'before' | 'after' | 'undoes'
> {
  /** `interrupted` edits never reached the file. */
  readonly state: 'applied' | 'undone' | 'interrupted';
}

export interface PlanningWriter {
  /**
   * Applies splices to a file of which `expectedHash` was read. Throws `planning.changedMeanwhile`,
   * `planning.locked`, `planning.link`, `planning.unreadable` and `planning.writeFailed`; the file is then
   * as it was.
   */
  edit(
    ctx: Context,
    path: string,
    expectedHash: string,
    splices: readonly Splice[],
    reason: EditReason,
  ): Promise<Edited>;
  /** Takes an edit back, to the very bytes before it, if the file still holds what the edit left. */
  undo(ctx: Context, id: string): Promise<Edited>;
  /** The newest first. */
  history(): Promise<readonly PastEdit[]>;
  /** Whether `hash` is what this writer left in the file, so that a watcher need not tell it what it knows. */
  isOwnWrite(path: string, hash: string): boolean;
}

/** What waits for its turn, by the real path of the tree: one edit at a time in this process. */
const turns = new Map<string, Promise<unknown>>();

/**
 * The only way in which Symphony changes planning files. Edits are queued, take gsd-core's locks, are
 * journaled with what takes them back, and replace a file as a whole and only if it still holds the bytes
 * the edit was made for.
 */
export async function openPlanningWriter(options: PlanningWriterOptions): Promise<PlanningWriter> {
  const root = await realpath(options.root);
  return new Writer({ ...options, root });
}

interface Change {
  readonly path: string;
  readonly expected: string;
  readonly splices: readonly Splice[];
  readonly reason: EditReason;
  readonly undoes: JournaledEdit | null;
}

class Writer implements PlanningWriter {
  private readonly journal: UndoJournal;
  private readonly own = new Map<string, string>();
  private readonly ids;

  constructor(private readonly options: PlanningWriterOptions) {
    this.journal = new UndoJournal(options.undoFolder);
    this.ids = timeOrderedIds(options.clock, options.random);
  }

  edit(ctx: Context, file: string, expected: string, splices: readonly Splice[], reason: EditReason) {
    return this.locked(ctx, file, () => this.apply({ path: file, expected, splices, reason, undoes: null }));
  }

  async undo(ctx: Context, id: string): Promise<Edited> {
    const known = (await this.journal.read()).find((edit) => edit.id === id);
    if (!known) throw problem('planning.undoUnknown', { edit: id });
    return this.locked(ctx, known.path, async () => {
      const past = pastEdits(await this.journal.read());
      const edit = past.find((one) => one.id === id);
      if (edit?.state !== 'applied') throw problem('planning.undoUnknown', { edit: id });
      return this.apply({
        path: known.path,
        expected: known.after,
        splices: known.inverse,
        reason: { text: `take back: ${known.reason}` },
        undoes: known,
      });
    });
  }

  async history(): Promise<readonly PastEdit[]> {
    const edits = await this.journal.read();
    const settled = await Promise.all(
      edits.map(async (edit) => ({ ...edit, outcome: edit.outcome ?? (await this.outcomeOf(edit)) })),
    );
    return pastEdits(settled).reverse();
  }

  isOwnWrite(file: string, hash: string): boolean {
    const isOwn = this.own.get(file) === hash;
    // Somebody else wrote: should the file come back to our bytes later, that is news.
    if (!isOwn) this.own.delete(file);
    return isOwn;
  }

  private async apply(change: Change): Promise<Edited> {
    const target = await readTarget(this.options.root, change.path);
    const changed = () => problem('planning.changedMeanwhile', { file: change.path });
    if (target.hash !== change.expected) throw changed();
    const bytes = spliceBytes(target.bytes, change.splices);
    const edit = this.intent(change, target, bytes);
    if (edit.after === edit.before)
      return { id: null, path: edit.path, before: edit.before, after: edit.after };
    await this.journal.append(edit);
    this.options.log.debug('an edit is journaled', { edit: edit.id, file: edit.path });
    const previous = this.own.get(edit.path);
    this.own.set(edit.path, edit.after);
    try {
      const beforeRename = async () => {
        const now = await readTarget(this.options.root, change.path);
        if (now.hash !== target.hash) throw changed();
      };
      await writeFileAtomic(target.file, bytes, { mode: target.mode, beforeRename });
    } catch (thrown) {
      if (previous === undefined) this.own.delete(edit.path);
      else this.own.set(edit.path, previous);
      await this.journal.append({ type: 'dropped', id: edit.id }).catch(() => undefined);
      throw asProblem(thrown, edit.path);
    }
    // The file says as much, should this line not come to be written.
    await this.journal.append({ type: 'done', id: edit.id }).catch((thrown: unknown) => {
      this.options.log.warn('an edit was made and not ticked off', { edit: edit.id, reason: String(thrown) });
    });
    return { id: edit.id, path: edit.path, before: edit.before, after: edit.after };
  }

  /** The journal's record of a change, after proving that its inverse gives back the bytes before. */
  private intent(change: Change, target: Target, bytes: Uint8Array): EditIntent {
    const inverse = invertSplices(decodeText(target.bytes), change.splices);
    const after = sha256(bytes);
    const isProved =
      sha256(spliceBytes(bytes, inverse)) === target.hash &&
      (change.undoes === null || after === change.undoes.before);
    if (!isProved) throw problem('planning.notLossless', { file: change.path });
    return {
      type: 'edit',
      id: this.ids.next('edit'),
      at: this.options.clock.now(),
      path: change.path,
      reason: change.reason.text,
      byHand: change.reason.byHand ?? false,
      before: target.hash,
      after,
      splices: [...change.splices],
      inverse,
      undoes: change.undoes?.id ?? null,
    };
  }

  /** Runs `work` in its turn, with the locks of the file held and earlier crashes tidied up. */
  private locked<T>(ctx: Context, file: string, work: () => Promise<T>): Promise<T> {
    const { root } = this.options;
    const turn = (turns.get(root) ?? Promise.resolve()).then(async () => {
      ctx.signal.throwIfAborted();
      const held: HeldLock[] = [];
      try {
        // What cannot be edited at all is told without waiting for a lock.
        await readTarget(root, file);
        for (const [name, kind] of locksOf(file)) held.push(await this.hold(ctx, name, kind));
        await this.settle();
        return await work();
      } finally {
        for (const lock of held.reverse()) await lock.release();
      }
    });
    const ended = turn.then(
      () => undefined,
      () => undefined,
    );
    turns.set(root, ended);
    void ended.then(() => turns.get(root) === ended && turns.delete(root));
    return turn;
  }

  private async hold(ctx: Context, name: string, kind: LockKind): Promise<HeldLock> {
    const { root, clock, random } = this.options;
    try {
      return await holdLock(ctx, { file: path.join(root, name), name, kind, root, clock, random });
    } catch (thrown) {
      throw asProblem(thrown, name);
    }
  }

  /** Says of edits whose process ended what became of them, and removes the copies it was writing. */
  private async settle(): Promise<void> {
    for (const edit of await this.journal.read()) {
      if (edit.outcome !== undefined) continue;
      const outcome = await this.outcomeOf(edit);
      if (outcome === 'dropped') await this.removeCopies(edit);
      await this.journal.append({ type: outcome, id: edit.id });
      this.options.log.info('an interrupted edit was settled', { edit: edit.id, outcome });
    }
  }

  private async outcomeOf(edit: EditIntent): Promise<'done' | 'dropped'> {
    const target = await readTarget(this.options.root, edit.path).catch(() => undefined);
    return target?.hash === edit.after ? 'done' : 'dropped';
  }

  /** Only what begins the very bytes the edit would have left is taken for its copy. */
  private async removeCopies(edit: EditIntent): Promise<void> {
    const target = await readTarget(this.options.root, edit.path).catch(() => undefined);
    if (target?.hash !== edit.before) return;
    const whole = Buffer.from(spliceBytes(target.bytes, edit.splices));
    const folder = path.dirname(target.file);
    const prefix = `.${path.basename(target.file)}.`;
    for (const name of await readdir(folder)) {
      if (!name.startsWith(prefix) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length))) continue;
      const bytes = await readFile(path.join(folder, name)).catch(() => undefined);
      if (bytes && whole.subarray(0, bytes.length).equals(bytes)) await unlink(path.join(folder, name));
    }
  }
}

/**
 * The locks of a file in the order they are taken. The project's own lock comes first, also for
 * workstreams, which have one each: it guards the journal of edits.
 */
function locksOf(file: string): (readonly [string, LockKind])[] {
  const workstream = /^(\.planning\/workstreams\/[^/]+)\/./.exec(file)?.[1];
  const locks: (readonly [string, LockKind])[] = [['.planning/.lock', treeLock]];
  if (workstream !== undefined) locks.push([`${workstream}/.lock`, treeLock]);
  if (file.endsWith('/STATE.md')) locks.push([`${file}.lock`, stateLock]);
  return locks;
}

/** The states of edits, the oldest first. Taking back an undo makes what it took back count again. */
function pastEdits(edits: readonly JournaledEdit[]): PastEdit[] {
  const undone = new Set<string>();
  const undoes = new Map(edits.map((edit) => [edit.id, edit.undoes]));
  for (const edit of edits) {
    if (edit.outcome === 'dropped' || edit.undoes === null) continue;
    undone.add(edit.undoes);
    const original = undoes.get(edit.undoes) ?? null;
    if (original !== null) undone.delete(original);
  }
  return edits.map(({ id, at, path: file, reason, byHand, before, after, undoes: of, outcome }) => {
    const state = outcome === 'dropped' ? 'interrupted' : undone.has(id) ? 'undone' : 'applied';
    return { id, at, path: file, reason, byHand, before, after, undoes: of, state };
  });
}

function asProblem(thrown: unknown, file: string): unknown {
  if (thrown instanceof ProblemError || !(thrown instanceof Error) || !('code' in thrown)) return thrown;
  if (thrown.name === 'AbortError') return thrown;
  return problem('planning.writeFailed', { file, detail: thrown.message }, thrown);
}
