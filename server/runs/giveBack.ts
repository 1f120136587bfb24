import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../base';
import type { NodeContext } from '../engine/ports';
import type { RunWorld } from './dependencies';
import { agentOutput, integrationOutput, nodeIds, type RunFacts } from './facts';
import { worktreePlace } from './worktree';

/**
 * Everything agents made is committed, so their worktrees may go; one whose files differ from its
 * commit is kept and named in the log, because somebody may have worked in it.
 */
export async function giveBackWorktrees(
  node: NodeContext,
  world: RunWorld,
  facts: RunFacts,
  final: { commit: string; tree: string },
): Promise<void> {
  for (const plan of facts.plans) {
    const made = agentOutput.safeParse(node.output(nodeIds.agent(plan.id)));
    if (made.success)
      await removeQuietly(node, world, worktreePlace(world, node.run, plan.id).top, made.data.commit);
    const merged = integrationOutput.safeParse(node.output(nodeIds.merge(plan.id)));
    if (merged.success)
      await removeQuietly(
        node,
        world,
        worktreePlace(world, node.run, `conflict-${plan.id}`).top,
        merged.data.commit,
      );
  }
  // Only verify commands ran in this one, on trees that are committed: whatever it holds may go.
  const { top } = worktreePlace(world, node.run, 'integration');
  if (existsSync(top)) {
    await (await world.repository(node)).restoreTree(node, top, final.tree);
    await removeQuietly(node, world, top, final.commit);
  }
  // The private homes hold caches of commands that have ended.
  await rm(path.dirname(worktreePlace(world, node.run, 'integration').home), {
    recursive: true,
    force: true,
  });
}

/** Removes a worktree whose files equal a commit; another one is kept and named in the log. */
export async function removeQuietly(
  ctx: Context,
  world: RunWorld,
  folder: string,
  expected: string,
): Promise<void> {
  if (!existsSync(folder)) return;
  try {
    const repository = await world.repository(ctx);
    await repository.removeWorktree(ctx, folder, expected);
  } catch (thrown) {
    ctx.log.warn('a worktree was kept', { folder, reason: String(thrown) });
  }
}
