import type { Problem } from '../../schemas/codes';
import type { MilestoneView, PhaseView, PlanView } from '../../schemas/wire/planning';
import { normalPlanId } from './ids';
import { orderPlans } from './order';
import type { PlanContent } from './plan';
import type { PlanFile } from './planFiles';
import type { Scope } from './scan';
import { readable } from './text/bytes';
import type { MilestoneDraft, PhaseDraft } from './union';

/** A phase with its plans read. */
export interface PhaseModel {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly milestone: string;
  readonly milestoneState: MilestoneDraft['state'];
  readonly scope: Scope;
  readonly draft: PhaseDraft;
  readonly plans: readonly PlanModel[];
}

export interface PlanModel extends PlanFile {
  readonly content: PlanContent;
  readonly title: string;
  readonly done: boolean;
}

export function phaseModel(
  scope: Scope,
  milestone: MilestoneDraft,
  draft: PhaseDraft,
  plans: readonly (PlanFile & { readonly content: PlanContent })[],
  titles: ReadonlyMap<string, string>,
): PhaseModel {
  const directory = draft.directory;
  const named =
    draft.facts.find((fact) => fact.source === 'heading' && fact.name !== '') ??
    draft.facts.find((fact) => fact.name !== '');
  return {
    key: `${milestoneKey(scope, milestone.key)}|${draft.id}|${directory?.path ?? ''}`,
    id: draft.id,
    name: readable(named?.name ?? directory?.slug.replaceAll('-', ' ') ?? '') || draft.id,
    milestone: milestone.key,
    milestoneState: milestone.state,
    scope,
    draft,
    plans: plans.map((plan) => ({
      ...plan,
      title: titleOf(plan, milestone, titles),
      done: plan.summary !== undefined || plan.content.superseded,
    })),
  };
}

export function milestoneKey(scope: Scope, key: string): string {
  return scope.workstream === '' ? key : `${scope.workstream}/${key}`;
}

export function milestoneView(
  scope: Scope,
  draft: MilestoneDraft,
  phases: readonly PhaseModel[],
): MilestoneView {
  const name = readable(draft.name);
  return {
    key: milestoneKey(scope, draft.key),
    name: scope.workstream === '' ? name : `${scope.workstream}: ${name}`,
    state: draft.state,
    place: draft.place ?? null,
    phases: phases.map(phaseView),
  };
}

function phaseView(phase: PhaseModel): PhaseView {
  const { draft, plans } = phase;
  const first = draft.facts.find((fact) => fact.source === 'heading') ?? draft.facts[0];
  const file =
    first?.file ?? plans[0]?.file ?? `${draft.directory?.path ?? ''}/${draft.directory?.names[0] ?? ''}`;
  const { order } = orderPlans(phase.id, plans.map(orderInput), () => ({ done: true, phase: '' }));
  return {
    key: phase.key,
    id: phase.id,
    name: phase.name,
    goal: readable(goalOf(draft)),
    state: phaseState(phase),
    place: { file, line: first?.line ?? 1 },
    directory: draft.directory?.path ?? null,
    plans: plans.map((plan) => planView(plan, order.get(plan.id)!)),
  };
}

/** The goal a phase's own block states; else what its line in a list says. */
function goalOf(draft: PhaseDraft): string {
  const stated = draft.facts.find((fact) => fact.source === 'heading' && fact.goal !== '');
  const said = stated ?? draft.facts.find((fact) => fact.goal !== '');
  return (said?.goal ?? '').replace(/\s*\((?:completed?\s[^)]*|\d+\/\d+ plans[^)]*)\)\s*$/i, '');
}

function planView(
  plan: PlanModel,
  order: { readonly wave: number; readonly after: readonly string[] },
): PlanView {
  return {
    id: plan.id,
    title: plan.title,
    place: { file: plan.file, line: 1 },
    wave: order.wave,
    dependsOn: [...order.after],
    state: plan.done ? 'complete' : 'planned',
    tasks: plan.content.tasks.map((task) => ({
      name: task.name,
      type: task.type,
      place: { file: plan.file, line: task.line },
      done: plan.done,
    })),
  };
}

export function orderInput(plan: PlanModel): Parameters<typeof orderPlans>[1][number] {
  const { id, file, done, content } = plan;
  return { id, file, done, dependsOn: content.dependsOn, wave: content.wave, files: content.files };
}

/** From the plans on disk; only a phase without any is what the roadmap says of it. */
export function phaseState(phase: PhaseModel): 'none' | 'planned' | 'partial' | 'complete' {
  const done = phase.plans.filter((plan) => plan.done).length;
  if (phase.plans.length > 0)
    return done === phase.plans.length ? 'complete' : done > 0 ? 'partial' : 'planned';
  const ticked = phase.draft.facts.some((fact) => fact.complete === true);
  return ticked || phase.milestoneState === 'shipped' ? 'complete' : 'none';
}

/** What the roadmap stores about a phase and the disk does not bear out. Shipped milestones are history. */
export function discrepancies(phase: PhaseModel): Problem[] {
  if (phase.plans.length === 0 || phase.milestoneState === 'shipped') return [];
  const total = phase.plans.length;
  const done = phase.plans.filter((plan) => plan.done).length;
  const problems: Problem[] = [];
  const claim = phase.draft.facts.find((fact) => fact.complete === true);
  const report = (place: { file: string; line: number }, stored: string, found: string): void => {
    const { file, line } = place;
    problems.push({ code: 'planning.discrepancy', args: { file, line, stored, found } });
  };
  if (claim && done < total) {
    report(
      claim,
      `phase ${phase.id} is marked complete`,
      `${total - done} of ${total} plans have no SUMMARY`,
    );
  }
  for (const fact of phase.draft.facts) {
    const { file, counts } = fact;
    if (!counts || (counts.done === done && counts.total === total)) continue;
    const stored = `phase ${phase.id} counts ${counts.done}/${counts.total} plans`;
    report({ file, line: counts.line }, stored, `it is ${done}/${total}`);
  }
  return problems;
}

function titleOf(
  plan: PlanFile & { readonly content: PlanContent },
  milestone: MilestoneDraft,
  titles: ReadonlyMap<string, string>,
): string {
  const id = normalPlanId(plan.id);
  const loose = milestone.state === 'shipped' ? undefined : titles.get(`|${id}`);
  const title = titles.get(`${milestone.key}|${id}`) ?? titles.get(id) ?? loose ?? '';
  return readable(title).slice(0, 300) || plan.content.title || plan.id;
}
