/** How long a checkpoint of a repository of 20,000 files takes, warm, beside `git stash create` on the same files. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { silentLog, type Context } from '../../server/base';
import { systemClock, systemIds } from '../../server/base/node';
import { Checkpoints } from '../../server/checkpoints';
import { inspectUserRepository, openPrivateRepository } from '../../server/git';
import { median } from '../engine/statistics';

export interface CheckpointTimes {
  /** Medians in milliseconds. */
  readonly ours: number;
  readonly stash: number;
  /** Median of ours ÷ stash, round by round. */
  readonly ratio: number;
  readonly files: number;
}

const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/**
 * Takes turns: each round edits `edits` files and adds a new one, then both take what is there. Both have a warm
 * index; `git stash create` leaves new files out, ours holds them.
 */
export async function checkpointTimes({
  files = 20_000,
  rounds = 9,
  edits = 10,
} = {}): Promise<CheckpointTimes> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-'));
  try {
    const top = path.join(folder, 'project');
    makeRepository(top, files);
    const user = await inspectUserRepository(ctx, top);
    const gitDir = path.join(folder, 'home', 'repository.git');
    const repository = await openPrivateRepository(ctx, { gitDir, user, userRoot: top, clock: systemClock });
    const checkpoints = new Checkpoints({
      ...{ clock: systemClock, ids: systemIds, root: top, prefix: '' },
      repository: () => Promise.resolve(repository),
      journal: path.join(folder, 'home', 'restore.json'),
    });
    const take = { ours: () => checkpoints.create(ctx, 'bench'), stash: () => git(top, 'stash', 'create') };
    await take.ours();
    take.stash();
    const samples: { ours: number; stash: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < edits; i++)
        appendFileSync(fileAt(top, (round * edits + i * 97) % files), `edit ${round}\n`);
      writeFileSync(path.join(top, `new-${round}.txt`), `new ${round}\n`);
      const sample = { ours: 0, stash: 0 };
      // Whoever comes second finds the file system's caches warmer.
      for (const who of round % 2 === 0 ? (['ours', 'stash'] as const) : (['stash', 'ours'] as const)) {
        const began = performance.now();
        await take[who]();
        sample[who] = performance.now() - began;
      }
      samples.push(sample);
    }
    return {
      ours: median(samples.map(({ ours }) => ours)),
      stash: median(samples.map(({ stash }) => stash)),
      ratio: median(samples.map(({ ours, stash }) => ours / stash)),
      files,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const fileAt = (top: string, i: number): string => path.join(top, `d${i % 200}`, `s${i % 7}`, `f${i}.txt`);

function makeRepository(top: string, files: number): void {
  mkdirSync(top);
  git(top, 'init', '-q', '-b', 'main');
  const past = new Date(Date.now() - 60_000);
  for (let i = 0; i < files; i++) {
    const file = fileAt(top, i);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `file ${i}\n`.repeat(20));
    // Files of the index's own second are read again each time; a person's are older.
    utimesSync(file, past, past);
  }
  git(top, 'add', '-A');
  git(top, 'commit', '-q', '-m', 'first');
}

function git(folder: string, ...args: string[]): string {
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost'];
  return execFileSync('git', [...who, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
}

/** Measures and prints the line of the bench. */
export async function measureCheckpoint(): Promise<void> {
  const { ours, stash, ratio, files } = await checkpointTimes();
  const [value, rival_value] = [Math.round(ours), Math.round(stash)];
  const line = { name: 'review.checkpoint_20k_files_ms', value, unit: 'ms', files };
  const rival = { rival: 'git stash create', rival_value, ratio: Number(ratio.toFixed(2)) };
  console.log(JSON.stringify({ ...line, ...rival, load: Number(os.loadavg()[0]!.toFixed(1)) }));
}

if (require.main === module) void measureCheckpoint();
