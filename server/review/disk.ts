import { constants } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import path from 'node:path';
import { isCode, sha256, syncFolder } from '../base/node';
import { isVersion, sameBytes, type OnDisk, type Version } from './decide';

/** The path holds something else than when it was decided on; nothing was written. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** What the disk holds at `relative` below `root` (a real path); no link is followed on the way. */
export async function lookAt(root: string, relative: string): Promise<OnDisk> {
  const names = relative.split('/');
  let at = root;
  for (const [i, name] of names.slice(0, -1).entries()) {
    at = path.join(at, name);
    const entry = await lstatIfThere(at);
    if (entry === undefined) return { kind: 'absent' };
    if (entry.isSymbolicLink()) return { kind: 'behindLink', link: names.slice(0, i + 1).join('/') };
    if (!entry.isDirectory()) return { kind: 'behindFile' };
  }
  const file = path.join(root, relative);
  const entry = await lstatIfThere(file);
  if (entry === undefined) return { kind: 'absent' };
  if (entry.isDirectory()) return { kind: 'folder', empty: await holdsNoFile(file) };
  if (entry.isSymbolicLink()) {
    return { kind: 'link', bytes: await readlink(file, { encoding: 'buffer' }), executable: false };
  }
  return entry.isFile() ? readFileHere(file) : { kind: 'other' };
}

/** Whether two looks saw the same: kind and bytes, and for files the executable bit. */
export function sameOnDisk(a: OnDisk, b: OnDisk): boolean {
  if (isVersion(a) && isVersion(b)) return sameBytes(a, b) && a.executable === b.executable;
  return a.kind === b.kind && (a.kind !== 'folder' || b.kind !== 'folder' || a.empty === b.empty);
}

/**
 * Puts `version` at `relative`, where `expected` was seen. A crash at any moment leaves the old bytes or
 * the new ones, durably. Right before the bytes appear the disk is read again: anything else than
 * `expected` throws `ChangedMeanwhile`. An existing file keeps its permission bits and owner.
 */
export async function putVersion(
  root: string,
  relative: string,
  version: Version,
  expected: OnDisk,
): Promise<void> {
  await makeParents(root, relative);
  const file = path.join(root, relative);
  const temporary = temporaryFor(root, relative);
  await unlinkIfThere(temporary);
  try {
    await writeTemporary(temporary, version, await lstatIfThere(file));
    if (!sameOnDisk(await lookAt(root, relative), expected)) throw new ChangedMeanwhile();
    if (expected.kind === 'folder') await removeEmptyFolders(file);
    if (isVersion(expected)) await rename(temporary, file);
    else await appear(temporary, file, version);
  } catch (thrown) {
    throw isCode(thrown, 'EEXIST') ? new ChangedMeanwhile() : thrown;
  } finally {
    await unlinkIfThere(temporary);
  }
  await syncFolder(path.dirname(file));
}

/** Removes the file or link at `relative`, durably, if it still is what was `expected`. */
export async function removeVersion(root: string, relative: string, expected: OnDisk): Promise<void> {
  if (!sameOnDisk(await lookAt(root, relative), expected)) throw new ChangedMeanwhile();
  const file = path.join(root, relative);
  await unlink(file);
  await syncFolder(path.dirname(file));
}

