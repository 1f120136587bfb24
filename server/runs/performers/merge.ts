import * as z from 'zod';
import type { Spending } from '../../../schemas/journal/events';
import type { Json } from '../../base';
import { MergeQueue, mergeInTurn } from '../../arbitration';
import type { NodeContext, Performer } from '../../engine/ports';
import { holding, lockOf, tellRebase } from '../arbitrated';
import type { RunWorld } from '../dependencies';
import {
  agentOutput,
  integrationOutput,
  nodeIds,
  runFacts,
  toJson,
  type IntegrationOutput,
  type RunFacts,
} from '../facts';
import { currentIntegration } from '../integration';
import { mergedTree } from '../mergeWork';
import { verifyTree } from '../verification';
import { openWorktree } from '../worktree';

/**
 * Merges one plan's commit into the integration and proves the merged tree before the next merge may
 * start. Lines both sides changed become a question; nothing is chosen for the person.
 */
export function mergePerformer(world: RunWorld): Performer {
  return (given) => {
    const node = anew(given);
    const { plan } = node.params as { plan: string };
    const label = `Merge ${plan}`;
    return holding(node, world, label, [lockOf.integration(node.run)], () => merge(node, world, plan));
  };
}

async function merge(node: NodeContext, world: RunWorld, plan: string): Promise<Json> {
  const facts = runFacts.parse(node.facts);
  const agent = agentOutput.parse(node.output(nodeIds.agent(plan)));
  const repository = await world.repository(node);
  const before = integrationOutput.parse(
    await node.step('before', () =>
      Promise.resolve(toJson(currentIntegration(facts, (id) => node.output(id)))),
    ),
  );
  tellRebase(node, world, plan, agent.start !== before.commit);
  let evidence: IntegrationOutput['evidence'] = [];
  const queue = new MergeQueue(before.tree, [{ id: plan, base: agent.start, commit: agent.commit }], {
    batch: 1,
    isProven: true,
  });
  const { tip: tree } = await mergeInTurn(queue, {
    merge: async (_, { base }) => {
      const place = `conflict-${plan}`;
      const merged = await mergedTree(node, world, {
        plan,
        base,
        ours: before,
        theirs: agent,
        place,
        key: '',
      });
      return { tip: merged.tree };
    },
    // Its own tree is proven already; another one is proven by the commands, which throw where they fail.
    prove: async (tip) => {
      if (tip !== agent.tree) evidence = await proveMerged(node, world, facts, before, tip, plan);
      return true;
    },
  });
  const made = await node.step('commit', async () => {
    const ref = `refs/symphony/runs/${node.run}/integration`;
    return toJson(
      await repository.commit(node, tree, [before.commit, agent.commit], `Merge ${plan}`, facts.at, ref),
    );
  });
  const { commit } = z.object({ commit: z.string() }).parse(made);
  return toJson({ commit, tree, merges: before.merges + 1, evidence } satisfies IntegrationOutput);
}

/** The node without what earlier attempts recorded: other plans may have been merged since. */
function anew(node: NodeContext): NodeContext {
  if (node.attempt === 1) return node;
  const own = (key: string): string => `${node.attempt}:${key}`;
  return Object.assign(Object.create(node) as NodeContext, {
    recorded: (key: string) => node.recorded(own(key)),
    step: <T extends Json>(key: string, work: () => Promise<T>, spent?: (outcome: T) => Spending) =>
      node.step(own(key), work, spent),
  } satisfies Partial<NodeContext>);
}

/** Proves the merged tree by the verify commands of this plan and of all that were merged before it. */
async function proveMerged(
  node: NodeContext,
  world: RunWorld,
  facts: RunFacts,
  before: IntegrationOutput,
  tree: string,
  plan: string,
): Promise<IntegrationOutput['evidence']> {
  const place = await openWorktree(node, world, node.run, 'integration', before.commit);
  const merged = facts.plans.filter(
    (one) => one.id === plan || node.output(nodeIds.merge(one.id)) !== undefined,
  );
  const commands = new Map(merged.flatMap((one) => one.verify.map((command) => [command, one.id] as const)));
  return verifyTree(
    node,
    world,
    place,
    tree,
    [...commands].map(([command, owner]) => ({ plan: owner, command })),
  );
}
