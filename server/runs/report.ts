import { chatReply } from '../../schemas/wire/models';
import type { NodeState, PlanReport, RunSummary } from '../../schemas/wire/run';
import type { Problem } from '../../schemas/codes';
import type { Usage } from '../../schemas/wire/common';
import type { Changeset } from '../../schemas/wire/review';
import type { NodeFold, RunFold } from '../engine/state';
import { offersOf } from './changesets';
import { agentOutput, integrationOutput, nodeIds, runFacts, verifyOutput, type PlannedWork } from './facts';

const nothing: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

/** One run in a line or two; `trouble` is what keeps it from being recorded at the moment. */
export function summarise(run: RunFold, trouble?: Problem): RunSummary {
  const facts = runFacts.parse(run.facts);
  const nodes = [...run.nodes.values()];
  const count = (state: NodeState): number => nodes.filter((node) => node.state === state).length;
  return {
    run: run.run,
    title: run.title,
    kind: run.kind,
    state: run.state,
    model: facts.model,
    createdAt: run.createdAt,
    endedAt: run.endedAt,
    nodes: {
      total: nodes.length,
      completed: count('completed'),
      running: count('running'),
      failed: count('failed'),
    },
    usage: nodes.map(usageOf).reduce(addUsage, nothing),
    questions: run.questions.map(({ question }) => question),
    problem: run.problem ?? trouble ?? null,
    changeset: offersOf(run).at(-1)?.changeset ?? null,
  };
}

/** What each plan of a run changed, proved and cost; `changeset` is the offered one, if there is one yet. */
export function reportPlans(run: RunFold, changeset: Changeset | undefined): PlanReport[] {
  const facts = runFacts.parse(run.facts);
  return facts.plans.map((plan) => reportPlan(run, plan, changeset));
}

function reportPlan(run: RunFold, plan: PlannedWork, changeset: Changeset | undefined): PlanReport {
  const nodes = [nodeIds.agent(plan.id), nodeIds.verify(plan.id), nodeIds.merge(plan.id)].flatMap(
    (id) => run.nodes.get(id) ?? [],
  );
  const agent = agentOutput.safeParse(nodes[0]?.output);
  const verified = verifyOutput.safeParse(run.nodes.get(nodeIds.verify(plan.id))?.output);
  const merged = integrationOutput.safeParse(run.nodes.get(nodeIds.merge(plan.id))?.output);
  const proofs = [
    ...(verified.success ? verified.data.evidence : []),
    ...(merged.success ? merged.data.evidence : []),
  ];
  const files = (changeset?.files ?? []).filter((file) => file.plans.includes(plan.id));
  return {
    plan: plan.id,
    title: plan.title,
    state: planState(nodes),
    files: files.map(({ path, change, added, removed }) => ({ path, change, added, removed })),
    verified: proofs.map(({ command, exitCode, milliseconds }) => ({ command, exitCode, milliseconds })),
    usage: nodes.map(usageOf).reduce(addUsage, nothing),
    turns: nodes[0] === undefined ? 0 : repliesOf(nodes[0]).length,
    milliseconds: agent.success ? agent.data.milliseconds : 0,
    problem: nodes.find((node) => node.problem !== null)?.problem ?? null,
  };
}

/** A plan stands where its least advanced node stands. */
function planState(nodes: readonly NodeFold[]): NodeState {
  const states = nodes.map((node) => node.state);
  for (const state of ['failed', 'waiting', 'running', 'cancelled'] as const)
    if (states.includes(state)) return state;
  if (states.every((state) => state === 'completed')) return 'completed';
  return states.includes('completed') ? 'running' : 'pending';
}

/** The model replies a node has recorded; see the agent loop's step keys. */
function repliesOf(node: NodeFold): Usage[] {
  return [...node.steps].flatMap(([key, outcome]) => {
    if (!key.startsWith('model:')) return [];
    const reply = chatReply.shape.usage.safeParse(
      (outcome as { reply?: { usage?: unknown } } | null)?.reply?.usage,
    );
    return reply.success ? [reply.data] : [];
  });
}

const usageOf = (node: NodeFold): Usage => repliesOf(node).reduce(addUsage, nothing);

function addUsage(left: Usage, right: Usage): Usage {
  const sum = {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cachedTokens: left.cachedTokens + right.cachedTokens,
  };
  return left.usd === undefined && right.usd === undefined
    ? sum
    : { ...sum, usd: (left.usd ?? 0) + (right.usd ?? 0) };
}
