import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Clock, Context } from '../base';
import { killGroup } from '../base/node';
import { OutputTail } from './output';
import type { CommandResult } from './types';

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the launched program finds in its file descriptors 3, 4 and so on. */
  readonly descriptors: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly outputBytes: number;
}

/** Time a program's last output may still arrive after it ended. */
const drainMs = 1000;

/**
 * Runs a program in a process group of its own with nothing but pipes, and waits for it. Time-out and abort
 * kill the group; so does its end, so that nothing it left behind lives on. Rejects when it cannot be
 * started or is aborted.
 */
export function launch(ctx: Context, clock: Clock, options: Launch): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) return reject(ctx.signal.reason as Error);
    const began = clock.monotonic();
    const output = new OutputTail(options.outputBytes);
    const child = spawn(options.file, options.args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', ...options.descriptors.map(() => 'pipe' as const)],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let timedOut = false;
    const onAbort = () => killGroup(child.pid);
    ctx.signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child.pid);
    }, options.timeoutMs);
    child.stdout!.on('data', (chunk: Buffer) => output.add(chunk));
    child.stderr!.on('data', (chunk: Buffer) => output.add(chunk));
    for (const [index, bytes] of options.descriptors.entries()) {
      const pipe = child.stdio[3 + index] as Writable;
      pipe.on('error', () => undefined);
      pipe.end(bytes);
    }
    const settle = () => {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', onAbort);
    };
    child.once('error', (thrown) => {
      settle();
      reject(thrown);
    });
    let drain: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      killGroup(child.pid);
      // A process that left the group may hold the pipes open for ever; its output is not waited for.
      drain = setTimeout(() => {
        child.stdout!.destroy();
        child.stderr!.destroy();
      }, drainMs);
    });
    child.once('close', (code, signal) => {
      clearTimeout(drain);
      settle();
      if (ctx.signal.aborted) return reject(ctx.signal.reason as Error);
      resolve({
        exitCode: timedOut ? 124 : (code ?? (signal === 'SIGKILL' ? 137 : 143)),
        ...output.result(),
        timedOut,
        milliseconds: Math.round(clock.monotonic() - began),
      });
    });
  });
}
