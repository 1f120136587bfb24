import { workflowVersion, type Workflow, type WorkflowPolicy } from '../../schemas/journal/workflow';
import type { Melody } from '../../schemas/melody';
import { compileLevel } from './compileLevel';
import { noteLimits, type Compiling, type LoadMelody } from './compileScope';

export interface CompileOptions {
  /** Where the Melody comes from: paths of its subworkflows are relative to it, and problems name it. */
  readonly file: string;
  /** Gives the Melodies it includes; absent: a Melody that includes others is refused. */
  readonly load?: LoadMelody;
}

/**
 * Makes the workflow the engine runs of a Melody that was found valid. Pure: equal Melodies give equal workflows.
 * Linear in nodes and edges, those of subworkflows counted in.
 *
 * - Order alone becomes `after`; values and conditions become `edges`. What merge and join count are edges always.
 * - The retry of the run stands at every instrument and operator that states none.
 * - A Melody stops at the first node that failed for good unless it says otherwise.
 * - `settings.parallel` becomes the limit `*`.
 *
 * Throws `melody.*` where a subworkflow cannot be included (unreadable, including itself, other ports) and where an
 * operator has the name of a kind.
 */
export function compileMelody(melody: Melody, { file, load }: CompileOptions): Workflow {
  const work: Compiling = { load, loaded: new Map(), limits: new Map(), count: 0 };
  const { policy, settings, name } = melody;
  noteLimits(work, melody);
  const nodes = compileLevel(melody, {
    work,
    files: [file],
    path: [],
    depth: 0,
    retry: policy?.retry,
    resource: undefined,
    given: undefined,
  });
  const { limits } = work;
  const { parallel } = settings ?? {};
  if (parallel !== undefined) limits.set('*', Math.min(parallel, limits.get('*') ?? parallel));
  return {
    version: workflowVersion,
    title: name,
    nodes,
    limits: Object.fromEntries(limits),
    policy: policyOf(policy),
  };
}

function policyOf(policy: Melody['policy']): WorkflowPolicy {
  return {
    onFailure: policy?.onFailure ?? 'stop',
    ...(policy?.timeoutMinutes === undefined ? {} : { timeoutMinutes: policy.timeoutMinutes }),
    ...(policy?.budget === undefined ? {} : { budget: policy.budget }),
  };
}
