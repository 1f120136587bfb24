import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { privateFolder } from '../base/node';
import { commandEnvironment, folderBelow } from './environment';
import { gitFolders } from './gitfolders';
import type { Programs } from './programs';
import type { Launch } from './run';
import type { CommandRequest } from './types';

export interface Bubblewrap {
  readonly bwrap: string;
  /** Undefined where util-linux is missing; limits are then not kept. */
  readonly prlimit: string | undefined;
  readonly programs: Programs;
  readonly seccomp: Buffer | undefined;
}

/** Files of /etc that programs need to run at all; no accounts' secrets, no host's configuration. */
const etc = [
  'alternatives',
  'ca-certificates',
  'group',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'pki',
  'protocols',
  'services',
  'ssl',
].map((name) => `/etc/${name}`);

/** The only names there are: servers that tests start listen on the sandbox's own loopback. */
const hosts = Buffer.from('127.0.0.1 localhost\n::1 localhost\n');

/** Limits per command: processes, open files, size of a file, no core dumps, private memory. */
const limits = ['--nproc=1024', '--nofile=4096', '--fsize=2147483648', '--core=0', '--data=8589934592'];

/**
 * How to launch a command in bubblewrap: a disk that holds the system's programs read-only, the worktree
 * and a private home writable, nothing else; no network, no capabilities, no other processes, a cleared
 * environment. bwrap itself starts with an empty environment, because a process inside can read the
 * launcher's from /proc. The worktree's `.git` and the git folders are read-only.
 */
export async function bubblewrapLaunch(setup: Bubblewrap, request: CommandRequest): Promise<Launch> {
  const worktree = await realpath(request.worktree);
  const home = await realpath(await privateFolder(request.home));
  const readOnly = (place: string) => ['--ro-bind', place, place];
  const environment = commandEnvironment(home, setup.programs.searchPath);
  const dotGit = path.join(worktree, '.git');
  const repository = (await gitFolders(worktree)).filter((folder) => existsSync(folder));
  const args = [
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...readOnly('/usr'),
    ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap(topFolder),
    ...etc.filter((file) => existsSync(file)).flatMap(readOnly),
    '--ro-bind-data',
    '3',
    '/etc/hosts',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--size',
    String(1024 * 1024 * 1024),
    '--tmpfs',
    '/tmp',
    ...setup.programs.folders.flatMap(readOnly),
    ...repository.flatMap(readOnly),
    '--bind',
    home,
    home,
    '--bind',
    worktree,
    worktree,
    ...(existsSync(dotGit) ? readOnly(dotGit) : []),
    // The root of the new disk is memory; without this a command could fill it.
    '--remount-ro',
    '/',
    '--chdir',
    folderBelow(worktree, request.cwd),
    ...(setup.seccomp === undefined ? [] : ['--seccomp', '4']),
    '--',
    ...(setup.prlimit === undefined ? [] : [setup.prlimit, ...limits, '--']),
    '/bin/sh',
    '-c',
    request.command,
  ];
  return {
    file: setup.bwrap,
    args,
    cwd: '/',
    env: {},
    descriptors: setup.seccomp === undefined ? [hosts] : [hosts, setup.seccomp],
    timeoutMs: request.timeoutMs,
    outputBytes: request.outputBytes,
  };
}

/** On most systems /bin and its like are links into /usr; on others they are folders of their own. */
function topFolder(place: string): string[] {
  try {
    return lstatSync(place).isSymbolicLink()
      ? ['--symlink', readlinkSync(place), place]
      : ['--ro-bind', place, place];
  } catch {
    return [];
  }
}
