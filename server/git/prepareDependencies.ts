import { constants } from 'node:fs';
import { cp, lstat, mkdir, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { runProgram, sha256 } from '../base/node';
import { problem, type Context } from '../base';
import { Git, records } from './command';
import { dependencyFolders } from './nested';
import type { UserRepository } from './types';
import { readUserSettings, type UserEnvironment } from './userRepository';

export interface DependencyOptions {
  readonly user: UserRepository;
  readonly worktree: string;
  readonly environment?: UserEnvironment;
}

/**
 * Brings ignored dependency folders of the user's tree (`node_modules`, `.venv`, …) into a worktree, as
 * clones where the file system can and as copies elsewhere; the user's own folders are only read.
 * Folders that are there already are left alone, so that it may be repeated after a crash.
 * Returns the folders brought, relative with slashes. Throws `git.failed` naming the folder when a copy
 * fails.
 */
export async function prepareDependencies(ctx: Context, options: DependencyOptions): Promise<string[]> {
  const { user, worktree } = options;
  const brought: string[] = [];
  for (const folder of await ignoredDependencies(ctx, user, options.environment ?? process.env)) {
    const target = path.join(worktree, folder);
    if (await exists(target)) continue;
    if (!(await makeParents(worktree, path.posix.dirname(folder)))) continue;
    // Copied beside the worktrees first: a killed copy is never taken for a complete one.
    const incoming = path.join(path.dirname(worktree), `.incoming-${sha256(target).slice(0, 16)}`);
    await rm(incoming, { recursive: true, force: true });
    await copyFolder(ctx, await realpath(path.join(user.top, folder)), incoming, folder);
    await rename(incoming, target);
    brought.push(folder);
  }
  return brought;
}

/** Ignored folders (or links to folders) with a name of `dependencyFolders`, outermost only. */
async function ignoredDependencies(
  ctx: Context,
  user: UserRepository,
  environment: UserEnvironment,
): Promise<string[]> {
  const { excludesFile } = await readUserSettings(ctx, user, environment);
  const args = ['ls-files', '-o', '-i', '--exclude-standard', '--directory', '-z'];
  const { stdout } = await new Git(user.gitDir).run(ctx, args, {
    workTree: user.top,
    settings: [`core.excludesFile=${excludesFile ?? '/dev/null'}`],
  });
  return records(stdout)
    .map((record) => record.replace(/\/$/, ''))
    .filter((folder) => dependencyFolders.has(path.posix.basename(folder)));
}

async function copyFolder(ctx: Context, from: string, to: string, name: string): Promise<void> {
  if (process.platform === 'linux') {
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' };
    const { code, stderr } = await runProgram(ctx, 'cp', ['--reflink=auto', '-a', '--', from, to], { env });
    if (code === 0) return;
    throw problem('git.failed', { command: `worktree (copy of ${name})`, detail: stderr.slice(0, 400) });
  }
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
  });
}

/** Makes the parent folders; false where one of them is a link or a file, which is not gone through. */
async function makeParents(top: string, folder: string): Promise<boolean> {
  let at = top;
  for (const name of folder === '.' ? [] : folder.split('/')) {
    at = path.join(at, name);
    await mkdir(at).catch(() => undefined);
    if (!(await lstat(at)).isDirectory()) return false;
  }
  return true;
}

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );
