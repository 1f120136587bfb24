import * as z from 'zod';
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
    let merged: Commit = base;
    for (const [index, theirs] of trees.entries()) {
      // Who changed nothing brings nothing, and what was merged from the base alone is it.
      if (theirs.tree === base.tree) continue;
      if (merged.tree === base.tree) {
        merged = theirs;
        continue;
      }
      const key = `${index}:`;
      const place = `conflict-${nameOf(node.node)}-${index}`;
      const work = {
        plan: `${node.node} (${index + 1})`,
        base: base.commit,
        ours: merged,
        theirs,
        place,
        key,
      };
      const { tree, conflicts } = await mergedTree(node, world, work);
      for (const file of conflicts) asked.add(file);
      const parents = [merged.commit, theirs.commit];
      merged = commitStep.parse(
        await node.step(`${key}commit`, async () =>
          toJson(
            await repository.commit(
              node,
              tree,
              parents,
              `Merge at ${node.node}`,
              at,
              `${refOf(node)}-${index}`,
            ),
          ),
        ),
      );
      if (conflicts.length > 0) await giveBackPlace(node, world, place, merged.commit);
    }
    return toJson({ tree: { commit: merged.commit, tree: merged.tree }, conflicts: [...asked] });
  };
}
