import * as z from 'zod';
import type { NodeContext, Performer } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { toJson } from '../facts';
import { verifyTree } from '../verification';
import { requireApproved } from './approval';
import { inWorktree } from './place';
import { configOf, textsOf, treeOf } from './values';

const config = z.strictObject({ commands: z.array(z.string().min(1)).default([]) });

/** Proves a tree: every command must end with 0 on it, otherwise the node fails. The tree goes through unchanged. */
export function verifyPerformer(world: RunWorld): Performer {
  const perform = async (node: NodeContext) => {
    const commands = [...configOf(node, config).commands, ...textsOf(node, 'commands')];
    await requireApproved(node, commands);
    const tree = treeOf(node);
    if (commands.length === 0) return toJson({ tree, evidence: [] });
    const repository = await world.repository(node);
    const work = commands.map((command) => ({ plan: node.node, command }));
    return inWorktree(
      node,
      world,
      tree.commit,
      async (place) => {
        const evidence = await verifyTree(node, world, place, tree.tree, work);
        // What the commands left behind is none of the tree.
        await repository.restoreTree(node, place.top, tree.tree);
        return toJson({ tree, evidence });
      },
      () => tree.commit,
    );
  };
  return Object.assign(perform, { reusable: true });
}
