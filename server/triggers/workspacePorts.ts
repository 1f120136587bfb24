import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../base';
import { isCode } from '../base/node';
import { ignoredPaths, type UserEnvironment, type UserRepository } from '../git';
import { watchFilesIn } from './fileWatch';
import { watchRepository } from './gitWatch';
import type { TriggerPorts } from './types';

export interface WorkspaceParts {
  readonly clock: Clock;
  /** The folder a person has open. */
  readonly root: string;
  readonly user: UserRepository;
  /** Tells where the user's home is, for what they ignore everywhere. */
  readonly environment?: UserEnvironment;
}

/** The ports that look at a workspace on disk. */
export function workspacePorts(
  parts: WorkspaceParts,
): Pick<TriggerPorts, 'watchFiles' | 'watchGit' | 'hashOf'> {
  const { clock, root, user, environment } = parts;
  const where = { user, folder: root, ...(environment === undefined ? {} : { environment }) };
  return {
    watchFiles: (ctx, watch) =>
      watchFilesIn(ctx, {
        ...watch,
        clock,
        root,
        ignored: (context, paths) => ignoredPaths(context, where, paths),
      }),
    watchGit: (ctx, watch) => watchRepository(ctx, { ...watch, clock, user }),
    hashOf: (name) => hashFile(path.join(root, name)),
  };
}

/** SHA-256 of a file; null where there is none. Links are not followed and have no hash to match. */
async function hashFile(file: string): Promise<string | null> {
  try {
    if (!(await lstat(file)).isFile()) return '';
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return null;
    throw thrown;
  }
}
