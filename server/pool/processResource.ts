import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { problem, type Context } from '../base';
import { killGroup } from '../base/node';
import type { Resource, ResourceKind } from './types';

export interface ProcessResourceOptions {
  readonly id: string;
  readonly kind: Exclude<ResourceKind, 'model'>;
  readonly label: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Bytes it is thought to take. */
  readonly bytes?: number;
  /** Waits until it can be used, for example for its first message; ready once started where absent. */
  readonly ready?: (ctx: Context, child: ChildProcess) => Promise<void>;
  /** How long it may take to end when asked to; then it is killed. Default two seconds. */
  readonly endMs?: number;
}

export interface ProcessResource extends Resource {
  /** The running process, for whoever holds a lease. */
  readonly child: ChildProcess | undefined;
}

/** A program as a resource: started in a process group of its own without a shell, ended with everything it started. */
export function processResource(options: ProcessResourceOptions): ProcessResource {
  return new Program(options);
}

class Program implements ProcessResource {
  readonly probes = true;
  child: ChildProcess | undefined;
  private resident: number;

  constructor(private readonly options: ProcessResourceOptions) {
    this.resident = options.bytes ?? 0;
  }

  get id() {
    return this.options.id;
  }
  get kind() {
    return this.options.kind;
  }
  get label() {
    return this.options.label;
  }
  get bytes() {
    return this.options.bytes ?? 0;
  }

  async warm(ctx: Context): Promise<void> {
    const { file, args, env, cwd, ready, label } = this.options;
    const child = spawn(file, args, {
      ...{ cwd, env: { ...env }, windowsHide: true },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: process.platform !== 'win32',
    });
    this.child = child;
    child.stdin.on('error', () => undefined);
    // What it started must not outlive it.
    child.once('exit', () => killGroup(child.pid));
    const gone = new Promise<never>((_resolve, reject) => {
      child.once('error', (thrown) =>
        reject(problem('pool.failed', { resource: label, detail: thrown.message })),
      );
      child.once('exit', () => reject(problem('pool.failed', { resource: label, detail: ended(child) })));
    });
    gone.catch(() => undefined);
    const started = new Promise<void>((resolve) => child.once('spawn', () => resolve()));
    await Promise.race([started.then(() => ready?.(ctx, child)), gone]);
    await this.measure();
  }

  async probe(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined || hasEnded(child))
      throw problem('pool.failed', {
        resource: this.label,
        detail: child ? ended(child) : 'it was not started',
      });
    await this.measure();
  }

  async cool(ctx: Context): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.pid === undefined) return;
    if (!hasEnded(child)) {
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.stdin?.end();
      killGroup(child.pid, 'SIGTERM');
      const timer = setTimeout(() => killGroup(child.pid), this.options.endMs ?? 2000);
      ctx.signal.addEventListener('abort', () => killGroup(child.pid), { once: true });
      await exited;
      clearTimeout(timer);
    }
  }

  memory(): number {
    return this.resident;
  }

  /** Only Linux tells it for nothing; elsewhere what was stated stands. */
  private async measure(): Promise<void> {
    if (process.platform !== 'linux' || this.child?.pid === undefined) return;
    try {
      const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
      if (kilobytes !== undefined) this.resident = Number(kilobytes) * 1024;
    } catch {
      // It has just ended; the next probe says so.
    }
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const ended = ({ exitCode, signalCode }: ChildProcess): string =>
  signalCode === null ? `it ended with exit code ${exitCode}` : `it was ended by ${signalCode}`;
