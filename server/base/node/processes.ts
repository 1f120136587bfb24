import { spawn } from 'node:child_process';
import type { Context } from '..';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  readonly timeoutMs?: number;
  /** Standard output beyond this many bytes fails the run; default 64 MiB. */
  readonly maxBytes?: number;
}

export interface RunResult {
  /** Exit code, or 128 + signal number as shells count. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program by its argument vector (never through a shell) in a process group of its own and
 * waits for it. Aborting or running out of time kills the whole group. Rejects only when it cannot be
 * started, is aborted, or floods its output.
 */
export function runProgram(
  ctx: Context,
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) return reject(ctx.signal.reason as Error);
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    let stopped: Error | 'timeout' | undefined;
    const stop = (why: Error | 'timeout') => {
      stopped ??= why;
      killGroup(child.pid);
    };
    const onAbort = () => stop(ctx.signal.reason as Error);
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), options.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', onAbort);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > (options.maxBytes ?? 64 * 1024 * 1024))
        stop(new Error(`${file} printed more than ${bytes} bytes`));
      else out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (err.length < 1000) err.push(chunk);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    child.once('error', (thrown) => {
      settle();
      reject(thrown);
    });
    child.once('close', (code, signal) => {
      settle();
      if (stopped instanceof Error) return reject(stopped);
      resolve({
        code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15),
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString('utf8'),
        timedOut: stopped === 'timeout',
      });
    });
  });
}

/** Kills a process and everything in its group; a group that is gone already is fine. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It ended by itself.
  }
}
