import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { MilestoneView, PhaseView, PlanView, TaskView } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { milestoneStateText, planStateText, problemFix, problemSeverity, problemText } from '../texts';
import { visible } from '../visible';
import type { Data } from './data';
import { stateIcon } from './icons';
import { joined, spoken, titleOf } from './rows';

export type PlanItem =
  | { readonly kind: 'milestone'; readonly milestone: MilestoneView }
  | { readonly kind: 'phase'; readonly phase: PhaseView }
  | { readonly kind: 'plan'; readonly plan: PlanView; readonly phase: PhaseView }
  | { readonly kind: 'task'; readonly task: TaskView; readonly key: string }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly kind: 'problem'; readonly problem: Problem; readonly key: string };

/** *Plan*: milestone → phase → plan → task, as the planning files say. */
export function registerPlanTree(ctx: Ctx, data: Data): vscode.TreeDataProvider<PlanItem> {
  const provider = new PlanTree(data);
  ctx.add(data.planning.onChange(() => provider.refresh()));
  ctx.add(ctx.onBlocked(() => provider.refresh()));
  const view = ctx.add(
    vscode.window.createTreeView('symphony.plan', { treeDataProvider: provider, showCollapseAll: true }),
  );
  ctx.add(
    ctx.onBlocked(() => {
      // Where several folders are open, the view says which of them it is about.
      if (ctx.several && ctx.folder) view.description = ctx.folder.name;
      else delete view.description;
    }),
  );
  return provider;
}

class PlanTree implements vscode.TreeDataProvider<PlanItem> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly data: Data) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(item?: PlanItem): Promise<PlanItem[]> {
    if (!item) return this.roots();
    switch (item.kind) {
      case 'milestone':
        return item.milestone.phases.map((phase) => ({ kind: 'phase', phase }));
      case 'phase':
        return item.phase.plans.map((plan) => ({ kind: 'plan', plan, phase: item.phase }));
      case 'plan':
        return item.plan.tasks.map((task, i) => ({
          kind: 'task',
          task,
          key: `${item.phase.key}|${item.plan.id}|${i}`,
        }));
      case 'problems':
        return item.problems.map((problem, i) => ({ kind: 'problem', problem, key: `problem|${i}` }));
      case 'task':
      case 'problem':
        return [];
    }
  }

  getTreeItem(item: PlanItem): vscode.TreeItem {
    switch (item.kind) {
      case 'milestone':
        return milestoneItem(item.milestone);
      case 'phase':
        return phaseItem(item.phase);
      case 'plan':
        return planItem(item.plan, item.phase);
      case 'task':
        return taskItem(item.task, item.key);
      case 'problems':
        return problemsItem(item.problems);
      case 'problem':
        return problemItem(item.problem, item.key);
    }
  }

  private async roots(): Promise<PlanItem[]> {
    const view = await this.data.planning.get();
    const { problem } = this.data.planning;
    if (problem) return [{ kind: 'problem', problem, key: 'planning' }];
    if (!view?.present) return [];
    const milestones: PlanItem[] = view.milestones.map((milestone) => ({ kind: 'milestone', milestone }));
    return view.problems.length === 0
      ? milestones
      : [...milestones, { kind: 'problems', problems: view.problems }];
  }
}

function milestoneItem(milestone: MilestoneView): vscode.TreeItem {
  const open = milestone.state === 'shipped' ? collapsed : expanded;
  const item = new vscode.TreeItem(visible(milestone.name, true), milestone.phases.length > 0 ? open : leaf);
  item.id = `milestone|${milestone.key}`;
  item.description = milestoneStateText(milestone.state);
  item.iconPath = new vscode.ThemeIcon(milestone.state === 'shipped' ? 'verified' : 'milestone');
  item.contextValue = 'milestone';
  return spoken(withPlace(item, milestone.place));
}

