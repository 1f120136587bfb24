import * as z from 'zod';
import type { NodeContext, Performer } from '../../engine/ports';
import { buildChangeset } from '../../review';
import type { RunWorld } from '../dependencies';
import { runFacts, toJson, type OfferOutput } from '../facts';
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
    const offered = await node.step('changeset', async () => {
      const changeset = await buildChangeset(node, {
        repository: scopedTo(await world.repository(node), world.folders.prefix),
        blobs: world.blobs,
        clock: world.clock,
        id: node.node === 'offer' ? `changes-${node.run}` : `changes-${node.run}-${nameOf(node.node)}`,
        run: node.run,
        title,
        base: facts.base.commit,
        integration: final.commit,
        groups: [{ plan: node.node, title }],
        plansOf: () => [node.node],
      });
      const blob = await world.blobs.put(new TextEncoder().encode(JSON.stringify(changeset)));
      return toJson({
        changeset: changeset.changeset,
        blob,
        files: changeset.files.length,
        ...final,
      } satisfies OfferOutput);
    });
    const { changeset, files } = offered as { changeset: string; files: number };
    return toJson({ changeset, files, tree: final, offered });
  };
}
