import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { storageFailure } from './failures';

export interface Lock {
  /** Lets another process take the lock. The end of the process does the same. */
  release(): void;
}

export type LockAttempt =
  | { readonly taken: true; readonly lock: Lock }
  /** `pid` is what the holder wrote about itself; undefined when it has not done so yet. */
  | { readonly taken: false; readonly pid: number | undefined };

/**
 * Takes the exclusive ownership that `file` stands for, or says who has it. The lock is an exclusive
 * transaction of SQLite held open: the operating system drops it with the process however that dies, so
 * there are no stale locks and nobody guesses from process ids. The pid beside it (`file.owner`) is for
 * messages alone. Nothing else may open `file` in this process: POSIX drops all of a process's locks on a
 * file when any of its descriptors is closed. Throws `data.*`.
 */
export function takeLock(file: string): LockAttempt {
  const owner = `${file}.owner`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (thrown) {
    database?.close();
    if (isBusy(thrown)) return { taken: false, pid: pidIn(owner) };
    throw storageFailure(thrown, file, (kept) => kept);
  }
  const held = database;
  writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 });
  let released = false;
  return {
    taken: true,
    lock: {
      release() {
        if (released) return;
        released = true;
        rmSync(owner, { force: true });
        held.close();
      },
    },
  };
}

const isBusy = (thrown: unknown): boolean =>
  thrown instanceof Error && ((thrown as { errcode?: number }).errcode ?? 0) % 256 === 5;

function pidIn(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
