import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../base';
import type { RunWorld } from './dependencies';

/** One worktree of a run: the agent's (`plan`), or the one merges are verified in (`integration`). */
export interface RunWorktree {
  /** The worktree's top folder. */
  readonly top: string;
  /** The workspace folder inside it: where agents and commands work. */
  readonly folder: string;
  /** A private home folder for its commands. */
  readonly home: string;
}

/** The place of a worktree; a pure function of run and name, so that it is found again after a crash. */
export function worktreePlace(world: RunWorld, run: string, name: string): RunWorktree {
  const top = path.join(world.folders.worktrees, run, fileName(name));
  return {
    top,
    folder: path.join(top, world.folders.prefix),
    home: path.join(world.folders.homes, run, fileName(name)),
  };
}

/** Creates the worktree at `commit` with its dependencies, or completes what a crash left of it. */
export async function openWorktree(
  ctx: Context,
  world: RunWorld,
  run: string,
  name: string,
  commit: string,
): Promise<RunWorktree> {
  const place = worktreePlace(world, run, name);
  const repository = await world.repository(ctx);
  await mkdir(path.dirname(place.top), { recursive: true, mode: 0o700 });
  await mkdir(place.home, { recursive: true, mode: 0o700 });
  await repository.ensureWorktree(ctx, place.top, commit);
  await world.prepareDependencies(ctx, place.top);
  return place;
}

/** Ids become file names: anything but letters, digits, dot, dash and underscore is replaced. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
}
