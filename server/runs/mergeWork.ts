import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { NodeContext } from '../engine/ports';
import type { Commit } from '../git';
import type { RunWorld } from './dependencies';
import { toJson } from './facts';
import { openWorktree, worktreePlace } from './worktree';

/** Two states of the files to become one. */
export interface MergeWork {
  /** What a question calls the side that comes in. */
  readonly plan: string;
  /** The commit both sides come from. */
  readonly base: string;
  readonly ours: Commit;
  readonly theirs: Commit;
  /** The worktree a person resolves a conflict in. */
  readonly place: string;
  /** Stands before the keys of steps and questions, where a node merges more than once. */
  readonly key: string;
}

const mergedStep = z.object({ tree: z.string(), conflicts: z.array(z.string()) });

/** Merges two commits. Lines both sides changed become a question; nothing is chosen for the person. */
export async function mergedTree(
  node: NodeContext,
  world: RunWorld,
  work: MergeWork,
): Promise<z.infer<typeof mergedStep>> {
  const repository = await world.repository(node);
  const merged = mergedStep.parse(
    await node.step(`${work.key}merged`, async () => {
      const result = await repository.merge(node, work.base, work.ours.commit, work.theirs.commit);
      return toJson({ tree: result.tree, conflicts: result.kind === 'conflict' ? [...result.files] : [] });
    }),
  );
  if (merged.conflicts.length === 0) return merged;
  return { ...merged, tree: await resolveConflict(node, world, work, merged) };
}

/** Asks until the answer leaves no conflict: one side's files, or what the person made of them by hand. */
async function resolveConflict(
  node: NodeContext,
  world: RunWorld,
  { plan, ours, theirs, place: name, key }: MergeWork,
  { tree, conflicts }: z.infer<typeof mergedStep>,
): Promise<string> {
  const repository = await world.repository(node);
  const place = worktreePlace(world, node.run, name);
  // Once shown, the folder is the person's: a restart must not take their half-done work back.
  await node.step(`${key}shown`, async () => {
    await openWorktree(node, world, node.run, name, ours.commit);
    await repository.restoreTree(node, place.top, tree);
    return true;
  });
  for (let round = 0; ; round++) {
    const { answer } = await node.ask({
      id: `${key}conflict:${round}`,
      kind: 'mergeConflict',
      problem: { code: 'merge.conflict', args: { plan, files: conflicts.join(', ') } },
      facts: { files: conflicts, folder: place.top, plan },
      choices: ['integrated', 'plan', 'resolved'],
    });
    if (answer !== 'resolved') {
      const side = answer === 'integrated' ? ours.tree : theirs.tree;
      const chosen = await repository.takePaths(node, tree, side, conflicts);
      // Nobody worked in the folder: it follows the choice, so that it can be given back later.
      if ((await repository.writeTree(node, place.top)) === tree)
        await repository.restoreTree(node, place.top, chosen);
      return chosen;
    }
    if (!(await stillMarked(place.top, conflicts)))
      return node.step(`${key}resolved:${round}`, () => repository.writeTree(node, place.top));
  }
}

/** Whether any of the files still holds a conflict marker. */
async function stillMarked(top: string, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const text = await readFile(path.join(top, file), 'latin1').catch(() => '');
    if (/^(<{7}|>{7}) /m.test(text)) return true;
  }
  return false;
}
