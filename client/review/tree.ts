import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { ChangedFile, Changeset } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { changeText, filesText } from '../texts';
import { visible } from '../visible';
import type { Data } from './data';
import { problemItem } from './planTree';
import { joined, phaseTitle, spoken, titleOf } from './rows';

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
}

/** *Changes*: what agents propose, by plan, until it is decided on. The badge counts undecided files. */
export function registerChangesTree(ctx: Ctx, data: Data): ChangesView {
  const provider = new ChangesTree(ctx, data);
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
  return { provider, selected: () => view.selection[0] };
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
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
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
      if (only?.plan === asked && others.length === 0) return filesIn(changeset, asked);
      return changeset.groups
        .filter(({ plan }) => filesOf(changeset, plan).length > 0)
        .map(({ plan, title }) => ({ kind: 'group', changeset, plan, title }));
    }
    if (item.kind === 'group') {
      return filesIn(item.changeset, item.plan);
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
        return fileItem(this.ctx.uri(item.file.path), item.changeset, item.plan, item.file);
      case 'problem':
        return problemItem(item.problem, 'changes');
    }
  }
}

/** What stands in the place of a plan's id where an agent was asked about a file; it needs no row of its own. */
const asked = 'ask';

const filesIn = (changeset: Changeset, plan: string): ChangeItem[] =>
  filesOf(changeset, plan).map((file) => ({ kind: 'file', changeset, plan, file }));

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

function fileItem(uri: vscode.Uri, changeset: Changeset, plan: string, file: ChangedFile): vscode.TreeItem {
  const item = new vscode.TreeItem(visible(path.posix.basename(file.path), true), leaf);
  const { decision } = file;
  const folder = path.posix.dirname(file.path);
  const open = decision === 'undecided';
  item.id = `${changeset.changeset}|${plan}|${file.path}`;
  item.resourceUri = uri;
  item.description = joined(
    decision === 'undecided' ? sizeText(file) : decisionText(decision),
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

const leaf = vscode.TreeItemCollapsibleState.None;
const collapsed = vscode.TreeItemCollapsibleState.Collapsed;
const expanded = vscode.TreeItemCollapsibleState.Expanded;
