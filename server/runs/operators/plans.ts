import * as z from 'zod';
import { codes } from '../../../schemas/codes';
import { ProblemError, problem } from '../../base';
import type { NodeContext, Performer } from '../../engine/ports';
import { readPlanning, type ExecutablePhase, type Planning } from '../../planning';
import { planningFiles } from '../../storage';
import type { RunWorld } from '../dependencies';
import { toJson } from '../facts';
import { inWorktree } from './place';
import { configOf, textsOf, treeOf } from './values';

const config = z.strictObject({ phase: z.string().min(1) });

/**
 * Reads a phase of the plan out of a tree: `plans` are those of the next wave that are neither done there nor in the
 * list `done` that arrived; `done` has them too, and `more` says whether others come after them. Throws `planning.*`.
 */
export function plansPerformer(world: RunWorld): Performer {
  const perform = (node: NodeContext) => {
    const { phase: id } = configOf(node, config);
    const done = new Set(textsOf(node, 'done'));
    const tree = treeOf(node);
    return inWorktree(
      node,
      world,
      tree.commit,
      async ({ folder }) => {
        const phase = phaseOf(await readPlanning(planningFiles(folder), 0), id);
        const open = phase.plans.filter((plan) => !plan.done && !done.has(plan.id));
        const wave = Math.min(...open.map((plan) => plan.wave));
        const plans = open.filter((plan) => plan.wave === wave);
        return toJson({
          plans: plans.map(({ id, title, text, files, verify }) => ({ id, title, text, files, verify })),
          done: [...done, ...plans.map((plan) => plan.id)],
          more: open.length > plans.length,
        });
      },
      () => tree.commit,
    );
  };
  return Object.assign(perform, { reusable: true });
}

/** The phase, if it can be executed. Throws `planning.*`. */
export function phaseOf(planning: Planning, id: string): ExecutablePhase {
  if (!planning.view.present) throw problem('planning.none', { path: planning.view.project });
  const phase = planning.phase(id);
  if (phase === undefined) {
    const known = planning.view.milestones.flatMap((milestone) => milestone.phases.map((one) => one.id));
    throw problem('planning.phaseUnknown', { phase: id, known: known.join(', ') || '—' });
  }
  const forbidding = phase.problems.find((found) => codes[found.code].severity === 'error');
  if (forbidding !== undefined) throw new ProblemError(forbidding);
  return phase;
}
