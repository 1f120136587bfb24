import { spawn } from 'node:child_process';
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { leanNode } from '../../schemas/link';
import { median } from './statistics';
import type { ResultOf, RunArguments, TaskName } from './tasks';

/** Run as they are; the engine, and the raw limit beside it, in a process set up as the sidecar is. */
const peers: readonly TaskName[] = ['langgraph', 'bullmq'];

/** A task may take this long, in milliseconds. */
const patienceMs = 240_000;

/** A temp folder with the tasks in one bundle, so that what is measured is the engine and not a loader. */
export class Workshop {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-engine-'));
  private readonly bundle = path.join(this.folder, 'tasks.cjs');
  private folders = 0;

  constructor() {
    buildSync({
      absWorkingDir: path.resolve(__dirname, '../..'),
      entryPoints: ['bench/engine/tasks.ts'],
      outfile: this.bundle,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      logLevel: 'error',
    });
  }

  /** A folder nobody has used. */
  fresh(): string {
    const folder = path.join(this.folder, String(++this.folders));
    mkdirSync(folder);
    return folder;
  }

  /**
   * Does a task in a process of its own and gives its result; `dies` is for one that kills itself.
   * Where `SYMPHONY_BENCH_PROFILES` names a folder, each task leaves its CPU profile there.
   */
  async task<T extends TaskName>(
    task: T,
    given: RunArguments,
    { dies = false }: { readonly dies?: boolean } = {},
  ): Promise<ResultOf<T>> {
    const profiles = process.env['SYMPHONY_BENCH_PROFILES'];
    const child = spawn(
      process.execPath,
      [
        ...(peers.includes(task) ? [] : leanNode),
        '--expose-gc',
        ...(profiles
          ? [
              '--cpu-prof',
              '--cpu-prof-dir',
              profiles,
              '--cpu-prof-name',
              `${task}-${given.shape}-${given.count}.cpuprofile`,
            ]
          : []),
        this.bundle,
        task,
        JSON.stringify(given),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], timeout: patienceMs, killSignal: 'SIGKILL' },
    );
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve({ code, signal }));
      },
    );
    if (dies && signal === 'SIGKILL') return undefined as ResultOf<T>;
    if (code !== 0) throw new Error(`${task} ${JSON.stringify(given)} ended with ${code ?? signal}`);
    return JSON.parse(Buffer.concat(chunks).toString('utf8').trim().split('\n').at(-1)!) as ResultOf<T>;
  }

  /** What it takes to write 4 kB and have the disk confirm it: the median, in microseconds. */
  fsyncUs(): number {
    const page = Buffer.alloc(4096, 1);
    const file = openSync(path.join(this.folder, 'fsync'), 'w');
    const times = Array.from({ length: 200 }, () => {
      const began = performance.now();
      writeSync(file, page);
      fsyncSync(file);
      return (performance.now() - began) * 1000;
    });
    closeSync(file);
    return median(times);
  }

  remove(folder = this.folder): void {
    rmSync(folder, { recursive: true, force: true });
  }
}
