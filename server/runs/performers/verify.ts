import type { Performer } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { agentOutput, nodeIds, runFacts, toJson } from '../facts';
import { verifyTree } from '../verification';
import { openWorktree } from '../worktree';

/** Runs a plan's verify commands on exactly the tree its agent committed; their outcomes are the evidence. */
export function verifyPerformer(world: RunWorld): Performer {
  return async (node) => {
    const facts = runFacts.parse(node.facts);
    const { plan: id } = node.params as { plan: string };
    const plan = facts.plans.find((one) => one.id === id);
    const agent = agentOutput.parse(node.output(nodeIds.agent(id)));
    const place = await openWorktree(node, world, node.run, id, agent.start);
    const work = (plan?.verify ?? []).map((command) => ({ plan: id, command }));
    return toJson({ evidence: await verifyTree(node, world, place, agent.tree, work) });
  };
}
