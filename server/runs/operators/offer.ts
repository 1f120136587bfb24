import * as z from 'zod';
import type { NodeContext, Performer } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { runFacts, toJson } from '../facts';
import { offerChanges } from '../offerWork';
import { scopedTo } from '../scope';
import { nameOf } from './place';
import { configOf, treeOf } from './values';

const config = z.strictObject({
  /** What the changes are called in the review; the run's title otherwise. */
  title: z.string().min(1).max(300).optional(),
});

/**
 * Offers what changed between the run's base and a tree for review. The base is always the run's: a decision is
 * guarded by what the user's files held then.
 */
export function offerPerformer(world: RunWorld): Performer {
  return async (node: NodeContext) => {
    const facts = runFacts.parse(node.facts);
    const title = configOf(node, config).title ?? facts.title;
    const final = treeOf(node);
    const repository = scopedTo(await world.repository(node), world.folders.prefix);
    const offered = await offerChanges(node, world, facts.base.commit, final, () =>
      Promise.resolve({
        repository,
        id: node.node === 'offer' ? `changes-${node.run}` : `changes-${node.run}-${nameOf(node.node)}`,
        title,
        groups: [{ plan: node.node, title }],
        plansOf: () => [node.node],
      }),
    );
    const { changeset, files } = offered;
    return toJson({ changeset, files, tree: final, offered });
  };
}
