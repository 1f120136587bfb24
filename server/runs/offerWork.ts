import type { NodeContext } from '../engine/ports';
import { buildChangeset, type ChangesetOptions } from '../review';
import type { RunWorld } from './dependencies';
import { runFacts, toJson, type OfferOutput } from './facts';

/** What an offer says of itself; the rest follows from the node and its world. */
type Offer = Omit<ChangesetOptions, 'blobs' | 'clock' | 'run' | 'base' | 'integration'>;

/** Turns base → final into a changeset for review, once in the life of the node's attempt. */
export function offerChanges(
  node: NodeContext,
  world: RunWorld,
  base: string,
  final: { readonly commit: string; readonly tree: string },
  describe: () => Promise<Offer>,
): Promise<OfferOutput> {
  const made = node.step('changeset', async () => {
    const changeset = await buildChangeset(node, {
      ...(await describe()),
      blobs: world.blobs,
      clock: world.clock,
      run: node.run,
      base,
      integration: final.commit,
    });
    const blob = await world.blobs.put(new TextEncoder().encode(JSON.stringify(changeset)));
    const former = runFacts.parse(node.facts).revises?.changeset;
    const offer = { changeset: changeset.changeset, blob, files: changeset.files.length, ...final };
    return toJson(former === undefined ? offer : { ...offer, former });
  });
  return made as Promise<unknown> as Promise<OfferOutput>;
}
