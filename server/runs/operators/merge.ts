import * as z from 'zod';
import { MergeQueue, mergeInTurn } from '../../arbitration';
import type { NodeContext, Performer } from '../../engine/ports';
import type { Commit } from '../../git';
import type { RunWorld } from '../dependencies';
import { runFacts, toJson } from '../facts';
import { mergedTree } from '../mergeWork';
import { giveBackPlace, nameOf, refOf } from './place';
import { configOf, fitting, treeOf, treeValue } from './values';

const commitStep = z.object({ commit: z.string(), tree: z.string() });

/**
 * Makes one tree of many that come from one `base` (default: the run's), one after the other in the order they
 * arrived. Lines that two of them changed become a question. `conflicts` are the files that were asked about.
 */
export function mergePerformer(world: RunWorld): Performer {
  return async (node: NodeContext) => {
    configOf(node, z.strictObject({}));
    const base = treeOf(node, 'base');
    const trees = fitting(node, 'trees', z.array(treeValue), 'a list of trees');
    const repository = await world.repository(node);
    const { at } = runFacts.parse(node.facts);
    const asked = new Set<string>();
    const changes = trees.map(({ commit }, index) => ({ id: String(index), base: base.commit, commit }));
    const queue = new MergeQueue<Commit>(base, changes, { batch: Math.max(1, trees.length), isProven: true });
    const { tip: merged } = await mergeInTurn(queue, {
      merge: async (ours, { id }) => {
        const theirs = trees[Number(id)]!;
        // Who changed nothing brings nothing, and what was merged from the base alone is it.
        if (theirs.tree === base.tree) return { tip: ours };
        if (ours.tree === base.tree) return { tip: theirs };
        const key = `${id}:`;
        const place = `conflict-${nameOf(node.node)}-${id}`;
        const plan = `${node.node} (${Number(id) + 1})`;
        const { tree, conflicts } = await mergedTree(node, world, {
          ...{ plan, base: base.commit, ours, theirs, place, key },
        });
        for (const file of conflicts) asked.add(file);
        const made = await node.step(`${key}commit`, async () =>
          toJson(
            await repository.commit(
              node,
              tree,
              [ours.commit, theirs.commit],
              `Merge at ${node.node}`,
              at,
              `${refOf(node)}-${id}`,
            ),
          ),
        );
        const tip = commitStep.parse(made);
        if (conflicts.length > 0) await giveBackPlace(node, world, place, tip.commit);
        return { tip };
      },
      // What proves a tree is a node of its own in a Melody.
      prove: () => Promise.resolve(true),
    });
    return toJson({ tree: { commit: merged.commit, tree: merged.tree }, conflicts: [...asked] });
  };
}
