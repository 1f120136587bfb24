import * as z from 'zod';
import type { NodeContext, Performer } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { evidence, runFacts, toJson } from '../facts';
import { runVerifyCommand } from '../verification';
import { requireApproved } from './approval';
import { inWorktree, refOf } from './place';
import { configOf, textsOf, treeOf } from './values';

const config = z.strictObject({ commands: z.array(z.string().min(1)).default([]) });
const madeStep = z.object({ commit: z.string(), tree: z.string() });

/**
 * Runs commands one after the other on a tree, until one does not end with 0. However they end, the node is well:
 * `ok`, `exitCode` and `output` say how, `tree` is what they left of the files.
 */
export function commandPerformer(world: RunWorld): Performer {
  const perform = async (node: NodeContext) => {
    const commands = [...configOf(node, config).commands, ...textsOf(node, 'commands')];
    await requireApproved(node, commands);
    const start = treeOf(node);
    const repository = await world.repository(node);
    return inWorktree(
      node,
      world,
      start.commit,
      async (place) => {
        const outputs: string[] = [];
        let exitCode = 0;
        for (const [index, command] of commands.entries()) {
          if (exitCode !== 0) break;
          const key = `command:${index}`;
          const replayed = node.recorded(key);
          const step = await node.step(key, async () => {
            node.progress(command);
            const proof = await runVerifyCommand(node, world, place, command, '');
            return toJson({ ...proof, tree: await repository.writeTree(node, place.top) });
          });
          const proof = evidence.parse(step);
          // A replay opened the worktree as it began; the next command works on what this one left.
          if (replayed) await repository.restoreTree(node, place.top, proof.tree);
          exitCode = proof.exitCode;
          outputs.push(commands.length === 1 ? proof.output : `$ ${command}\n${proof.output}`);
        }
        const made = madeStep.parse(
          await node.step('commit', async () => {
            const tree = await repository.writeTree(node, place.top);
            if (tree === start.tree) return toJson(start);
            const { at } = runFacts.parse(node.facts);
            const message = `${node.node}: ${commands.join(' && ')}`;
            return toJson(await repository.commit(node, tree, [start.commit], message, at, refOf(node)));
          }),
        );
        return toJson({ ok: exitCode === 0, exitCode, output: outputs.join('\n'), tree: made });
      },
      (outcome) => (outcome as { tree: { commit: string } }).tree.commit,
    );
  };
  return Object.assign(perform, { reusable: true });
}
