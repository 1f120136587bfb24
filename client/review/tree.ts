import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { ChangedFile, Changeset, ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { changeText, filesText } from '../texts';
import { visible } from '../visible';
import type { Data } from '../features/data';
import { problemItem } from '../features/planTree';
import { countsOf } from './lines';
import { fails, type ReviewState } from './state';
import { flagsText } from './texts';
import { joined, phaseTitle, spoken, titleOf } from '../features/rows';

export type ChangeItem =
  | { readonly kind: 'changeset'; readonly changeset: Changeset }
  | { readonly kind: 'group'; readonly changeset: Changeset; readonly plan: string; readonly title: string }
  | {
      readonly kind: 'file';
      readonly changeset: Changeset;
      readonly plan: string;
      readonly file: ChangedFile;
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface ChangesView {
  readonly provider: vscode.TreeDataProvider<ChangeItem>;
  /** The selected row; keys act on it, since the editor hands them no row. */
  selected(): ChangeItem | undefined;
  /** Lists only some of the files. */
  filter(filter: Filter): void;
}

/** Which files are listed. */
export type Filter = 'all' | 'unreviewed' | 'risky' | 'failing';

/** All filters with their names. */
export const filters = (): { filter: Filter; label: string }[] => [
  { filter: 'all', label: vscode.l10n.t('All changes') },
  { filter: 'unreviewed', label: vscode.l10n.t('Not reviewed yet') },
  { filter: 'risky', label: vscode.l10n.t('To look at twice') },
  { filter: 'failing', label: vscode.l10n.t('With failing checks') },
];

/** *Changes*: what agents propose, by plan, until it is decided on. The badge counts undecided files. */
export function registerChangesTree(ctx: Ctx, data: Data, state: ReviewState): ChangesView {
  const provider = new ChangesTree(ctx, data, state);
  ctx.add(state.onChange(() => provider.refresh()));
  const view = ctx.add(vscode.window.createTreeView('symphony.changes', { treeDataProvider: provider }));
  ctx.add(
    data.changesets.onChange(() => {
      provider.refresh();
      const count = (data.changesets.value ?? []).flatMap(undecided).length;
      view.badge =
        count === 0
          ? undefined
          : { value: count, tooltip: vscode.l10n.t('To review: {files}', { files: filesText(count) }) };
    }),
  );
  ctx.add(ctx.onBlocked(() => provider.refresh()));
  const filter = (wanted: Filter): void => {
    provider.filter = wanted;
    const found = filters().find((each) => each.filter === wanted);
    view.message = wanted === 'all' ? '' : (found?.label ?? '');
    provider.refresh();
  };
  return { provider, selected: () => view.selection[0], filter };
}

/** The files of a changeset nobody has decided on. */
export const undecided = ({ files }: Changeset): ChangedFile[] =>
  files.filter(({ decision }) => decision === 'undecided');

/** The files a plan touched; those no plan claims stand under the first group. */
export function filesOf(changeset: Changeset, plan: string): ChangedFile[] {
  const first = changeset.groups[0]?.plan;
  return inReadingOrder(changeset.files).filter(
    ({ plans }) => plans.includes(plan) || (plans.length === 0 && plan === first),
  );
}

/** Every file of a changeset once, plan by plan. */
export function allFilesOf(changeset: Changeset): ChangedFile[] {
  const byPlan = changeset.groups.flatMap(({ plan }) => filesOf(changeset, plan));
  return inReadingOrder([...new Set([...byPlan, ...changeset.files])]);
}

/** The work first, what was written about it last. */
function inReadingOrder(files: readonly ChangedFile[]): ChangedFile[] {
  const isRecord = ({ path: of }: ChangedFile): boolean => of.startsWith('.planning/');
  return [...files.filter((file) => !isRecord(file)), ...files.filter(isRecord)];
}

class ChangesTree implements vscode.TreeDataProvider<ChangeItem> {
  filter: Filter = 'all';
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
    private readonly state: ReviewState,
  ) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(item?: ChangeItem): Promise<ChangeItem[]> {
    if (!item) {
      const changesets = (await this.data.changesets.get()) ?? [];
      const { problem } = this.data.changesets;
      if (problem) return [{ kind: 'problem', problem }];
      return changesets.map((changeset) => ({ kind: 'changeset', changeset }));
    }
    if (item.kind === 'changeset') {
      const { changeset } = item;
      const [only, ...others] = changeset.groups;
      if (only?.plan === asked && others.length === 0) return this.filesIn(changeset, asked);
      return changeset.groups
        .filter(({ plan }) => this.filesIn(changeset, plan).length > 0)
        .map(({ plan, title }) => ({ kind: 'group', changeset, plan, title }));
    }
    if (item.kind === 'group') {
      return this.filesIn(item.changeset, item.plan);
    }
    return [];
  }

  getTreeItem(item: ChangeItem): vscode.TreeItem {
    switch (item.kind) {
      case 'changeset':
        return changesetItem(item.changeset);
      case 'group':
        return groupItem(item.changeset, item.plan, item.title);
      case 'file':
        return this.file(item.changeset, item.plan, item.file);
      case 'problem':
        return problemItem(item.problem, 'changes');
    }
  }

  private filesIn(changeset: Changeset, plan: string): ChangeItem[] {
    return filesOf(changeset, plan)
      .filter((file) => this.isListed(changeset, file))
      .map((file) => ({ kind: 'file', changeset, plan, file }));
  }

  private isListed({ changeset }: Changeset, file: ChangedFile): boolean {
    const reviewed = this.state.get(changeset);
    if (this.filter === 'all' || !reviewed) return true;
    const units = reviewed.units.get(file.path) ?? [];
    if (this.filter === 'unreviewed') return units.some((unit) => isUndecided(unit) && !unit.reviewed);
    if (this.filter === 'risky') return units.some(({ flags }) => flags.length > 0);
    return units.some((unit) => fails(reviewed, unit));
  }

  private file(changeset: Changeset, plan: string, file: ChangedFile): vscode.TreeItem {
    const reviewed = this.state.get(changeset.changeset);
    const units = reviewed?.units.get(file.path) ?? [];
    const item = fileItem(this.ctx.uri(file.path), changeset, plan, file, units);
    if (reviewed && units.some((unit) => fails(reviewed, unit)))
      item.tooltip = `${item.tooltip as string}\n${vscode.l10n.t('A check of this work fails')}`;
    return item;
  }
}

/** What stands in the place of a plan's id where an agent was asked about a file; it needs no row of its own. */
const asked = 'ask';

function changesetItem(changeset: Changeset): vscode.TreeItem {
  const item = new vscode.TreeItem(phaseTitle(visible(changeset.title, true)), expanded);
  item.id = changeset.changeset;
  const open = undecided(changeset).length;
  const all = changeset.files.length;
  item.description = open === 0 ? vscode.l10n.t('decided') : `${all - open}/${all}`;
  const progress = vscode.l10n.t('{open} of {all} files to review', { open, all });
  item.tooltip = `${visible(changeset.title, true)}\n${progress}`;
  item.iconPath = new vscode.ThemeIcon('git-pull-request');
  item.contextValue = open > 0 ? 'changeset.open' : 'changeset';
  return spoken(item, progress);
}

function groupItem(changeset: Changeset, plan: string, title: string): vscode.TreeItem {
  const files = filesOf(changeset, plan);
  const open = files.some(({ decision }) => decision === 'undecided');
  const whole = visible(title, true);
  const { short, rest } = titleOf(whole);
  const item = new vscode.TreeItem(`${plan} ${short}`.trim(), open ? expanded : collapsed);
  item.id = `${changeset.changeset}|${plan}`;
  item.description = rest;
  item.tooltip = joined(`${plan} ${whole}`, filesText(files.length));
  item.iconPath = new vscode.ThemeIcon('list-tree');
  item.contextValue = open ? 'group.open' : 'group';
  return spoken(item);
}

function fileItem(
  uri: vscode.Uri,
  changeset: Changeset,
  plan: string,
  file: ChangedFile,
  units: readonly ReviewUnit[],
): vscode.TreeItem {
  const item = new vscode.TreeItem(visible(path.posix.basename(file.path), true), leaf);
  const { decision } = file;
  const folder = path.posix.dirname(file.path);
  const open = decision === 'undecided';
  const flags = flagsText(units.flatMap((unit) => unit.flags));
  item.id = `${changeset.changeset}|${plan}|${file.path}`;
  item.resourceUri = uri;
  item.description = joined(
    decision === 'undecided' ? sizeText(file) : decisionText(decision),
    open ? countText(units) : '',
    flags === '' ? '' : `⚠ ${flags}`,
    folder === '.' ? '' : visible(folder, true),
  );
  item.tooltip = fileTooltip(plan, file);
  item.contextValue = open ? 'file.open' : 'file';
  item.iconPath = open
    ? vscode.ThemeIcon.File
    : new vscode.ThemeIcon(decision === 'accepted' ? 'check' : 'discard');
  item.command = {
    command: 'symphony.openChange',
    title: vscode.l10n.t('Open Diff'),
    arguments: [{ changeset, plan, file }],
  };
  return spoken(item, changeText(file.change));
}

/** How many of several hunks are decided, and what was kept; one alone is decided with its file. */
function countText(units: readonly ReviewUnit[]): string {
  const { all, kept, undecided: left } = countsOf(units);
  if (all < 2 || left === all) return '';
  return vscode.l10n.t('{kept} kept, {left} of {all} left', { kept, left, all });
}

/** How much; what kind of change is said only where it is not the usual one. */
function sizeText(file: ChangedFile): string {
  const change = changeText(file.change);
  if (file.binary) return vscode.l10n.t('{change}, binary', { change });
  const size = vscode.l10n.t('+{added} −{removed}', { added: file.added, removed: file.removed });
  return file.change === 'modified' ? size : `${change} ${size}`;
}

function decisionText(decision: 'accepted' | 'rejected'): string {
  return decision === 'accepted' ? vscode.l10n.t('accepted') : vscode.l10n.t('rejected');
}

function fileTooltip(plan: string, file: ChangedFile): string {
  const lines = [visible(file.path), changeText(file.change)];
  if (file.from !== null)
    lines.push(vscode.l10n.t('Renamed from {path}', { path: visible(file.from, true) }));
  const others = file.plans.filter((other) => other !== plan);
  if (others.length > 0) lines.push(vscode.l10n.t('Also changed by {plans}', { plans: others.join(', ') }));
  return lines.join('\n');
}

const isUndecided = ({ state }: ReviewUnit): boolean => state === 'undecided';

const leaf = vscode.TreeItemCollapsibleState.None;
const collapsed = vscode.TreeItemCollapsibleState.Collapsed;
const expanded = vscode.TreeItemCollapsibleState.Expanded;
