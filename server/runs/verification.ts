import type { NodeContext } from '../engine/ports';
import type { Context } from '../base';
import { problem } from '../base';
import { evidence, toJson, type Evidence } from './facts';
import type { RunWorld } from './dependencies';
import type { RunWorktree } from './worktree';

const limits = { timeoutMs: 10 * 60_000, outputBytes: 64 * 1024, shownBytes: 4_000 } as const;

/** Runs one verify command where its worktree stands and says how it ended. */
export async function runVerifyCommand(
  ctx: Context,
  world: RunWorld,
  place: RunWorktree,
  command: string,
  tree: string,
): Promise<Evidence> {
  const sandbox = await world.sandbox();
  const result = await sandbox.run(ctx, {
    command,
    worktree: place.folder,
    cwd: '',
    home: place.home,
    timeoutMs: limits.timeoutMs,
    outputBytes: limits.outputBytes,
  });
  return {
    command,
    exitCode: result.exitCode,
    milliseconds: Math.round(result.milliseconds),
    tree,
    output: result.output.slice(-limits.shownBytes),
  };
}

/**
 * Runs the commands one by one, each a recorded step, on the tree the worktree is brought to first.
 * Throws `verify.failed` at the first that does not end with 0.
 */
export async function verifyTree(
  ctx: NodeContext,
  world: RunWorld,
  place: RunWorktree,
  tree: string,
  work: readonly { plan: string; command: string }[],
): Promise<Evidence[]> {
  const repository = await world.repository(ctx);
  const found: Evidence[] = [];
  for (const [index, { plan, command }] of work.entries()) {
    const outcome = await ctx.step(`verify:${index}`, async () => {
      ctx.progress(command);
      await repository.restoreTree(ctx, place.top, tree);
      return toJson(await runVerifyCommand(ctx, world, place, command, tree));
    });
    const proof = evidence.parse(outcome);
    found.push(proof);
    if (proof.exitCode !== 0) throw problem('verify.failed', { plan, command, exitCode: proof.exitCode });
  }
  return found;
}
