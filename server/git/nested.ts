import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Folders of dependencies: huge, ignored, never opened by git, and brought in from the user's tree. */
export const dependencyFolders: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  '.venv',
  'venv',
  'vendor',
  'deps',
  '.yarn',
  'Pods',
]);

/**
 * The first `.git` below `top` other than its own, relative with slashes, or null. Plain reading: no
 * git has been near the folder when this answers. Dependency folders are left out here because they
 * are too large to walk each time; where they are not ignored, git lists what is nested in them.
 */
export async function findNestedGit(top: string): Promise<string | null> {
  let level = [''];
  while (level.length > 0) {
    const found = await Promise.all(level.map((folder) => lookInto(top, folder)));
    const git = found.find((item) => item.git !== null)?.git;
    if (git) return git;
    level = found.flatMap((item) => item.folders);
  }
  return null;
}

async function lookInto(top: string, folder: string): Promise<{ git: string | null; folders: string[] }> {
  const folders: string[] = [];
  for (const entry of await readdir(path.join(top, folder), { withFileTypes: true }).catch(() => [])) {
    const at = folder === '' ? entry.name : `${folder}/${entry.name}`;
    // Case folds because some file systems open `.GIT` for `.git`.
    if (entry.name.toLowerCase() === '.git') {
      if (folder !== '' || entry.name !== '.git') return { git: at, folders: [] };
    } else if (entry.isDirectory() && !dependencyFolders.has(entry.name)) folders.push(at);
  }
  return { git: null, folders };
}
