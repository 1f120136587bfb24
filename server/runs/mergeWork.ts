import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Problem } from '../../schemas/codes';
import type { NodeContext } from '../engine/ports';
import type { Commit } from '../git';
import { conflictIn, layOutSides, stillMarked, type Conflict, type ConflictKind } from './conflict';
import { letAgentResolve, mayAgentResolve } from './conflictAgent';
import type { RunWorld } from './dependencies';
import { toJson } from './facts';
import { openWorktree, worktreePlace, type RunWorktree } from './worktree';

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

const mergedStep = z.object({
  tree: z.string(),
  conflicts: z.array(z.string()),
  /** Absent in what was recorded before kinds were told apart. */
  kinds: z.record(z.string(), z.string()).optional(),
  take: z.array(z.string()).optional(),
});
type MergedStep = z.infer<typeof mergedStep>;

/** Merges two commits. What both sides changed in ways that cannot be joined becomes a question; nothing is chosen for the person. */
export async function mergedTree(node: NodeContext, world: RunWorld, work: MergeWork): Promise<MergedStep> {
  const repository = await world.repository(node);
  const merged = mergedStep.parse(
    await node.step(`${work.key}merged`, async () => {
      const result = await repository.merge(node, work.base, work.ours.commit, work.theirs.commit);
      const conflict = await conflictIn(node, repository, work, result);
      return toJson({
        tree: result.tree,
        conflicts: Object.keys(conflict?.kinds ?? {}),
        ...(conflict === undefined ? {} : { kinds: conflict.kinds, take: conflict.take }),
      });
    }),
  );
  if (merged.conflicts.length === 0) return merged;
  return { ...merged, tree: await resolveConflict(node, world, work, merged) };
}

/** So often an agent may try; then it is for a person. */
const mostAgents = 2;

/** Asks until the answer leaves no conflict: one side's files, what a person made of them by hand, or an agent. */
async function resolveConflict(
  node: NodeContext,
  world: RunWorld,
  work: MergeWork,
  { tree, conflicts, take = conflicts, kinds = {} }: MergedStep,
): Promise<string> {
  const { plan, ours, theirs, place: name, key } = work;
  const conflict: Conflict = { kinds: kinds as Record<string, ConflictKind>, take };
  const repository = await world.repository(node);
  const place = worktreePlace(world, node.run, name);
  const sides = path.join(place.home, 'sides');
  // Once shown, the folder is the person's: a restart must not take their half-done work back.
  await node.step(`${key}shown`, async () => {
    await openWorktree(node, world, node.run, name, ours.commit);
    await repository.restoreTree(node, place.top, tree);
    await layOutSides(node, repository, work, conflict, sides);
    return true;
  });
  let agents = mayAgentResolve(node, conflict) ? mostAgents : 0;
  for (let round = 0; ; round++) {
    const { answer } = await node.ask({
      id: `${key}conflict:${round}`,
      kind: 'mergeConflict',
      problem: problemOf(plan, conflicts, conflict.kinds),
      facts: { files: conflicts, folder: place.top, plan, sides },
      choices: ['integrated', 'plan', 'resolved', ...(agents > 0 ? ['agent'] : [])],
    });
    if (answer === 'agent') {
      agents--;
      const resolved = await letAgentResolve(node, world, work, { tree, conflict, sides, round });
      if (resolved !== undefined) return followed(node, world, place, tree, resolved);
    } else if (answer !== 'resolved') {
      const side = answer === 'integrated' ? ours.tree : theirs.tree;
      return followed(node, world, place, tree, await repository.takePaths(node, tree, side, take));
    } else if (!(await stillMarked(place.top, conflicts)))
      return node.step(`${key}resolved:${round}`, () => repository.writeTree(node, place.top));
  }
}

/** Where nobody worked in the folder, it follows the choice, so that it can be given back later. */
async function followed(
  node: NodeContext,
  world: RunWorld,
  { top }: RunWorktree,
  shown: string,
  chosen: string,
): Promise<string> {
  // A replay may come after it was given back.
  if (!existsSync(top)) return chosen;
  const repository = await world.repository(node);
  if ((await repository.writeTree(node, top)) === shown) await repository.restoreTree(node, top, chosen);
  return chosen;
}

/** Lines that both sides changed are the usual case; anything else is named for what it is. */
function problemOf(plan: string, files: readonly string[], kinds: Readonly<Record<string, string>>): Problem {
  const named = files.join(', ');
  const others = Object.entries(kinds).filter(([, kind]) => kind !== 'lines');
  if (others.length === 0) return { code: 'merge.conflict', args: { plan, files: named } };
  const told = others.map(([file, kind]) => `${file}: ${kind}`).join('; ');
  return { code: 'merge.conflictKinds', args: { plan, files: named, kinds: told } };
}
