import {
  finishTool,
  runAgent,
  worktreeTools,
  type AgentOutcome,
  type FinishOutputs,
  type Limits,
  type Tool,
  type ToolResult,
} from '../agents';
import { problem, type Context } from '../base';
import { AgentTurns } from '../checkpoints';
import type { NodeContext } from '../engine/ports';
import type { Commit } from '../git';
import type { RunWorld } from './dependencies';
import { agentOutput, runFacts, toJson } from './facts';
import { runVerifyCommand } from './verification';
import { openWorktree, type RunWorktree } from './worktree';

/** What an agent is to do, and where. */
export interface AgentWork {
  /** What problems and the model call the work; also the name of its worktree unless `place` says otherwise. */
  readonly plan: string;
  readonly place?: string;
  readonly title: string;
  readonly start: Commit;
  readonly model: string;
  readonly system: string;
  readonly instruction: (place: RunWorktree) => Promise<string> | string;
  readonly limits: Limits;
  /** Commands that must end with 0 before `finish` is believed. */
  readonly verify: readonly string[];
  /** Whether it may change files; otherwise it gets the tools that only look (default true). */
  readonly edits?: boolean;
  /** Further values `finish` must bring. */
  readonly outputs?: FinishOutputs;
  /** Points at the commit, so that git keeps it. */
  readonly ref: string;
}

export interface AgentResult extends AgentOutcome {
  readonly commit: string;
  readonly tree: string;
}

/**
 * Lets an agent work in a worktree that begins as `start`, then commits what it made to the private repository.
 * The worktree is a function of the journal: after a crash it is brought to the tree recorded last.
 */
export async function doAgentWork(node: NodeContext, world: RunWorld, work: AgentWork): Promise<AgentResult> {
  const { plan, start, edits = true } = work;
  const repository = await world.repository(node);
  const place = await openWorktree(node, world, node.run, work.place ?? plan, start.commit);
  const opened = await world.openModel(node, work.model);
  if (!opened.ok) throw problem(opened.problem.code, opened.problem.args);

  const turns = new AgentTurns({
    ...{ repository, start },
    run: node.run,
    node: node.node,
    attempt: node.attempt,
    label: work.title,
    now: () => world.clock.now(),
  });
  const outcome = await runAgent(node, {
    plan,
    system: work.system,
    instruction: await work.instruction(place),
    model: opened.value,
    tools: await toolsFor(node, world, work, place),
    limits: work.limits,
    afterChange: (ctx) => repository.writeTree(ctx, place.top),
    restore: (ctx, tree) => repository.restoreTree(ctx, place.top, tree ?? start.tree),
    ...(edits ? { turn: (ctx, turn) => turns.took(ctx, turn) } : {}),
  });
  if (!edits) return { ...outcome, ...start };

  const made = await node.step('commit', async () => {
    const tree = await repository.writeTree(node, place.top);
    const message = `${plan}: ${work.title}\n\n${outcome.summary}`;
    return toJson(
      await repository.commit(
        node,
        tree,
        [start.commit],
        message,
        runFacts.pick({ at: true }).parse(node.facts).at,
        work.ref,
      ),
    );
  });
  return { ...outcome, ...agentOutput.pick({ commit: true, tree: true }).parse(made) };
}

/** The agent's tools; its `finish` is believed only after the verify commands have passed. */
async function toolsFor(
  node: NodeContext,
  world: RunWorld,
  { verify, edits = true, outputs }: AgentWork,
  place: RunWorktree,
): Promise<readonly Tool[]> {
  const veto = async (ctx: Context): Promise<ToolResult | undefined> => {
    for (const command of verify) {
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
  if (!edits) return [...tools.filter(({ changesFiles }) => !changesFiles), finishTool(undefined, outputs)];
  return [...tools, finishTool(veto, outputs)];
}
