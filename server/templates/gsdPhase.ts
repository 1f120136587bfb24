import { codes, type Workflow, type WorkflowNode } from '../../schemas';
import { ProblemError, problem } from '../base';
import type { ExecutablePhase, ExecutablePlan } from '../planning';
import { titleOf } from './titles';

export interface PhaseWorkflowOptions {
  /** How many agents may work at once, at least 1. */
  readonly parallel: number;
}

/** Verify commands are builds and tests; two at once keep a small machine usable. */
const verifyAtOnce = 2;

/**
 * The workflow of a phase: each plan without a SUMMARY is worked on, verified and merged; a join ends
 * each wave, agents of the next one start after it, and the offer comes last. A plan also starts only
 * after the merges of the plans named in its `after`.
 *
 * Throws the first error among the problems of the phase, and `planning.noPlans` when nothing is to do.
 */
export function phaseWorkflow(phase: ExecutablePhase, { parallel }: PhaseWorkflowOptions): Workflow {
  const forbidding = phase.problems.find((found) => codes[found.code].severity === 'error');
  if (forbidding) throw new ProblemError(forbidding);
  const open = phase.plans.filter((plan) => !plan.done);
  if (open.length === 0) throw problem('planning.noPlans', { phase: phase.id, example: exampleOf(phase) });

  const nodes: WorkflowNode[] = [];
  const openIds = new Set(open.map((plan) => plan.id));
  let lastJoin: string | undefined;
  for (const wave of [...new Set(open.map((plan) => plan.wave))].sort((a, b) => a - b)) {
    const plans = open.filter((plan) => plan.wave === wave);
    const before = lastJoin === undefined ? [] : [lastJoin];
    for (const plan of plans) nodes.push(...nodesOf(plan, before, openIds));
    lastJoin = `wave:${wave}`;
    nodes.push({
      id: lastJoin,
      kind: 'join',
      title: `Wave ${wave} done`,
      after: plans.map((plan) => `merge:${plan.id}`),
      resource: 'integration',
      params: { wave },
      retries: 0,
    });
  }
  nodes.push({
    id: 'offer',
    kind: 'offer',
    title: 'Offer the changes for review',
    after: lastJoin === undefined ? [] : [lastJoin],
    resource: 'integration',
    params: {},
    retries: 0,
  });
  return {
    version: 0,
    title: titleOf(`Phase ${phase.id}: ${phase.name}`, `Phase ${phase.id}`),
    nodes,
    limits: { agent: Math.max(1, Math.floor(parallel)), verify: verifyAtOnce, integration: 1 },
  };
}

/** The three steps of one plan; it waits for `before` and for the merges of open plans in its `after`. */
function nodesOf(plan: ExecutablePlan, before: readonly string[], open: ReadonlySet<string>): WorkflowNode[] {
  const merges = plan.after.filter((id) => open.has(id)).map((id) => `merge:${id}`);
  return [
    {
      id: `agent:${plan.id}`,
      kind: 'agent',
      title: titleOf(`${plan.id} ${plan.title}`, plan.id),
      after: [...new Set([...before, ...merges])],
      resource: 'agent',
      params: { plan: plan.id },
      retries: 1,
    },
    {
      id: `verify:${plan.id}`,
      kind: 'verify',
      title: `Verify ${plan.id}`,
      after: [`agent:${plan.id}`],
      resource: 'verify',
      params: { plan: plan.id },
      retries: 0,
    },
    {
      id: `merge:${plan.id}`,
      kind: 'merge',
      title: `Merge ${plan.id}`,
      after: [`verify:${plan.id}`],
      resource: 'integration',
      params: { plan: plan.id, wave: plan.wave },
      retries: 0,
    },
  ];
}

function exampleOf(phase: ExecutablePhase): string {
  const number = /^\d+/.test(phase.id)
    ? phase.id.replace(/^\d+/, (digits) => digits.padStart(2, '0'))
    : phase.id;
  return `${phase.directory}/${number}-01-PLAN.md`;
}
