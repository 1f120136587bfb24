import { changeset as changesetSchema } from '../../../schemas/wire/review';
import type { NodeContext, Performer } from '../../engine/ports';
import type { PrivateRepository } from '../../git/types';
import type { RunWorld } from '../dependencies';
import { agentOutput, nodeIds, runFacts, toJson, type RunFacts } from '../facts';
import { finalCommit } from '../integration';
import { giveBackWorktrees } from '../giveBack';
import { offerChanges } from '../offerWork';
import { scopedTo } from '../scope';

/** Turns base → integration into a changeset for review, then gives back the worktrees of the run. */
export function offerPerformer(world: RunWorld): Performer {
  return async (node) => {
    const facts = runFacts.parse(node.facts);
    const repository = scopedTo(await world.repository(node), world.folders.prefix);
    const final = finalCommit(facts, (id) => node.output(id));
    const offered = await offerChanges(
      node,
      world,
      (facts.revises?.base ?? facts.base).commit,
      final,
      async () => {
        const touched = await plansByPath(node, repository, facts);
        const former = await plansBefore(world, facts);
        const own = facts.plans.map((plan) => ({ plan: plan.id, title: plan.title }));
        return {
          repository,
          id: `changes-${node.run}`,
          title: facts.title,
          groups: [...(facts.revises?.groups ?? []), ...own],
          // What the version before touched keeps its plans; the revision is one more.
          plansOf: (path) => [...(former.get(path) ?? []), ...(touched.get(path) ?? [])],
        };
      },
    );
    await giveBackWorktrees(node, world, facts, final);
    return toJson(offered);
  };
}

/** Which plans' commits touched which path. */
async function plansByPath(
  node: NodeContext,
  repository: PrivateRepository,
  facts: RunFacts,
): Promise<Map<string, string[]>> {
  const touched = new Map<string, string[]>();
  for (const plan of facts.plans) {
    const made = agentOutput.safeParse(node.output(nodeIds.agent(plan.id)));
    if (!made.success) continue;
    for (const change of await repository.changes(node, made.data.start, made.data.commit)) {
      touched.set(change.path, [...(touched.get(change.path) ?? []), plan.id]);
    }
  }
  return touched;
}

/** The plans of the files that the version before this one changed. */
async function plansBefore(world: RunWorld, { revises }: RunFacts): Promise<Map<string, string[]>> {
  if (revises === undefined) return new Map();
  const bytes = await world.blobs.get(revises.blob);
  if (bytes === undefined) return new Map();
  const { files } = changesetSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return new Map(files.map(({ path, plans }) => [path, plans]));
}
