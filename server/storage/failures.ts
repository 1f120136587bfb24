import path from 'node:path';
import { problem, ProblemError } from '../base';
import { nodeJournalFiles, type JournalFiles } from './journalFiles';

type Meaning = 'diskFull' | 'readOnly' | 'failing' | 'busy' | 'corrupt';

/** What SQLite's primary result codes mean to a person; see https://sqlite.org/rescode.html. */
const meanings: ReadonlyMap<number, Meaning> = new Map([
  [3, 'readOnly'], // SQLITE_PERM
  [5, 'busy'], // SQLITE_BUSY
  [8, 'readOnly'], // SQLITE_READONLY
  [10, 'failing'], // SQLITE_IOERR
  [11, 'corrupt'], // SQLITE_CORRUPT
  [13, 'diskFull'], // SQLITE_FULL
  [14, 'readOnly'], // SQLITE_CANTOPEN
  [26, 'corrupt'], // SQLITE_NOTADB
]);

const systemMeanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: 'diskFull',
  EDQUOT: 'diskFull',
  EACCES: 'readOnly',
  EPERM: 'readOnly',
  EROFS: 'readOnly',
  EIO: 'failing',
  // A file stands where the folder should be.
  ENOTDIR: 'readOnly',
  EEXIST: 'readOnly',
};

/**
 * What was thrown while `file` was read or written, as a problem a person can act on; what is unknown
 * stays what it was. Damage is reported with a copy of the file kept by `keepCopy`.
 */
export function storageFailure(thrown: unknown, file: string, keepCopy: (file: string) => string): unknown {
  if (thrown instanceof ProblemError || !(thrown instanceof Error)) return thrown;
  const { errcode, code } = thrown as { errcode?: unknown; code?: unknown };
  const meaning =
    typeof errcode === 'number'
      ? meanings.get(errcode & 0xff)
      : typeof code === 'string'
        ? systemMeanings[code]
        : undefined;
  switch (meaning) {
    case 'diskFull':
      return problem('data.diskFull', { path: file }, thrown);
    case 'readOnly':
      return problem('data.readOnly', { path: file }, thrown);
    case 'failing':
      return problem('data.failing', { path: file, detail: thrown.message }, thrown);
    case 'busy':
      return problem('data.busy', { path: file }, thrown);
    case 'corrupt':
      return damaged(file, thrown.message, keepCopy, thrown);
    case undefined:
      return thrown;
  }
}

/** The problem of a damaged file, with a copy kept; the file itself stays where it is. */
export function damaged(
  file: string,
  detail: string,
  keepCopy: (file: string) => string,
  cause?: unknown,
): ProblemError {
  return problem('data.corrupt', { path: file, detail, backup: keepCopy(file) }, cause);
}

/**
 * Copies a damaged file, and what SQLite keeps beside it, to the first free `name.damaged-N`, unless the
 * same bytes were kept before: a sidecar that is started again and again must not fill the disk. Returns
 * the copy's path, or the file's own when it cannot be copied (it is not touched either way).
 */
export function keepDamaged(file: string, files: JournalFiles = nodeJournalFiles): string {
  const isThere = (name: string): boolean => files.size(name) !== undefined;
  const isSame = (one: string, other: string): boolean =>
    isThere(one) ? isThere(other) && files.sameBytes(one, other) : !isThere(other);
  try {
    let number = 1;
    while (isThere(`${file}.damaged-${number}`)) {
      const kept = `${file}.damaged-${number}`;
      if (isSame(file, kept) && isSame(`${file}-wal`, `${kept}-wal`)) return kept;
      number++;
    }
    const backup = `${file}.damaged-${number}`;
    for (const suffix of ['', '-wal', '-shm'])
      if (isThere(file + suffix)) files.copy(file + suffix, backup + suffix);
    return backup;
  } catch {
    return path.resolve(file);
  }
}
