import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { codes, type Problem } from '../codes';
import { AttachError } from './failure';
import type { Environment } from './places';

/** How a sidecar ends when it may not or cannot serve; clients decide by these numbers. */
export const sidecarExit = {
  done: 0,
  /** Something unforeseen; the log says what. */
  crashed: 70,
  /** Another sidecar owns the workspace: attach to that one. */
  lockHeld: 75,
  /** A problem a person can solve, written to standard error as the last line. */
  refused: 78,
} as const;

export interface NodeProgram {
  readonly command: string;
  /** Arguments before the script, for running from sources. */
  readonly args?: readonly string[];
  /** Variables the program itself needs, such as `ELECTRON_RUN_AS_NODE`. */
  readonly env: Readonly<Record<string, string>>;
}

/** Arguments of Node for a process that lives for days: new objects share 3 × 4 MiB instead of 3 × 16. */
export const leanNode: readonly string[] = ['--max-semi-space-size=4'];

/** A sidecar that was started and may still be on its way. */
export interface Launched {
  readonly pid: number | undefined;
  /** Why it will not come, once that is certain. */
  ended(): { readonly code: number | null; readonly detail: string } | undefined;
  /** Asks it to end, and a second later makes it. */
  end(): void;
}

/**
 * Starts a sidecar that outlives the caller: own session, `/` as working folder so that it keeps no
 * folder busy, no inherited streams. What it prints before its log is open goes to the file `errors`.
 * Throws an `AttachError` with a `data.*` problem where that file cannot be written.
 */
export function launch(
  node: NodeProgram,
  script: string,
  args: readonly string[],
  env: Environment,
  errors: string,
): Launched {
  const file = openForWriting(errors);
  let ended: { code: number | null; detail: string } | undefined;
  try {
    const child = spawn(node.command, [...leanNode, ...(node.args ?? []), script, ...args], {
      detached: true,
      stdio: ['ignore', 'ignore', file],
      cwd: path.parse(process.execPath).root,
      env: { ...cleanEnvironment(env), ...node.env },
      windowsHide: true,
    });
    child.once('error', (thrown) => (ended ??= { code: null, detail: thrown.message }));
    child.once('exit', (code, signal) => (ended ??= { code, detail: signal ?? `exit code ${code}` }));
    child.unref();
    const end = () => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 1000).unref();
    };
    return { pid: child.pid, ended: () => ended, end };
  } finally {
    closeSync(file);
  }
}

/** Throws `data.diskFull` or `data.readOnly`: everything else a sidecar keeps would go beside this file. */
function openForWriting(file: string): number {
  const folder = path.dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openSync(file, 'w', 0o600);
  } catch (thrown) {
    const full = ['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException).code ?? '');
    throw new AttachError(full ? 'data.diskFull' : 'data.readOnly', { path: folder }, { cause: thrown });
  }
}

/** Names a sidecar may inherit. Everything else, API keys above all, stays with the client. */
const inherited = /^(HOME|PATH|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|USER|LOGNAME|XDG_[A-Z_]+|SYMPHONY_[A-Z_]+)$/;
/** Without these Node does not start on Windows. */
const inheritedOnWindows =
  /^(SystemRoot|SystemDrive|windir|ComSpec|PATHEXT|USERPROFILE|LOCALAPPDATA|APPDATA|USERNAME)$/i;
const secret = /(KEY|TOKEN|SECRET|PASSWORD)$/;

/** The part of an environment that a sidecar gets. */
export function cleanEnvironment(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const allowed = (name: string): boolean =>
    !secret.test(name) &&
    (inherited.test(platform === 'win32' ? name.toUpperCase() : name) ||
      (platform === 'win32' && inheritedOnWindows.test(name)));
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && allowed(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** The last `bytes` of a text file, or '' when there is none. */
export function tailOf(file: string, bytes = 2000): string {
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.min(size, bytes));
      readSync(handle, buffer, 0, buffer.length, Math.max(0, size - bytes));
      return buffer.toString('utf8').trim();
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}

/** The problem a sidecar that refused to start wrote as its last line, if it did. */
export function problemIn(tail: string): Problem | undefined {
  try {
    const { problem } = JSON.parse(tail.slice(tail.lastIndexOf('\n') + 1)) as { problem?: Problem };
    return problem !== undefined && problem.code in codes ? problem : undefined;
  } catch {
    return undefined;
  }
}
