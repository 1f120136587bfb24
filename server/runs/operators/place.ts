import { rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { shielded } from '../../base';
import { sha256 } from '../../base/node';
import type { NodeContext } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { removeQuietly } from '../giveBack';
import { openWorktree, worktreePlace, type RunWorktree } from '../worktree';

/** A short name that stands for the node in file names and refs: the same one for the same node, always. */
export const nameOf = (node: string): string =>
  `${node.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 40)}-${sha256(node).slice(0, 10)}`;

/** The ref that keeps what a node committed. */
export const refOf = (node: NodeContext): string =>
  `refs/symphony/runs/${node.run}/nodes/${nameOf(node.node)}`;

/**
 * Does `work` in a worktree of the node's own that begins as `commit`, and gives the worktree back when its outcome
 * is there. `committed` tells by that outcome which commit the files equal; where they do not, somebody worked in the
 * folder, and it is kept and named in the log.
 */
export async function inWorktree<T>(
  node: NodeContext,
  world: RunWorld,
  commit: string,
  work: (place: RunWorktree) => Promise<T>,
  committed: (outcome: T) => string,
): Promise<T> {
  const place = await openWorktree(node, world, node.run, nameOf(node.node), commit);
  const outcome = await work(place);
  await giveBack(node, world, committed(outcome));
  return outcome;
}

/** Removes the worktree and the home of a node; what it made is committed. */
export const giveBack = (node: NodeContext, world: RunWorld, commit: string): Promise<void> =>
  giveBackPlace(node, world, nameOf(node.node), commit);

/** Removes a worktree by its name, unless its files differ from the commit. */
export async function giveBackPlace(
  node: NodeContext,
  world: RunWorld,
  name: string,
  commit: string,
): Promise<void> {
  const { top, home } = worktreePlace(world, node.run, name);
  await removeQuietly(shielded(node), world, top, commit);
  await rm(home, { recursive: true, force: true });
  // The folders of the run go with the last node; those of others keep them.
  for (const folder of [top, home]) await rmdir(path.dirname(folder)).catch(() => undefined);
}
