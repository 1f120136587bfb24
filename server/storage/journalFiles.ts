import {
  chmodSync,
  closeSync,
  copyFileSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { isCode, syncFolder } from '../base/node';

/**
 * What a journal does with files besides what its database does itself; a simulated disk can take its
 * place. Everything but `syncFolder` happens at once and throws system errors with their `code`.
 */
export interface JournalFiles {
  /** Bytes of a file; undefined where there is none. */
  size(file: string): number | undefined;
  /** Removes a file; one that is not there is removed already. */
  remove(file: string): void;
  /** Gives a file another name, in place of what had that name. */
  rename(from: string, to: string): void;
  /** Copies a file's bytes to another file, in place of what that held. */
  copy(from: string, to: string): void;
  /** Whether two files that are there hold the same bytes. */
  sameBytes(one: string, other: string): boolean;
  /** Makes a file readable by its owner alone. */
  protect(file: string): void;
  /** Opens a small file that is overwritten in place, creating it empty. */
  openSmall(file: string): SmallFile;
  /** Makes renames and removals in a folder durable. */
  syncFolder(folder: string): Promise<void>;
}

/** What is written is seen by every later reader while the computer runs; power loss may undo it. */
export interface SmallFile {
  /** Its first bytes, at most `most`. */
  read(most: number): Uint8Array;
  /** Overwrites its beginning. */
  write(bytes: Uint8Array): void;
  close(): void;
}

/** The real files of this computer. */
export const nodeJournalFiles: JournalFiles = {
  size(file) {
    try {
      return statSync(file).size;
    } catch (thrown) {
      if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return undefined;
      throw thrown;
    }
  },
  remove: (file) => rmSync(file, { force: true }),
  rename: renameSync,
  copy: (from, to) => copyFileSync(from, to),
  sameBytes,
  protect(file) {
    if (process.platform !== 'win32') chmodSync(file, 0o600);
  },
  openSmall(file) {
    const handle = opened(file);
    return {
      read(most) {
        const bytes = Buffer.alloc(most);
        return bytes.subarray(0, readSync(handle, bytes, 0, most, 0));
      },
      write: (bytes) => void writeSync(handle, bytes, 0, bytes.length, 0),
      close: () => closeSync(handle),
    };
  },
  syncFolder,
};

function opened(file: string): number {
  try {
    return openSync(file, 'r+');
  } catch (thrown) {
    if (!isCode(thrown, 'ENOENT')) throw thrown;
    return openSync(file, 'wx+', 0o600);
  }
}

/** Compared piece by piece: a journal may be larger than memory should be. */
function sameBytes(one: string, other: string): boolean {
  if (statSync(one).size !== statSync(other).size) return false;
  const handles = [one, other].map((file) => openSync(file, 'r'));
  try {
    const [mine, theirs] = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)];
    for (let at = 0; ;) {
      const count = readSync(handles[0]!, mine, 0, mine.length, at);
      const same = readSync(handles[1]!, theirs, 0, count === 0 ? 1 : count, at) === count;
      if (!same || !mine.subarray(0, count).equals(theirs.subarray(0, count))) return false;
      if (count === 0) return true;
      at += count;
    }
  } finally {
    handles.forEach(closeSync);
  }
}
