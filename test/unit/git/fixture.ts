import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog, type Clock, type Context, type Log } from '../../../server/base';
import { inspectUserRepository, openPrivateRepository, type PrivateRepository } from '../../../server/git';

export const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** A context that counts git processes. */
export function counting(): { ctx: Context; commands: string[] } {
  const commands: string[] = [];
  const log: Log = {
    ...silentLog,
    debug: (message, facts) => {
      const args = (facts as { args: string[] } | undefined)?.args ?? [];
      if (message === 'git') commands.push(args.find((arg) => /^[a-z]/.test(arg)) ?? '?');
    },
  };
  return { ctx: { signal: ctx.signal, log }, commands };
}

export const clock: Clock = {
  now: () => 1_700_000_000_000,
  monotonic: () => performance.now(),
  sleep: () => Promise.resolve(),
};

const folders: string[] = [];

/** A fresh folder, removed by `removeFolders`. */
export function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-git-')));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** What a person at a terminal does; configuration of this machine stays out of it. */
export function git(folder: string, ...args: string[]): string {
  const env = {
    PATH: process.env.PATH,
    HOME: path.dirname(folder),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  return execFileSync('git', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

export type Content = string | Buffer | { link: string } | { executable: string };

export function write(folder: string, files: Readonly<Record<string, Content>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(file, content);
    else if ('link' in content) symlinkSync(content.link, file);
    else {
      writeFileSync(file, content.executable);
      chmodSync(file, 0o755);
    }
  }
}

/** A user's repository with one commit of `files`. */
export function makeRepository(files: Readonly<Record<string, Content>>, ...init: string[]): string {
  const top = path.join(freshFolder(), 'project');
  mkdirSync(top);
  git(top, 'init', '-q', '-b', 'main', ...init);
  write(top, files);
  git(top, 'add', '-A');
  git(top, 'commit', '-q', '--allow-empty', '-m', 'first');
  return top;
}

export interface Opened {
  readonly top: string;
  readonly repository: PrivateRepository;
  readonly home: string;
  worktree(name: string): string;
}

export async function open(
  top: string,
  home = path.join(freshFolder(), 'home'),
  root = top,
): Promise<Opened> {
  const repository = await openPrivateRepository(ctx, {
    gitDir: path.join(home, 'repository.git'),
    user: await inspectUserRepository(ctx, top),
    userRoot: root,
    clock,
    environment: { PATH: process.env.PATH, HOME: path.dirname(top), GIT_CONFIG_NOSYSTEM: '1' },
  });
  return { top, repository, home, worktree: (name) => path.join(home, 'worktrees', name) };
}

/** Every entry below a folder as `kind mode hash`, so that two looks can be compared whole. */
export function fingerprint(
  folder: string,
  skip: (name: string) => boolean = () => false,
): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (below: string): void => {
    for (const name of readdirSync(path.join(folder, below)).sort()) {
      const at = path.join(below, name);
      if (skip(at)) continue;
      const file = path.join(folder, at);
      const entry = lstatSync(file);
      const mode = (entry.mode & 0o777).toString(8);
      if (entry.isDirectory()) {
        found[at] = `folder ${mode}`;
        visit(at);
      } else if (entry.isSymbolicLink()) found[at] = `link ${readlinkSync(file)}`;
      else found[at] = `file ${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
    }
  };
  visit('');
  return found;
}

/** Files of a folder without its `.git`, folders left out, as git sees them. */
export function filesOf(folder: string): Record<string, string> {
  const all = fingerprint(folder, (name) => name === '.git');
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, value]) => !value.startsWith('folder'))
      .map(([name, value]) => [
        name,
        value.replace(/^file 6\d\d/, 'file 644').replace(/^file 7\d\d/, 'file 755'),
      ]),
  );
}

/** `mode name` of every file of a tree of the private repository. */
export function treeNames(repository: PrivateRepository, tree: string): string[] {
  return git('/', `--git-dir=${repository.gitDir}`, 'ls-tree', '-r', '-z', tree)
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => `${line.slice(0, 6)} ${line.slice(line.indexOf('\t') + 1)}`);
}
