import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { PlanningFiles } from '../../server/planning';

/** A folder of the private collection of real trees, undefined where it is not at hand. */
export function corpusFolder(name: string): string | undefined {
  const corpus = process.env['SYMPHONY_CORPUS'];
  const folder = corpus === undefined ? undefined : path.join(corpus, name);
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

/** The planning tree of a project on disk. */
export function filesOf(project: string): PlanningFiles {
  return {
    list: () =>
      Promise.resolve(filesBelow(path.join(project, '.planning')).map((file) => `.planning/${file}`)),
    read: (file) => Promise.resolve(new Uint8Array(readFileSync(path.join(project, file)))),
  };
}

/** Regular files below a folder, with `/` between the parts, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}
