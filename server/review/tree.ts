import { realpath } from 'node:fs/promises';
import {
  isSameFile,
  lookAt,
  putVersion,
  removeTemporary,
  removeVersion,
  renameCase,
  setExecutable,
} from './disk';
import type { UserTree } from './ports';

/** The user's tree on the disk, below `folder`. `modes` is false where there is no executable bit; default by platform. */
export async function openUserTree(
  folder: string,
  modes: boolean = process.platform !== 'win32',
): Promise<UserTree> {
  const root = await realpath(folder);
  return {
    modes,
    look: (path) => lookAt(root, path),
    isSameFile: (a, b) => isSameFile(root, a, b),
    put: (path, version, expected) => putVersion(root, path, version, expected),
    remove: (path, expected) => removeVersion(root, path, expected),
    setExecutable: (path, executable) => setExecutable(root, path, executable),
    renameCase: (from, to) => renameCase(root, from, to),
    tidy: (path) => removeTemporary(root, path),
  };
}
