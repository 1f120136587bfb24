import { realpath, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '../../schemas/codes';
import { ProblemError, type Context } from '../base';
import type { PrivateRepository } from '../git';
import {
  ChangedMeanwhile,
  isVersion,
  openUserTree,
  sameBytes,
  type OnDisk,
  type UserTree,
  type Version,
} from '../review';
import { inOrder, type PlannedFile } from './plan';
import type { RestoredFile } from './types';

/**
 * Brings the planned files of `root` to what the checkpoint has, each only where it holds what was seen, or what it
 * is to become. Files with a problem are left as they are. Doing it again after a crash goes on where it ended.
 */
export async function writeFiles(
  ctx: Context,
  repository: PrivateRepository,
  root: string,
  planned: readonly PlannedFile[],
): Promise<RestoredFile[]> {
  const top = await realpath(root);
  const tree = await openUserTree(top);
  const problems = new Map<string, Problem | null>();
  for (const file of inOrder(planned)) {
    if (file.problem === null) problems.set(file.path, await writeFile(ctx, repository, tree, top, file));
  }
  return planned.map(({ path: at, change, problem }) => ({
    path: at,
    change,
    problem: problems.get(at) ?? problem,
  }));
}

async function writeFile(
  ctx: Context,
  repository: PrivateRepository,
  tree: UserTree,
  root: string,
  file: PlannedFile,
): Promise<Problem | null> {
  const { path: at } = file;
  try {
    const [before, after] = await Promise.all([
      versionOf(ctx, repository, file.before),
      versionOf(ctx, repository, file.after),
    ]);
    await tree.tidy(at);
    const seen = await tree.look(at);
    if (seen.kind === 'behindLink')
      return { code: 'checkpoint.behindLink', args: { path: at, link: seen.link } };
    if (same(seen, after)) return null;
    const free = seen.kind === 'absent' || (seen.kind === 'folder' && seen.empty);
    if (before === null ? !free : !same(seen, before)) throw new ChangedMeanwhile();
    if (after === null) {
      await tree.remove(at, seen);
      await removeEmptied(root, path.posix.dirname(at));
    } else if (isVersion(seen) && sameBytes(seen, after)) await tree.setExecutable(at, after.executable);
    else await tree.put(at, after, seen);
    return null;
  } catch (thrown) {
    if (thrown instanceof ChangedMeanwhile)
      return { code: 'checkpoint.changedMeanwhile', args: { path: at } };
    if (thrown instanceof ProblemError)
      return thrown.problem.code === 'git.failed'
        ? { code: 'checkpoint.lost', args: { path: at } }
        : thrown.problem;
    ctx.log.warn('a file could not be restored', { path: at, thrown: String(thrown) });
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return { code: 'checkpoint.writeFailed', args: { path: at, detail } };
  }
}

async function versionOf(
  ctx: Context,
  repository: PrivateRepository,
  side: PlannedFile['before'],
): Promise<Version | null> {
  if (side === null) return null;
  const bytes = await repository.readObject(ctx, side.object);
  return { kind: side.mode === '120000' ? 'link' : 'file', bytes, executable: side.mode === '100755' };
}

function same(seen: OnDisk, version: Version | null): boolean {
  if (version === null) return seen.kind === 'absent' || seen.kind === 'behindFile';
  if (!isVersion(seen) || !sameBytes(seen, version)) return false;
  return version.kind === 'link' || process.platform === 'win32' || seen.executable === version.executable;
}

/** Folders that a removal emptied go too, as git has it; one that holds anything stays. */
async function removeEmptied(root: string, below: string): Promise<void> {
  for (let at = below; at !== '.' && at !== ''; at = path.posix.dirname(at)) {
    const gone = await rmdir(path.join(root, at)).then(
      () => true,
      () => false,
    );
    if (!gone) return;
  }
}
