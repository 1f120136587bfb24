import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { NodeContext, Performer } from '../../engine/ports';
import type { PrivateRepository } from '../../git/types';
import type { RunWorld } from '../dependencies';
import {
  agentOutput,
  integrationOutput,
  nodeIds,
  runFacts,
  toJson,
  type AgentOutput,
  type IntegrationOutput,
  type RunFacts,
} from '../facts';
import { currentIntegration } from '../integration';
import { verifyTree } from '../verification';
import { openWorktree, worktreePlace } from '../worktree';

const mergedStep = z.object({ tree: z.string(), conflicts: z.array(z.string()) });

/**
 * Merges one plan's commit into the integration and proves the merged tree before the next merge may
 * start. Lines both sides changed become a question; nothing is chosen for the person.
 */
export function mergePerformer(world: RunWorld): Performer {
  return async (given) => {
    const node = anew(given);
    const facts = runFacts.parse(node.facts);
    const { plan } = node.params as { plan: string };
    const agent = agentOutput.parse(node.output(nodeIds.agent(plan)));
    const repository = await world.repository(node);
    const before = integrationOutput.parse(
      await node.step('before', () =>
        Promise.resolve(toJson(currentIntegration(facts, (id) => node.output(id)))),
      ),
    );
    const tree = await mergedTree(node, world, repository, before, agent, plan);
    const evidence = tree === agent.tree ? [] : await proveMerged(node, world, facts, before, tree, plan);
    const made = await node.step('commit', async () => {
      const ref = `refs/symphony/runs/${node.run}/integration`;
      return toJson(
        await repository.commit(node, tree, [before.commit, agent.commit], `Merge ${plan}`, facts.at, ref),
      );
    });
    const { commit } = z.object({ commit: z.string() }).parse(made);
    return toJson({ commit, tree, merges: before.merges + 1, evidence } satisfies IntegrationOutput);
  };
}

/** The node without what earlier attempts recorded: other plans may have been merged since. */
function anew(node: NodeContext): NodeContext {
  if (node.attempt === 1) return node;
  const own = (key: string): string => `${node.attempt}:${key}`;
  return {
    ...node,
    recorded: (key) => node.recorded(own(key)),
    step: (key, work, spent) => node.step(own(key), work, spent),
  };
}

async function mergedTree(
  node: NodeContext,
  world: RunWorld,
  repository: PrivateRepository,
  before: IntegrationOutput,
  agent: AgentOutput,
  plan: string,
): Promise<string> {
  const merged = mergedStep.parse(
    await node.step('merged', async () => {
      const result = await repository.merge(node, agent.start, before.commit, agent.commit);
      return { tree: result.tree, conflicts: result.kind === 'conflict' ? [...result.files] : [] };
    }),
  );
  if (merged.conflicts.length === 0) return merged.tree;
  return resolveConflict(node, world, repository, { before, agent, plan, ...merged });
}

interface Conflict {
  readonly before: IntegrationOutput;
  readonly agent: AgentOutput;
  readonly plan: string;
  readonly tree: string;
  readonly conflicts: string[];
}

/** Asks until the answer leaves no conflict: one side's files, or what the person made of them by hand. */
async function resolveConflict(
  node: NodeContext,
  world: RunWorld,
  repository: PrivateRepository,
  conflict: Conflict,
): Promise<string> {
  const { before, agent, plan, tree, conflicts } = conflict;
  const name = `conflict-${plan}`;
  const place = worktreePlace(world, node.run, name);
  // Once shown, the folder is the person's: a restart must not take their half-done work back.
  await node.step('shown', async () => {
    await openWorktree(node, world, node.run, name, before.commit);
    await repository.restoreTree(node, place.top, tree);
    return true;
  });
  for (let round = 0; ; round++) {
    const { answer } = await node.ask({
      id: `conflict:${round}`,
      kind: 'mergeConflict',
      problem: { code: 'merge.conflict', args: { plan, files: conflicts.join(', ') } },
      facts: { files: conflicts, folder: place.top, plan },
      choices: ['integrated', 'plan', 'resolved'],
    });
    if (answer !== 'resolved') {
      const side = answer === 'integrated' ? before.tree : agent.tree;
      const chosen = await repository.takePaths(node, tree, side, conflicts);
      // Nobody worked in the folder: it follows the choice, so that it can be given back later.
      if ((await repository.writeTree(node, place.top)) === tree)
        await repository.restoreTree(node, place.top, chosen);
      return chosen;
    }
    if (!(await stillMarked(place.top, conflicts))) {
      const resolved = await node.step(`resolved:${round}`, () => repository.writeTree(node, place.top));
      return resolved;
    }
  }
}

/** Whether any of the files still holds a conflict marker. */
async function stillMarked(top: string, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const text = await readFile(path.join(top, file), 'latin1').catch(() => '');
    if (/^(<{7}|>{7}) /m.test(text)) return true;
  }
  return false;
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
