import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The folders git needs to read for a linked worktree: its own git folder, the repository's and those
 * objects are borrowed from. Empty unless the worktree's `.git` file and the repository name each other:
 * a `.git` file an agent wrote cannot make some other folder visible.
 */
export async function gitFolders(worktree: string): Promise<string[]> {
  try {
    const dotGit = path.join(worktree, '.git');
    if (!(await stat(dotGit)).isFile()) return [];
    const named = /^gitdir: (.+)$/m.exec(await readFile(dotGit, 'utf8'))?.[1];
    if (named === undefined) return [];
    const own = await realpath(path.resolve(worktree, named));
    const back = (await readFile(path.join(own, 'gitdir'), 'utf8')).trim();
    if ((await realpath(back)) !== (await realpath(dotGit))) return [];
    const common = await realpath(
      path.resolve(own, (await readFile(path.join(own, 'commondir'), 'utf8')).trim()),
    );
    const borrowed = await readFile(path.join(common, 'objects/info/alternates'), 'utf8').catch(() => '');
    const alternates = borrowed
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => path.resolve(common, 'objects', line));
    return [own, common, ...alternates];
  } catch {
    return [];
  }
}
