import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  runAgent,
  systemPrompt,
  planInstruction,
  askInstruction,
  worktreeTools,
  finishTool,
  type Tool,
  type ToolResult,
} from '../../agents';
import { problem, type Context } from '../../base';
import type { NodeContext, Performer } from '../../engine/ports';
import type { RunWorld } from '../dependencies';
import { agentOutput, runFacts, toJson, type PlannedWork, type RunFacts } from '../facts';
import { newestIntegration } from '../integration';
import { runVerifyCommand } from '../verification';
import { openWorktree, type RunWorktree } from '../worktree';

/**
 * Lets an agent do one plan in its own worktree, then commits what it made to the private repository.
 * The worktree is a function of the journal: after a crash it is brought to the tree recorded last.
 */
export function agentPerformer(world: RunWorld): Performer {
  return async (node) => {
    const facts = runFacts.parse(node.facts);
    const plan = planOf(node, facts);
    const repository = await world.repository(node);
    const start = newestIntegration(facts, (id) => node.output(id), node.after);
    const place = await openWorktree(node, world, node.run, plan.id, start.commit);
    const opened = await world.openModel(node, facts.model);
    if (!opened.ok) throw problem(opened.problem.code, opened.problem.args);

    const outcome = await runAgent(node, {
      plan: plan.id,
      system: systemPrompt,
      instruction: await instructionFor(facts, plan, place),
      model: opened.value,
      tools: await toolsFor(node, world, plan, place),
      limits: facts.limits,
      afterChange: (ctx) => repository.writeTree(ctx, place.top),
      restore: (ctx, tree) => repository.restoreTree(ctx, place.top, tree ?? start.tree),
    });

    const made = await node.step('commit', async () => {
      const tree = await repository.writeTree(node, place.top);
      const message = `${plan.id}: ${plan.title}\n\n${outcome.summary}`;
      const ref = `refs/symphony/runs/${node.run}/plans/${plan.id}`;
      return toJson(await repository.commit(node, tree, [start.commit], message, facts.at, ref));
    });
    const commit = agentOutput.pick({ commit: true, tree: true }).parse(made);
    return toJson({ start: start.commit, ...commit, ...outcome });
  };
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

/** The agent's tools; its `finish` is believed only after the plan's verify commands have passed. */
async function toolsFor(
  node: NodeContext,
  world: RunWorld,
  plan: PlannedWork,
  place: RunWorktree,
): Promise<readonly Tool[]> {
  const veto = async (ctx: Context): Promise<ToolResult | undefined> => {
    for (const command of plan.verify) {
      node.progress(command);
      const proof = await runVerifyCommand(ctx, world, place, command, '');
      if (proof.exitCode === 0) continue;
      const text = `Not finished: the verify command \`${command}\` ended with exit code ${proof.exitCode}.\n${proof.output}`;
      return { text, isError: true };
    }
    return undefined;
  };
  const sandbox = await world.sandbox();
  const tools = worktreeTools({ node, sandbox, worktree: place.folder, home: place.home });
  return [...tools, finishTool(veto)];
}
