import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readdir, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from './places';

/** Unix socket paths longer than this do not fit sockaddr_un (104 bytes on macOS, 108 on Linux, with the final NUL). */
export const maxSocketBytes = 103;

export interface SocketPlace {
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
  readonly workspace: string;
  /** The workspace's data folder. */
  readonly folder: string;
  /** The folder for temporary files, used when every other path is too long. */
  readonly temporary: string;
}

/**
 * A fresh address to listen on. Its folder is entered by the owner alone and its last part is random,
 * so that nobody can be there first: the runtime folder, else the data folder, else a private
 * temporary folder; on Windows a pipe with an unguessable name.
 */
export async function socketPath(place: SocketPlace): Promise<string> {
  const name = `${prefixOf(place.workspace)}${randomBytes(4).toString('hex')}.sock`;
  if (place.platform === 'win32') return `\\\\.\\pipe\\symphony-${randomBytes(16).toString('hex')}`;
  for (const folder of candidates(place)) {
    const candidate = path.join(folder, name);
    if (Buffer.byteLength(candidate) <= maxSocketBytes && (await isPrivate(folder))) return candidate;
  }
  const folder = await mkdtemp(path.join(place.temporary, temporaryPrefix(place.workspace)));
  await chmod(folder, 0o700);
  return path.join(folder, 's');
}

/**
 * Removes the sockets that killed sidecars of this workspace left behind. Only the owner of the
 * workspace's lock may call it: then none of them can have a living owner. Answers what it removed.
 */
export async function sweepSockets(place: SocketPlace): Promise<readonly string[]> {
  if (place.platform === 'win32') return [];
  const removed: string[] = [];
  for (const folder of candidates(place)) {
    for (const name of await names(folder)) {
      const file = path.join(folder, name);
      if (
        name.startsWith(prefixOf(place.workspace)) &&
        name.endsWith('.sock') &&
        (await isOurs(file, 'socket'))
      )
        await unlink(file).then(
          () => removed.push(file),
          () => undefined,
        );
    }
  }
  for (const name of await names(place.temporary)) {
    const folder = path.join(place.temporary, name);
    if (!name.startsWith(temporaryPrefix(place.workspace)) || !(await isOurs(folder, 'folder'))) continue;
    await removeSocket(path.join(folder, 's'));
    removed.push(folder);
  }
  return removed;
}

/** Removes a socket file, and its folder where that was made for it alone; one that is gone is fine. */
export async function removeSocket(address: string): Promise<void> {
  if (address.startsWith('\\\\.\\pipe\\')) return;
  if (await isOurs(address, 'socket')) await unlink(address).catch(() => undefined);
  if (path.basename(address) === 's') await rmdir(path.dirname(address)).catch(() => undefined);
}

function candidates(place: SocketPlace): string[] {
  const runtime = place.env.XDG_RUNTIME_DIR;
  const shared = runtime !== undefined && path.isAbsolute(runtime) ? [path.join(runtime, 'symphony')] : [];
  return [...shared, place.folder];
}

/** Twelve characters tell workspaces apart well enough and keep the path short. */
const prefixOf = (workspace: string): string => `${workspace.slice(-12)}-`;
const temporaryPrefix = (workspace: string): string => `symphony-${workspace.slice(-12)}-`;

/** Creates the folder if need be; false when it cannot be made or others could enter it. */
async function isPrivate(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const state = await lstat(folder);
    return state.isDirectory() && state.uid === process.getuid?.() && (state.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

async function isOurs(file: string, kind: 'socket' | 'folder'): Promise<boolean> {
  try {
    const state = await lstat(file);
    return state.uid === process.getuid?.() && (kind === 'socket' ? state.isSocket() : state.isDirectory());
  } catch {
    return false;
  }
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
