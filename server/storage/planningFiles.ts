import { constants } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../base';
import { isCode } from '../base/node';
import type { PlanningFiles } from '../planning/types';

/** More than any planning tree seen needs; what lies beyond is not listed. */
const maxFiles = 20_000;
const maxDepth = 16;
const maxBytes = 8 * 1024 * 1024;

/**
 * The planning files of a project as they lie on the disk. Links are not listed, and nothing outside the
 * real `.planning` of `root` is read, whatever links lead there. Throws `planning.unreadable`.
 */
export function planningFiles(root: string): PlanningFiles {
  const base = path.join(root, '.planning');

  return {
    async list() {
      const found: string[] = [];
      if ((await realBase()) === undefined) return found;
      const folders = [{ folder: base, name: '.planning', depth: 0 }];
      for (let next = folders.pop(); next; next = folders.pop()) {
        const { folder, name, depth } = next;
        for (const entry of await entriesOf(folder, name)) {
          const below = { folder: path.join(folder, entry.name), name: `${name}/${entry.name}` };
          if (entry.isDirectory() && depth < maxDepth) folders.push({ ...below, depth: depth + 1 });
          else if (entry.isFile() && found.length < maxFiles) found.push(below.name);
        }
      }
      return found.sort();
    },
    async read(name) {
      const parts = name.split('/');
      if (parts[0] !== '.planning' || parts.includes('..') || parts.includes('')) return undefined;
      const inside = await realBase();
      const folder = await realOrUndefined(path.join(root, ...parts.slice(0, -1)));
      if (inside === undefined || folder === undefined || !isWithin(inside, folder)) return undefined;
      return readRegular(path.join(folder, parts.at(-1)!), name);
    },
  };

  /** The real path of `.planning`; undefined when there is none, or it is a link that leads elsewhere. */
  async function realBase(): Promise<string | undefined> {
    const [real, project] = [await realOrUndefined(base), await realOrUndefined(root)];
    return real !== undefined && project !== undefined && isWithin(project, real) ? real : undefined;
  }
}

async function entriesOf(folder: string, name: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return [];
    throw unreadable(name, thrown);
  }
}

async function readRegular(file: string, name: string): Promise<Uint8Array | undefined> {
  try {
    // Not following a link in the last place, and not blocking on a pipe of that name.
    const handle = await open(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return undefined;
      if (stat.size > maxBytes)
        throw problem('planning.unreadable', { file: name, detail: `it is larger than ${maxBytes} bytes` });
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO'].some((code) => isCode(thrown, code)))
      return undefined;
    throw thrown instanceof Error && 'code' in thrown ? unreadable(name, thrown) : thrown;
  }
}

const unreadable = (name: string, thrown: unknown) =>
  problem(
    'planning.unreadable',
    { file: name, detail: thrown instanceof Error ? thrown.message : String(thrown) },
    thrown,
  );

const realOrUndefined = (file: string): Promise<string | undefined> => realpath(file).catch(() => undefined);

const isWithin = (folder: string, file: string): boolean => {
  const relative = path.relative(folder, file);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
};
