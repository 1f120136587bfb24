import type { ClientRequests, ResultOf } from '../../../schemas';
import type { Context } from '../../base';
import { openUserTree, type Review, type Reviews } from '../../review';
import type { RunFold } from '../../engine/state';
import type { RunWorld } from '../dependencies';
import { runFacts } from '../facts';
import { removeQuietly } from '../giveBack';
import { commandHash, type Approvals } from '../startRun';
import { runVerifyCommand } from '../verification';
import { openWorktree } from '../worktree';

/**
 * Runs the approved verify commands of a changeset's plans on what was kept of it, in a worktree of its own
 * that is given back afterwards. The user's tree is not looked at.
 */
export async function verifyKept(
  ctx: Context,
  world: RunWorld,
  approvals: Approvals,
  run: RunFold,
  reviews: Reviews,
  review: Review,
): Promise<ResultOf<ClientRequests['reviewVerify']>> {
  const facts = runFacts.parse(run.facts);
  const approved = await approvals.approved();
  const wanted = facts.plans.flatMap((plan) =>
    plan.verify.filter(
      (command) => facts.revises !== undefined || approved.has(commandHash(plan.id, command)),
    ),
  );
  const base = facts.revises?.base ?? facts.base;
  const place = await openWorktree(ctx, world, run.run, 'review', base.commit);
  const repository = await world.repository(ctx);
  const commands: ResultOf<ClientRequests['reviewVerify']>['commands'] = [];
  try {
    const tree = await openUserTree(place.folder);
    for (const file of review.changeset.files) {
      const { name, version } = await reviews.composed(review, file);
      for (const path of new Set([file.path, file.from ?? file.path])) {
        const there = await tree.look(path);
        if (path !== name || version === null) {
          if (there.kind === 'file' || there.kind === 'link') await tree.remove(path, there);
        } else await tree.put(path, version, there);
      }
    }
    for (const command of new Set(wanted)) {
      ctx.signal.throwIfAborted();
      const { exitCode, output } = await runVerifyCommand(ctx, world, place, command, '');
      commands.push({ command, exitCode, output });
    }
  } finally {
    // Only files of ours and what commands made of them are in it.
    await repository.restoreTree(ctx, place.top, base.tree);
    await removeQuietly(ctx, world, place.top, base.commit);
  }
  return { commands };
}
