import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { problem, type Context } from '../base';
import { Git, isGitFailure, records, runGit } from './command';
import type { UserRepository } from './types';

/** The oldest git with `merge-tree --write-tree`. */
const neededVersion = [2, 38] as const;

/**
 * Finds the repository `folder` lies in without running anything of its configuration.
 * Throws `workspace.gitMissing`, `workspace.gitTooOld`, `workspace.notGit` or `workspace.bare`.
 */
export async function inspectUserRepository(ctx: Context, folder: string): Promise<UserRepository> {
  await requireGit(ctx);
  const at = await realpath(folder).catch(() => folder);
  const ask = async (...flags: string[]): Promise<string> =>
    (await runGit(ctx, ['-C', at, 'rev-parse', ...flags])).stdout.toString('utf8').replace(/\n$/, '');
  const facts = await ask(
    '--is-bare-repository',
    '--is-inside-work-tree',
    '--is-shallow-repository',
    '--show-object-format',
  ).catch((thrown: unknown) => {
    throw isGitFailure(thrown) ? problem('workspace.notGit', { path: folder }, thrown) : thrown;
  });
  const [bare, inWorkTree, shallow, format] = facts.split('\n');
  if (bare === 'true') throw problem('workspace.bare', { path: folder });
  if (inWorkTree !== 'true') throw problem('workspace.notGit', { path: folder });
  const [top, gitDir, commonDir] = await Promise.all([
    ask('--show-toplevel'),
    ask('--absolute-git-dir'),
    ask('--path-format=absolute', '--git-common-dir'),
  ]);
  const git = new Git(gitDir);
  const [head, branch] = await Promise.all([headOf(ctx, gitDir), branchOf(ctx, git)]);
  return {
    top: await realpath(top),
    gitDir: await realpath(gitDir),
    commonDir: await realpath(commonDir),
    head,
    branch,
    shallow: shallow === 'true',
    objectFormat: format === 'sha256' ? 'sha256' : 'sha1',
  };
}

/** What recognises a repository that was moved or opened under another name. */
export interface Fingerprint {
  /** The first commit of HEAD's first-parent line; null before it exists, or when history is cut off. */
  readonly firstCommit: string | null;
  /** Device and inode of the common git folder; they survive a move on one disk. */
  readonly device: string;
  readonly inode: string;
}

/** The fingerprint of a repository; reads commits and one `stat`. */
export async function fingerprintOf(ctx: Context, user: UserRepository): Promise<Fingerprint> {
  const { dev, ino } = await stat(user.commonDir, { bigint: true });
  let firstCommit: string | null = null;
  if (user.head !== null && !user.shallow) {
    const args = ['rev-list', '--first-parent', '--max-parents=0', user.head];
    firstCommit = (await new Git(user.gitDir).text(ctx, args)).split('\n')[0] || null;
  }
  return { firstCommit, device: String(dev), inode: String(ino) };
}

/** The commit at HEAD now, or null before the first one. */
export async function headOf(ctx: Context, gitDir: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'];
  return (await new Git(gitDir).text(ctx, args, { accept: [0, 1, 128] })) || null;
}

/** Settings of the user's repository that decide which files are new and what a mode means. */
export interface UserSettings {
  /** The global excludes file, or null where there is none. */
  readonly excludesFile: string | null;
  /** False where the file system has no executable bits; modes then come from the index. */
  readonly fileMode: boolean;
  readonly symlinks: boolean;
}

/** Who the user is to git: variables that tell where the home and its configuration are. */
export type UserEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the three settings from all of the user's configuration; reading runs nothing.
 * `environment` tells where the user's home is.
 */
export async function readUserSettings(
  ctx: Context,
  user: UserRepository,
  environment: UserEnvironment = process.env,
): Promise<UserSettings> {
  const home = environment.HOME ?? environment.USERPROFILE;
  const args = ['config', '-z', '--get-regexp', '^core\\.(excludesfile|filemode|symlinks)$'];
  const options = { accept: [0, 1], configurationOf: environment };
  const { stdout } = await new Git(user.gitDir).run(ctx, args, options);
  const found = new Map<string, string>();
  for (const record of records(stdout)) {
    const end = record.indexOf('\n');
    if (end < 0) found.set(record, 'true');
    else found.set(record.slice(0, end), record.slice(end + 1));
  }
  const isOn = (name: string) => !['false', 'no', 'off', '0', ''].includes(found.get(name) ?? 'true');
  return {
    excludesFile: excludesPath(found.get('core.excludesfile'), user.top, home, environment),
    fileMode: isOn('core.filemode'),
    symlinks: isOn('core.symlinks'),
  };
}

function excludesPath(
  configured: string | undefined,
  top: string,
  home: string | undefined,
  environment: UserEnvironment,
): string | null {
  if (configured !== undefined) {
    if (configured.startsWith('~/')) return home === undefined ? null : path.join(home, configured.slice(2));
    return configured === '' ? null : path.resolve(top, configured);
  }
  const folder = environment.XDG_CONFIG_HOME || (home === undefined ? undefined : path.join(home, '.config'));
  return folder === undefined ? null : path.join(folder, 'git', 'ignore');
}

async function requireGit(ctx: Context): Promise<void> {
  const said = (await runGit(ctx, ['version'])).stdout.toString('utf8').trim();
  const [, major, minor] = /(\d+)\.(\d+)/.exec(said) ?? [];
  const [needMajor, needMinor] = neededVersion;
  if (Number(major) > needMajor || (Number(major) === needMajor && Number(minor) >= needMinor)) return;
  throw problem('workspace.gitTooOld', { found: said.replace(/^git version /, ''), needed: '2.38' });
}

/** The branch HEAD is on; null when it is detached. */
export async function branchOf(ctx: Context, git: Git): Promise<string | null> {
  const ref = await git.text(ctx, ['symbolic-ref', '-q', 'HEAD'], { accept: [0, 1] });
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null;
}
