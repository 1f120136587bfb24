import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../base';
import { isCode, sha256 } from '../base/node';

/** A file of a planning tree that is about to be edited. */
export interface Target {
  /** Absolute; its folder is real. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes in hex. */
  readonly hash: string;
  /** Permission bits. */
  readonly mode: number;
}

/** More than any planning file seen; an edit of a larger one is refused. */
const mostBytes = 8 * 1024 * 1024;

/**
 * Reads the file `name` (`.planning/…`, forward slashes) of the project at `root`. Throws `planning.link`
 * where a link is in the way, and `planning.unreadable`.
 */
export async function readTarget(root: string, name: string): Promise<Target> {
  const unreadable = (detail: string, cause?: unknown) =>
    problem('planning.unreadable', { file: name, detail }, cause);
  const file = path.join(await realFolder(root, name), name.slice(name.lastIndexOf('/') + 1));
  try {
    // Not following a link in the last place, and not blocking on a pipe of that name.
    const handle = await open(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw unreadable('it is no file');
      if (found.size > mostBytes) throw unreadable(`it is larger than ${mostBytes} bytes`);
      // Without O_NOFOLLOW the link itself has to be looked at.
      if ((await lstat(file)).isSymbolicLink()) throw problem('planning.link', { file: name });
      const bytes = await handle.readFile();
      return { file, bytes, hash: sha256(bytes), mode: found.mode & 0o7777 };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (isCode(thrown, 'ELOOP')) throw problem('planning.link', { file: name }, thrown);
    if (isCode(thrown, 'ENOENT')) throw unreadable('there is no such file', thrown);
    throw thrown instanceof Error && 'code' in thrown ? unreadable(thrown.message, thrown) : thrown;
  }
}

/** The folder of a file, which must be the one its name says: no part of it may be a link. */
async function realFolder(root: string, name: string): Promise<string> {
  const parts = name.split('/');
  if (parts[0] !== '.planning' || parts.length < 2 || parts.some((part) => ['', '.', '..'].includes(part)))
    throw problem('planning.unreadable', { file: name, detail: 'it is not below .planning' });
  const folder = path.join(root, ...parts.slice(0, -1));
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined)
    throw problem('planning.unreadable', { file: name, detail: 'there is no such folder' });
  if (real !== folder) throw problem('planning.link', { file: name });
  return real;
}
