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
import type { Context } from '../base';
import { AgentTurns } from '../checkpoints';
import type { NodeContext } from '../engine/ports';
import type { Commit } from '../git';
import { holding, lockOf, observeWrites } from './arbitrated';
import type { RunWorld } from './dependencies';
import { agentOutput, runFacts, toJson } from './facts';
import { withModel } from './leasedModel';
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
  /** Paths it is expected to change, for the forecast of collisions. */
  readonly files?: readonly string[];
  /** Whether its writes are looked at for collisions with other agents (default true). */
  readonly watched?: boolean;
  /** Why `finish` is not believed yet, for the model; undefined where it may be. */
  readonly refuse?: (place: RunWorktree) => Promise<string | undefined>;
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
  const name = work.place ?? work.plan;
  return holding(node, world, work.title, [lockOf.worktree(node.run, name)], () =>
    workInPlace(node, world, work, name),
  );
}

async function workInPlace(
  node: NodeContext,
  world: RunWorld,
  work: AgentWork,
  name: string,
): Promise<AgentResult> {
  const { plan, start, edits = true } = work;
  const repository = await world.repository(node);
  const place = await openWorktree(node, world, node.run, name, start.commit);
  const turns = new AgentTurns({
    ...{ repository, start },
    run: node.run,
    node: node.node,
    attempt: node.attempt,
    label: work.title,
    now: () => world.clock.now(),
  });
  const outcome = await withModel(node, world, work.model, async (model) =>
    runAgent(node, {
      plan,
      system: work.system,
      instruction: await work.instruction(place),
      model,
      tools: await toolsFor(node, world, work, place),
      limits: work.limits,
      afterChange: async (ctx) => {
        const tree = await repository.writeTree(ctx, place.top);
        if (world.arbitration !== undefined && edits && work.watched !== false)
          observeWrites(node, world, plan, work.files ?? [], await repository.changes(ctx, start.tree, tree));
        return tree;
      },
      restore: (ctx, tree) => repository.restoreTree(ctx, place.top, tree ?? start.tree),
      ...(edits ? { turn: (ctx, turn) => turns.took(ctx, turn) } : {}),
    }),
  );
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
  { verify, edits = true, outputs, refuse }: AgentWork,
  place: RunWorktree,
): Promise<readonly Tool[]> {
  const veto = async (ctx: Context): Promise<ToolResult | undefined> => {
    const refused = await refuse?.(place);
    if (refused !== undefined) return { text: refused, isError: true };
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
