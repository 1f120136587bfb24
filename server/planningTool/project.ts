import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { problem } from '../base';

/** The real path of the project that `given` means: a project or its `.planning`. Throws `planning.none`. */
export async function projectOf(given: string): Promise<string> {
  const absolute = path.resolve(given);
  const real = await realpath(absolute).catch(() => absolute);
  const project = path.basename(absolute) === '.planning' ? path.dirname(absolute) : real;
  const isThere = await stat(path.join(project, '.planning')).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) throw problem('planning.none', { path: given });
  return realpath(project);
}
