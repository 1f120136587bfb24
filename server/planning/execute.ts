import { codes, type Problem } from '../../schemas/codes';
import { normalPhaseId, normalPlanId, phaseIdOfInput, slugOf } from './ids';
import { orderPlans, phaseOfDependency } from './order';
import type { ExecutablePhase } from './types';
import { type PhaseModel, orderInput, phaseState } from './view';

/** A phase as execution needs it, chosen by what a person typed or by its key; undefined where there is none. */
export function executablePhase(models: readonly PhaseModel[], input: string): ExecutablePhase | undefined {
  const phase = choosePhase(models, input);
  if (!phase) return undefined;
  const { order, problems } = orderPlans(phase.id, phase.plans.map(orderInput), elsewhereOf(models, phase));
  const own = phase.plans.flatMap((plan) => plan.content.problems);
  return {
    id: phase.id,
    name: phase.name,
    directory: phase.draft.directory?.path ?? folderFor(phase),
    plans: phase.plans.map((plan) => ({
      id: plan.id,
      file: plan.file,
      title: plan.title,
      objective: plan.content.objective,
      text: plan.content.text,
      ...order.get(plan.id)!,
      files: plan.content.files,
      verify: plan.content.verify,
      done: plan.done,
    })),
    problems: [...problems, ...own].sort((a, b) => severity(a) - severity(b)),
  };
}

/** The folder a phase gets that has none yet: padded number and name. */
function folderFor(phase: PhaseModel): string {
  const number = phase.id.replace(/^\d+/, (digits) => digits.padStart(2, '0'));
  const slug = phase.name === phase.id ? '' : slugOf(phase.name);
  return `${phase.scope.root}/phases/${slug === '' ? number : `${number}-${slug}`}`;
}

/** Chooses the phase a person means: of the active milestone first, then of open ones, folders before mere mentions. */
function choosePhase(models: readonly PhaseModel[], input: string): PhaseModel | undefined {
  const id = phaseIdOfInput(input);
  const slug = slugOf(input);
  const candidates = models.filter(
    (model) =>
      model.id === id ||
      model.key === input ||
      (slug !== '' && slugOf(model.draft.directory?.slug ?? '') === slug),
  );
  const rank = (model: PhaseModel): number =>
    (model.key === input ? -100 : 0) +
    (model.id === id ? 0 : 50) +
    (model.scope.workstream === '' ? 0 : 10) +
    (model.milestoneState === 'active' ? 0 : model.milestoneState === 'open' ? 2 : 4) +
    (model.draft.directory ? 0 : 1);
  // Of equals the last: milestones are in order, and the newest is meant.
  return candidates.reverse().sort((a, b) => rank(a) - rank(b))[0];
}

const severity = (found: Problem): number => (codes[found.code].severity === 'error' ? 0 : 1);

/** Looks a dependency up among the plans and phases of the same tree; any that is done satisfies it. */
function elsewhereOf(
  models: readonly PhaseModel[],
  phase: PhaseModel,
): (dependency: string) => { done: boolean; phase: string } | undefined {
  const others = models.filter((model) => model !== phase && model.scope === phase.scope);
  return (dependency) => {
    const id = normalPlanId(dependency);
    const found: { done: boolean; phase: string }[] = [];
    // A short id such as `01` means a plan of this phase.
    const whole = normalPlanId(`${phase.draft.directory?.written ?? phase.id}-${dependency}`);
    if (hasSummary(phase, id) || hasSummary(phase, whole)) return { done: true, phase: phase.id };
    for (const model of others) {
      const plan = model.plans.find((one) => normalPlanId(one.id) === id || baseName(one.file) === id);
      if (plan) found.push({ done: plan.done, phase: model.id });
      else if (hasSummary(model, id)) found.push({ done: true, phase: model.id });
    }
    if (found.length === 0) found.push(...wholePhases(others, dependency));
    return found.find((one) => one.done) ?? found[0];
  };
}

/** Whether the folder holds the SUMMARY of a plan, even where the plan itself is gone. */
function hasSummary(model: PhaseModel, id: string): boolean {
  return (model.draft.directory?.names ?? []).some(
    (name) => /-SUMMARY\.md$/i.test(name) && normalPlanId(name.replace(/-SUMMARY\.md$/i, '')) === id,
  );
}

function wholePhases(models: readonly PhaseModel[], dependency: string): { done: boolean; phase: string }[] {
  const id = phaseOfDependency(dependency);
  const folder = dependency.trim();
  return models
    .filter((model) => {
      const name = model.draft.directory?.path.split('/').at(-1);
      return name === folder || (id !== undefined && normalPhaseId(model.id) === id);
    })
    .map((model) => ({ done: phaseState(model) === 'complete', phase: model.id }));
}

function baseName(file: string): string {
  return normalPlanId(file.slice(file.lastIndexOf('/') + 1).replace(/(?:-PLAN)?\.md$/i, ''));
}
