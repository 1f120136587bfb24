import { constants, type Stats } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../../base';
import { isCode } from '../../base/node';

/** A path below the worktree after every component was looked at. */
export interface Inside {
  /** As the agent spells it, normalised: forward slashes, no `.` parts; '' is the worktree itself. */
  readonly relative: string;
  /** Where it is, with every link on the way resolved. */
  readonly absolute: string;
  /** The same below the worktree, with forward slashes: one name per file. */
  readonly place: string;
  /** What is there; undefined when nothing is. */
  readonly stats: Stats | undefined;
}

/** Links followed on the way to one file before it counts as a loop. */
const maxLinks = 16;

/**
 * Finds `name` below `worktree`. Throws `agent.outside` for absolute paths, `..`, NUL, backslashes,
 * drives, over-long names and every spelling of `.git`; throws `agent.link` where a link leads out of
 * the worktree, into `.git` or round in circles. Links that stay inside are resolved.
 */
export async function resolveInside(worktree: string, name: string): Promise<Inside> {
  const root = await realpath(worktree);
  const wanted = partsOf(name);
  let pending = [...wanted];
  let at: string[] = [];
  let links = 0;
  let stats: Stats | undefined = await lstat(root);
  while (pending.length > 0) {
    const next = pending.shift()!;
    const absolute = path.join(root, ...at, next);
    stats = await lstatIfThere(absolute);
    if (stats?.isSymbolicLink()) {
      if (++links > maxLinks) throw problem('agent.link', { path: shown(name) });
      const target = path.resolve(path.dirname(absolute), await readlink(absolute));
      const below = path.relative(root, target);
      if (below === '..' || below.startsWith(`..${path.sep}`) || path.isAbsolute(below))
        throw problem('agent.link', { path: shown(name) });
      // A link may not lead where a plain path may not: its target is judged like one, from the top.
      const parts = below === '' ? [] : below.split(path.sep);
      if (parts.some(isGitName)) throw problem('agent.link', { path: shown(name) });
      pending = [...parts, ...pending];
      at = [];
      continue;
    }
    at.push(next);
    if (stats === undefined) {
      at.push(...pending);
      break;
    }
    if (pending.length > 0 && !stats.isDirectory()) {
      stats = undefined;
      at.push(...pending);
      break;
    }
  }
  return { relative: wanted.join('/'), absolute: path.join(root, ...at), place: at.join('/'), stats };
}

/**
 * Opens a regular file for reading so that what was judged is what is read: without following a link at
 * the end, without waiting for a pipe, and only if device and inode are the ones seen before and the
 * folder still is where it was. Throws `agent.link` otherwise; undefined when it is not a regular file.
 */
export async function openInside(worktree: string, found: Inside): Promise<FileHandle | undefined> {
  if (!found.stats?.isFile()) return undefined;
  let handle: FileHandle;
  try {
    handle = await open(found.absolute, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    if (isCode(thrown, 'ELOOP')) throw problem('agent.link', { path: found.relative });
    throw thrown;
  }
  try {
    const opened = await handle.stat();
    const same = opened.dev === found.stats.dev && opened.ino === found.stats.ino && opened.isFile();
    if (!same || !(await stillInside(worktree, found))) throw problem('agent.link', { path: found.relative });
    return handle;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** Whether the folder of `found` resolves to itself, that is, no link was put on the way meanwhile. */
export async function stillInside(worktree: string, found: Inside): Promise<boolean> {
  const root = await realpath(worktree);
  if (found.absolute === root) return true;
  const folder = path.dirname(found.absolute);
  const real = await realpath(folder).catch(() => undefined);
  return real === folder && (folder === root || folder.startsWith(root + path.sep));
}

/** Whether a name means `.git` on some file system: case, Unicode forms, 8.3, streams, trailing dots. */
export function isGitName(name: string): boolean {
  const plain = name
    .normalize('NFKC')
    // Characters file systems ignore: format controls (zero width, bidi, soft hyphen, byte order mark).
    .replace(/\p{Cf}/gu, '')
    .replace(/ı/g, 'i')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '');
  return plain === '.git' || /^git~\d+$/.test(plain);
}

const noFollow = constants.O_NOFOLLOW ?? 0;

/** The components of a path an agent gave, or `agent.outside`. */
function partsOf(name: string): string[] {
  const refuse = () => problem('agent.outside', { path: shown(name) });
  if (name.length > 4096 || /[\0\\]/.test(name) || name.startsWith('/') || /^[A-Za-z]:/.test(name))
    throw refuse();
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  for (const part of parts) {
    if (part === '..' || isGitName(part) || Buffer.byteLength(part) > 255) throw refuse();
    // Control and direction-changing characters make a path look like another one.
    if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(part)) throw refuse();
    if (process.platform === 'win32' && isWindowsSpecial(part)) throw refuse();
  }
  return parts;
}

/** Names that mean a device, a stream or another file on Windows alone. */
export function isWindowsSpecial(part: string): boolean {
  return /[:<>"|?*]/.test(part) || /[. ]$/.test(part) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part);
}

/** A path as it may appear in a message: short, on one line. */
const shown = (name: string): string =>
  JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name).slice(1, -1);

async function lstatIfThere(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return undefined;
    throw thrown;
  }
}
