import type { Performer } from '../../engine/ports';
import { holding, lockOf } from '../arbitrated';
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
    const work = (plan?.verify ?? []).map((command) => ({ plan: id, command }));
    return holding(node, world, `Verify ${id}`, [lockOf.worktree(node.run, id)], async () => {
      const place = await openWorktree(node, world, node.run, id, agent.start);
      return toJson({ evidence: await verifyTree(node, world, place, agent.tree, work) });
    });
  };
}
