import path from 'node:path';
import type { Context } from '../base';
import { Git, objectId, records } from './command';
import { readUserSettings, type UserEnvironment } from './userRepository';
import type { UserRepository } from './types';

export interface IgnoredOptions {
  readonly user: UserRepository;
  /** The folder that paths are relative to, in the repository's work tree. */
  readonly folder: string;
  /** Tells where the user's home is, for what they ignore everywhere. */
  readonly environment?: UserEnvironment;
}

/**
 * Which of `paths` git ignores, by git's own rules; tracked files are never ignored. A path that ends in a
 * slash is a folder. Paths are given back as they came.
 */
export async function ignoredPaths(
  ctx: Context,
  { user, folder, environment }: IgnoredOptions,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const inside = path.relative(user.top, folder).split(path.sep).join('/');
  const prefix = inside === '' ? '' : `${inside}/`;
  const { excludesFile } = await readUserSettings(ctx, user, environment);
  // It takes no literal pathspecs; behind “./” no name is read as anything but a name.
  const args = ['--no-literal-pathspecs', 'check-ignore', '-z', '--stdin'];
  const { stdout } = await new Git(user.gitDir).run(ctx, args, {
    workTree: user.top,
    input: paths.map((one) => `./${prefix}${one}\0`).join(''),
    // 1 says that none is ignored.
    accept: [0, 1],
    settings: excludesFile === null ? [] : [`core.excludesFile=${excludesFile}`],
  });
  return new Set(records(stdout).map((one) => one.slice(2 + prefix.length)));
}

/** Where a repository's refs are. */
export interface Refs {
  /** Branch that HEAD is on; null when it is detached. */
  readonly branch: string | null;
  /** Object id by full name: branches, tags and remote branches. */
  readonly refs: ReadonlyMap<string, string>;
}

/** Reads all branches, tags and remote branches, loose, packed or in tables, and where HEAD is. */
export async function readRefs(ctx: Context, user: UserRepository): Promise<Refs> {
  const git = new Git(user.gitDir);
  const format = '--format=%(objectname) %(refname)';
  const [listed, head] = await Promise.all([
    git.text(ctx, ['for-each-ref', format, 'refs/heads', 'refs/tags', 'refs/remotes']),
    git.text(ctx, ['symbolic-ref', '-q', 'HEAD'], { accept: [0, 1] }),
  ]);
  const refs = new Map<string, string>();
  for (const line of listed.split('\n').filter(Boolean)) {
    const space = line.indexOf(' ');
    refs.set(line.slice(space + 1), line.slice(0, space));
  }
  const branch = head.startsWith('refs/heads/') ? head.slice('refs/heads/'.length) : null;
  return { branch, refs };
}

/** Whether a commit has more than one parent. */
export async function isMerge(ctx: Context, user: UserRepository, commit: string): Promise<boolean> {
  const args = ['rev-list', '--no-walk', '--parents', objectId(commit)];
  return (await new Git(user.gitDir).text(ctx, args)).split(' ').length > 2;
}

/** Whether `commit` is `of` or lies in its history. */
export async function isAncestor(
  ctx: Context,
  user: UserRepository,
  commit: string,
  of: string,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', objectId(commit), objectId(of)];
  return (await new Git(user.gitDir).run(ctx, args, { accept: [0, 1] })).code === 0;
}
