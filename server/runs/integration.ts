import type { Json } from '../base';
import { agentOutput, integrationOutput, nodeIds, type IntegrationOutput, type RunFacts } from './facts';

type OutputOf = (node: string) => Json | undefined;

/** The base as an integration of no merges: where everything starts. */
export function baseIntegration(facts: RunFacts): IntegrationOutput {
  return { ...facts.base, merges: 0, evidence: [] };
}

/** The newest of the integrations that `nodes` (merges and joins) produced; the base where none did. */
export function newestIntegration(
  facts: RunFacts,
  output: OutputOf,
  nodes: readonly string[],
): IntegrationOutput {
  let newest = baseIntegration(facts);
  for (const node of nodes) {
    const parsed = integrationOutput.safeParse(output(node));
    if (parsed.success && parsed.data.merges > newest.merges) newest = parsed.data;
  }
  return newest;
}

/** The integration as it stands now, over all plans of the run. */
export function currentIntegration(facts: RunFacts, output: OutputOf): IntegrationOutput {
  return newestIntegration(
    facts,
    output,
    facts.plans.map((plan) => nodeIds.merge(plan.id)),
  );
}

/** What review compares with the base: the integration of a phase, the agent's own tree of an ask. */
export function finalCommit(facts: RunFacts, output: OutputOf): { commit: string; tree: string } {
  if (facts.ask === null && facts.revises === undefined) return currentIntegration(facts, output);
  const agent = agentOutput.safeParse(output(nodeIds.agent(facts.plans[0]?.id ?? 'ask')));
  return agent.success ? agent.data : facts.base;
}
