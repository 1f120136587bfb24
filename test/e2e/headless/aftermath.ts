/** What a run must leave as it was, and what must be gone when everything has ended. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Everything of the user's that a run must not touch: each file's bytes and mode, `.git` included. */
export function userState(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (path.relative(root, file) !== 'node_modules') visit(file);
      } else if (entry.isFile()) {
        const mode = statSync(file).mode.toString(8);
        found[path.relative(root, file)] =
          `${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
      }
    }
  };
  visit(root);
  return found;
}

/** What a workspace's data home still holds that needs a living sidecar: worktrees, endpoint, sockets. */
export function leftInHome(workspace: string): string[] {
  const worktrees = path.join(workspace, 'worktrees');
  const runs = existsSync(worktrees) ? readdirSync(worktrees) : [];
  return [
    ...runs.flatMap((run) => readdirSync(path.join(worktrees, run)).map((name) => `worktree ${run}/${name}`)),
    ...readdirSync(workspace).filter((name) => name === 'endpoint.json' || name.endsWith('.sock')),
    ...execFileSync(
      'git',
      ['--git-dir', path.join(workspace, 'repository.git'), 'worktree', 'list', '--porcelain'],
      { encoding: 'utf8' },
    )
      .split('\n\n')
      .filter((entry) => entry.startsWith('worktree ') && !entry.includes('bare')),
  ];
}

/** Command lines of living processes that work in one of the folders or name it, other than `except`. */
export function processesIn(folders: readonly string[], except: readonly number[] = []): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && !except.includes(Number(name)))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        const place = readlinkSync(`/proc/${pid}/cwd`);
        return folders.some((folder) => command.includes(folder) || place.startsWith(folder))
          ? [`process ${pid} ${command}`]
          : [];
      } catch {
        return [];
      }
    });
}

/** A byte-for-byte copy of a prepared repository in a fresh folder, which is noted in `folders` for removal. */
export function copyOf(pristine: string, folders: string[]): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'symphony-kill-')));
  folders.push(folder);
  cpSync(pristine, folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

/** Waits until a condition holds, looking every 20 ms; throws after `timeoutMs`. */
export async function until(
  condition: () => boolean,
  timeoutMs = 5_000,
  what = 'a condition',
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A small seeded generator (Mulberry32), so that a failing round can be repeated. */
export function mulberry32(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
