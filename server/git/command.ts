import { statfs } from 'node:fs/promises';
import { isCode, runProgram } from '../base/node';
import { ProblemError, problem, type Context } from '../base';

export interface GitOptions {
  /** Folder with the files; without it the call concerns objects and refs alone. */
  readonly workTree?: string;
  /** Index file to use instead of the repository's own. */
  readonly index?: string;
  readonly input?: Uint8Array | string;
  /** Exit codes that are answers rather than failures; default 0 alone. */
  readonly accept?: readonly number[];
  /** More environment, for example author and dates of a commit. */
  readonly env?: Readonly<Record<string, string>>;
  /** More `-c name=value` settings. */
  readonly settings?: readonly string[];
  /**
   * Lets the call see the configuration of the person whose environment this is. Only for
   * `git config`, which prints and runs nothing.
   */
  readonly configurationOf?: Readonly<Record<string, string | undefined>>;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
}

/** Longer than any honest call takes; a hung file system must not hang the sidecar for ever. */
const timeoutMs = 10 * 60_000;
const maxBytes = 512 * 1024 * 1024;

/**
 * Settings that win over every configuration file, so that nothing a repository says is ever run:
 * no monitor, no hook, no pager, no transport. Ownership checks are waived because with these
 * settings a foreign repository cannot do what the checks guard against.
 */
const safeguards = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'protocol.allow=never',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'safe.directory=*',
].flatMap((setting) => ['-c', setting]);

const inherited = ['PATH', 'SYSTEMROOT', 'TEMP', 'TMP', 'PATHEXT'];

const noConfiguration = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};
const configurationNames = [
  'HOME',
  'USERPROFILE',
  'XDG_CONFIG_HOME',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
];

/** The whole environment of a git call: where programs are found, and a refusal of everything else. */
function gitEnvironment(person?: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const env: Record<string, string> = {
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    ...(person === undefined ? noConfiguration : {}),
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_DEFAULT_REF_FORMAT: 'files',
  };
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  for (const name of person === undefined ? [] : configurationNames) {
    const value = person?.[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/**
 * Runs git with the safeguards. `args` starts with the subcommand or with further global options.
 * Throws `workspace.gitMissing`, `data.diskFull` or `git.failed`, the last naming the subcommand and
 * what git said.
 */
export async function runGit(
  ctx: Context,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  const command = args.find((arg) => /^[a-z]/.test(arg)) ?? 'git';
  ctx.log.debug('git', { args });
  const result = await runProgram(ctx, 'git', globalOptions(args, options), {
    cwd: process.platform === 'win32' ? process.cwd() : '/',
    env: {
      ...gitEnvironment(options.configurationOf),
      ...(options.index === undefined ? {} : { GIT_INDEX_FILE: options.index }),
      ...options.env,
    },
    timeoutMs,
    maxBytes,
    ...(options.input === undefined ? {} : { input: options.input }),
  }).catch((thrown: unknown) => {
    throw isCode(thrown, 'ENOENT') ? problem('workspace.gitMissing', {}, thrown) : thrown;
  });
  if (!result.timedOut && (options.accept ?? [0]).includes(result.code)) return result;
  const detail = result.timedOut ? `no end after ${timeoutMs / 60_000} minutes` : firstLines(result.stderr);
  ctx.log.warn('git failed', { args, code: result.code, stderr: result.stderr.slice(0, 4000) });
  const full = await fullPlace(result.stderr, placesOf(args, options));
  if (full !== undefined) throw problem('data.diskFull', { path: full });
  throw problem('git.failed', { command, detail: detail || `exit code ${result.code}` });
}

/** The folders a call may write to: files and the repository. */
function placesOf(args: readonly string[], options: GitOptions): string[] {
  const gitDir = args.find((arg) => arg.startsWith('--git-dir='))?.slice('--git-dir='.length);
  return [options.workTree, gitDir].filter((place) => place !== undefined);
}

/** Where the disk is full, if that is why git failed. Git often says no more than that it cannot write. */
async function fullPlace(said: string, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const disk = await statfs(place).catch(() => undefined);
    if (disk !== undefined && disk.blocks > 0 && disk.bavail * disk.bsize < 64 * 1024) return place;
  }
  const named = /No space left on device|Disk quota exceeded|Out of diskspace/.test(said);
  return named ? (places[0] ?? 'the data folder') : undefined;
}

function globalOptions(args: readonly string[], options: GitOptions): string[] {
  return [
    '--no-pager',
    '--literal-pathspecs',
    '--no-optional-locks',
    '--no-replace-objects',
    ...safeguards,
    ...(options.settings ?? []).flatMap((setting) => ['-c', setting]),
    ...(options.workTree === undefined ? [] : ['-C', options.workTree, `--work-tree=${options.workTree}`]),
    ...args,
  ];
}

const firstLines = (text: string): string => text.trim().split('\n').slice(0, 3).join(' ').slice(0, 400);

/** Git bound to one git folder; never discovers another. */
export class Git {
  constructor(readonly gitDir: string) {}

  run(ctx: Context, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    return runGit(ctx, [`--git-dir=${this.gitDir}`, ...args], options);
  }

  /** Standard output as text without its last line break. */
  async text(ctx: Context, args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.run(ctx, args, options)).stdout.toString('utf8').replace(/\n$/, '');
  }
}

/** The records of `-z` output. `latin1` keeps names that are not UTF-8 byte for byte. */
export function records(output: Buffer, encoding: 'utf8' | 'latin1' = 'utf8'): string[] {
  const parts = output.toString(encoding).split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

/** Refuses what is not a full object id, so that no argument can pass for an option or an expression. */
export function objectId(text: string): string {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) throw new Error(`not an object id: ${text}`);
  return text;
}

/** Whether git itself said no, as opposed to a cancellation, a full disk or a broken invariant. */
export const isGitFailure = (thrown: unknown): boolean =>
  thrown instanceof ProblemError && thrown.problem.code === 'git.failed';