function phaseItem(phase: PhaseView): vscode.TreeItem {
  const name = visible(phase.name, true);
  const item = new vscode.TreeItem(
    `${phase.id} · ${name}`,
    phase.plans.length === 0 ? leaf : phase.state === 'complete' ? collapsed : expanded,
  );
  const state = planStateText(phase.state);
  const done = phase.plans.filter(({ state }) => state === 'complete').length;
  item.id = `phase|${phase.key}`;
  item.description = phase.plans.length === 0 ? state : joined(`${done}/${phase.plans.length}`, state);
  item.tooltip = [
    vscode.l10n.t('Phase {id}: {name}', { id: phase.id, name }),
    ...(phase.goal === '' ? [] : [visible(phase.goal)]),
    phase.plans.length === 0
      ? state
      : vscode.l10n.t('{state} · {done} of {all} plans', { state, done, all: phase.plans.length }),
  ].join('\n');
  item.iconPath = stateIcon(phase.state);
  item.contextValue = done < phase.plans.length ? 'phase.executable' : 'phase';
  return spoken(withPlace(item, phase.place));
}

function planItem(plan: PlanView, phase: PhaseView): vscode.TreeItem {
  const title = visible(plan.title, true);
  const { short, rest } = titleOf(title);
  const item = new vscode.TreeItem(`${plan.id} ${short}`.trim(), plan.tasks.length > 0 ? collapsed : leaf);
  const state = planStateText(plan.state);
  item.id = `plan|${phase.key}|${plan.id}`;
  // What is usual is left to the icon, the tooltip and the screen reader; the row has room for little.
  item.description = quiet.has(plan.state) && rest !== '' ? rest : joined(state, rest);
  const tooltip = [`${plan.id} ${title}`, vscode.l10n.t('{state} · wave {wave}', { state, wave: plan.wave })];
  if (plan.dependsOn.length > 0) {
    const plans = plan.dependsOn.map((id) => visible(id, true)).join(', ');
    tooltip.push(vscode.l10n.t('After {plans}', { plans }));
  }
  item.tooltip = tooltip.join('\n');
  item.iconPath = stateIcon(plan.state);
  item.contextValue = 'plan';
  return spoken(withPlace(item, plan.place), state);
}

function taskItem(task: TaskView, key: string): vscode.TreeItem {
  const item = new vscode.TreeItem(visible(task.name, true), leaf);
  item.id = `task|${key}`;
  item.description = task.done ? vscode.l10n.t('done') : vscode.l10n.t('to do');
  item.iconPath = new vscode.ThemeIcon(task.done ? 'check' : 'dash');
  item.contextValue = 'task';
  return spoken(withPlace(item, task.place));
}

function problemsItem(problems: readonly Problem[]): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Remarks on the plan files'), collapsed);
  item.id = 'problems';
  item.description = String(problems.length);
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  return spoken(item);
}

/** A problem as a row: its sentence, what to do as the tooltip, and the place it is about on click. */
export function problemItem(problem: Problem, key: string): vscode.TreeItem {
  const item = new vscode.TreeItem(visible(problemText(problem), true), leaf);
  item.id = `problem|${key}`;
  item.tooltip = `${visible(problemText(problem))}\n${visible(problemFix(problem))}`;
  item.iconPath = new vscode.ThemeIcon(problemSeverity(problem));
  const { file, line } = problem.args;
  return spoken(
    withPlace(item, typeof file === 'string' ? { file, line: typeof line === 'number' ? line : 1 } : null),
  );
}

function withPlace(item: vscode.TreeItem, place: { file: string; line: number } | null): vscode.TreeItem {
  if (place) {
    item.command = { command: 'symphony.openPlace', title: vscode.l10n.t('Open'), arguments: [place] };
  }
  return item;
}

/** States of a plan nobody needs to be told of in words at every row. */
const quiet: ReadonlySet<PlanView['state']> = new Set(['planned', 'complete']);

const leaf = vscode.TreeItemCollapsibleState.None;
const collapsed = vscode.TreeItemCollapsibleState.Collapsed;
const expanded = vscode.TreeItemCollapsibleState.Expanded;
