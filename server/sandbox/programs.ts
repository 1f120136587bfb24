import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** Where the programs of commands are: what to show of the disk, and the search path inside. */
export interface Programs {
  /** Folders outside `/usr` that hold node, npm or git; shown read-only. */
  readonly folders: readonly string[];
  readonly searchPath: string;
}

const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Finds node, npm and git on the launcher's `searchPath`, wherever they are installed (also as a
 * dependency or below a version manager's folder), so that they are what commands find too. Nothing but
 * the installation's own folder is shown: never a home folder, a project or the disk's root.
 */
export function findPrograms(searchPath: string, home: string): Programs {
  const folders = new Set<string>();
  const before: string[] = [];
  for (const name of ['node', 'npm', 'git']) {
    const found = searchPath
      .split(path.delimiter)
      .filter((folder) => path.isAbsolute(folder))
      .map((folder) => path.join(folder, name))
      .find((file) => isProgram(file));
    if (found === undefined) continue;
    const real = realpathSync(found);
    if (real.startsWith('/usr/')) continue;
    const shown = installation(real);
    if (tooWide(shown, home)) continue;
    folders.add(shown);
    before.push(
      path.dirname(real),
      ...(existsSync(path.join(shown, 'bin', name)) ? [path.join(shown, 'bin')] : []),
    );
  }
  // npm's real file is lib/node_modules/npm/bin/npm-cli.js; its folder is no place to find programs in.
  const extra = [...new Set(before)].filter((folder) => !folder.includes('/npm/bin'));
  return { folders: [...folders], searchPath: [...extra, ...systemFolders].join(':') };
}

/** The prefix of an installation (`bin/`, `lib/node_modules/`), else the program's own folder. */
function installation(real: string): string {
  const npm = /^(.*)\/lib\/node_modules\/npm\/bin\/[^/]+$/.exec(real)?.[1];
  if (npm !== undefined) return npm;
  const folder = path.dirname(real);
  const prefix = path.dirname(folder);
  return path.basename(folder) === 'bin' && existsSync(path.join(prefix, 'lib', 'node_modules'))
    ? prefix
    : folder;
}

function tooWide(folder: string, home: string): boolean {
  return folder === '/' || folder === home || home.startsWith(`${folder}/`) || folder.split('/').length < 3;
}

function isProgram(file: string): boolean {
  try {
    const stats = statSync(file);
    return stats.isFile() && (stats.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}
