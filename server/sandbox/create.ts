import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock, Context, Log } from '../base';
import { systemClock } from '../base/node';
import { bubblewrapLaunch, type Bubblewrap } from './bubblewrap';
import { commandEnvironment, folderBelow } from './environment';
import { levelOf, probeSandbox } from './probe';
import { findPrograms } from './programs';
import { launch } from './run';
import { seccompFilter } from './seccomp';
import type { CommandRequest, CommandResult, Sandbox } from './types';

export interface SandboxOptions {
  readonly log: Log;
  /** `process.platform` unless a test says otherwise. */
  readonly platform?: NodeJS.Platform;
  readonly arch?: string;
  /** Where node, npm and git are looked for; the sidecar's own PATH by default. */
  readonly searchPath?: string;
  /** A private folder of the host, for the files of probes; not below /tmp if that can be helped. */
  readonly folder?: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Makes the sandbox of this computer and measures it: escape attempts are run inside, and `level` is what
 * they showed. Where bubblewrap is missing or does not hold, commands run directly with a clean
 * environment in a process group of their own, and the level is `none`: whoever runs one asks a person.
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? systemClock;
  const platform = options.platform ?? process.platform;
  const searchPath = options.searchPath ?? process.env['PATH'] ?? '';
  if (platform !== 'linux') return direct(clock, searchPath, `there is no sandbox for ${platform} yet`);
  const bwrap = findSystemProgram('bwrap');
  if (bwrap === undefined) return direct(clock, searchPath, 'bubblewrap (bwrap) is not installed');
  const setup: Bubblewrap = {
    bwrap,
    prlimit: findSystemProgram('prlimit'),
    programs: findPrograms(searchPath, homedir()),
    seccomp: seccompFilter(options.arch ?? process.arch),
  };
  const run = async (ctx: Context, request: CommandRequest): Promise<CommandResult> =>
    launch(ctx, clock, await bubblewrapLaunch(setup, request));

  const folder = options.folder ?? tmpdir();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ctx: Context = { signal: options.signal ?? new AbortController().signal, log: options.log };
  const probes = await probeSandbox(ctx, run, folder).catch((thrown: unknown) => {
    options.log.warn('the sandbox could not be probed', { detail: String(thrown) });
    return [];
  });
  const level = levelOf(probes);
  const failed = probes.filter(({ passed }) => !passed).map(({ detail }) => detail);
  options.log.info('sandbox probed', { level, failed, seccomp: setup.seccomp !== undefined });
  if (level === 'none')
    return direct(clock, searchPath, failed[0] ?? 'bubblewrap does not work on this computer');
  const detail =
    level === 'isolated' ? 'bubblewrap: every escape that was tried is blocked' : failed.join('; ');
  return { level, detail, run };
}

/** Runs commands without keeping them in. */
function direct(clock: Clock, searchPath: string, detail: string): Sandbox {
  return {
    level: 'none',
    detail,
    run: (ctx, request) =>
      launch(ctx, clock, {
        file: '/bin/sh',
        args: ['-c', request.command],
        cwd: folderBelow(path.resolve(request.worktree), request.cwd),
        env: { ...commandEnvironment(request.home, searchPath), TMPDIR: tmpdir() },
        descriptors: [],
        timeoutMs: request.timeoutMs,
        outputBytes: request.outputBytes,
      }),
  };
}

/** A program of the system itself; PATH is not asked, because a project may have put something first on it. */
function findSystemProgram(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/usr/local/bin']
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