/** Gives or takes the right to execute, where there is the right to read. */
export async function setExecutable(root: string, relative: string, executable: boolean): Promise<void> {
  const handle = await open(path.join(root, relative), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { mode } = await handle.stat();
    await handle.chmod(withExecutable(mode & 0o777, executable));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Renames a file to a name that differs in case alone, on a file system where both are one file. */
export async function renameCase(root: string, from: string, to: string): Promise<void> {
  await rename(path.join(root, from), path.join(root, to));
  await syncFolder(path.dirname(path.join(root, to)));
}

/** Whether both names lead to one file although they are spelled differently. */
export async function isSameFile(root: string, a: string, b: string): Promise<boolean> {
  if (a === b || a.toLowerCase() !== b.toLowerCase()) return false;
  const [left, right] = await Promise.all([a, b].map((name) => lstatIfThere(path.join(root, name))));
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/** Removes the temporary file a killed process may have left for `relative`; its name is always the same. */
export async function removeTemporary(root: string, relative: string): Promise<void> {
  const parent = await lookAt(root, path.posix.join(path.posix.dirname(relative), 'x'));
  if (parent.kind !== 'behindLink' && parent.kind !== 'behindFile') {
    await unlinkIfThere(temporaryFor(root, relative));
  }
}

const temporaryFor = (root: string, relative: string): string =>
  path.join(root, path.dirname(relative), `.symphony-${sha256(relative).slice(0, 16)}.tmp`);

async function readFileHere(file: string): Promise<OnDisk> {
  try {
    const handle = await open(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    try {
      const entry = await handle.stat();
      if (!entry.isFile()) return { kind: 'other' };
      const executable = process.platform !== 'win32' && (entry.mode & 0o100) !== 0;
      const readOnly = (entry.mode & 0o222) === 0;
      return { kind: 'file', bytes: await handle.readFile(), executable, ...(readOnly ? { readOnly } : {}) };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    // It became a link or went away between two looks.
    if (isCode(thrown, 'ELOOP') || isCode(thrown, 'ENOENT')) throw new ChangedMeanwhile();
    throw thrown;
  }
}

async function writeTemporary(
  temporary: string,
  version: Version,
  former: Awaited<ReturnType<typeof lstatIfThere>>,
): Promise<void> {
  if (version.kind === 'link') return symlink(Buffer.from(version.bytes), temporary);
  const kept = former?.isFile() ? former : undefined;
  const mode = withExecutable((kept?.mode ?? 0o666 & ~process.umask()) & 0o777, version.executable);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(version.bytes);
    const own = await handle.stat();
    if (kept !== undefined && (kept.uid !== own.uid || kept.gid !== own.gid)) {
      await handle.chown(kept.uid, kept.gid).catch(() => undefined);
    }
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the temporary file appear under a name that must be free; EEXIST otherwise. */
async function appear(temporary: string, file: string, version: Version): Promise<void> {
  if (version.kind === 'link') return symlink(Buffer.from(version.bytes), file);
  try {
    await link(temporary, file);
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) throw thrown;
    // A file system without hard links: look once more, then rename.
    if ((await lstatIfThere(file)) !== undefined) throw new ChangedMeanwhile();
    await rename(temporary, file);
  }
}

const withExecutable = (mode: number, executable: boolean): number =>
  executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;

async function makeParents(root: string, relative: string): Promise<void> {
  let at = root;
  for (const name of relative.split('/').slice(0, -1)) {
    const parent = at;
    at = path.join(at, name);
    const entry = await lstatIfThere(at);
    if (entry === undefined) {
      await mkdir(at);
      await syncFolder(parent);
    } else if (!entry.isDirectory()) throw new ChangedMeanwhile();
  }
}

async function holdsNoFile(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !(await holdsNoFile(path.join(folder, entry.name)))) return false;
  }
  return true;
}

/** `rmdir` alone, from below: a folder that has got a file meanwhile stops it. */
async function removeEmptyFolders(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) await removeEmptyFolders(path.join(folder, name));
    await rmdir(folder);
  } catch (thrown) {
    if (isCode(thrown, 'ENOTEMPTY') || isCode(thrown, 'ENOTDIR')) throw new ChangedMeanwhile();
    throw thrown;
  }
}

const lstatIfThere = async (file: string) => {
  try {
    return await lstat(file);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return undefined;
    throw thrown;
  }
};

async function unlinkIfThere(file: string): Promise<void> {
  await unlink(file).catch((thrown: unknown) => {
    if (!isCode(thrown, 'ENOENT') && !isCode(thrown, 'ENOTDIR')) throw thrown;
  });
}
