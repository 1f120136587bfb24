import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { askInstruction, planInstruction, systemPrompt } from '../../agents';
import type { NodeContext, Performer } from '../../engine/ports';
import { doAgentWork } from '../agentWork';
import type { RunWorld } from '../dependencies';
import { runFacts, toJson, type PlannedWork, type RunFacts } from '../facts';
import { newestIntegration } from '../integration';
import type { RunWorktree } from '../worktree';

/** Lets an agent do one plan in its own worktree, from the integration of what it waited for. */
export function agentPerformer(world: RunWorld): Performer {
  const perform = async (node: NodeContext) => {
    const facts = runFacts.parse(node.facts);
    const plan = planOf(node, facts);
    const start = newestIntegration(facts, (id) => node.output(id), node.after);
    const made = await doAgentWork(node, world, {
      plan: plan.id,
      title: plan.title,
      start: { commit: start.commit, tree: start.tree },
      model: facts.model,
      system: systemPrompt,
      instruction: (place) => instructionFor(facts, plan, place),
      limits: facts.limits,
      verify: plan.verify,
      files: plan.files,
      ref: `refs/symphony/runs/${node.run}/plans/${plan.id}`,
    });
    return toJson({ start: start.commit, ...made });
  };
  return Object.assign(perform, { reusable: true, spends: true });
}

function planOf(node: NodeContext, facts: RunFacts): PlannedWork {
  const id = (node.params as { plan?: string }).plan;
  const plan = facts.plans.find((one) => one.id === id);
  if (plan === undefined) throw new Error(`node ${node.node} names the unknown plan ${String(id)}`);
  return plan;
}

async function instructionFor(facts: RunFacts, plan: PlannedWork, place: RunWorktree): Promise<string> {
  if (facts.ask === null) return planInstruction(plan);
  const lines = facts.ask.lines && { first: facts.ask.lines.from, last: facts.ask.lines.to };
  const content = await readFile(path.join(place.folder, facts.ask.path), 'utf8').catch(() => '');
  return askInstruction({
    path: facts.ask.path,
    lines,
    instruction: plan.text,
    content,
  });
}
