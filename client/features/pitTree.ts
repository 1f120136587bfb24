import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { PitRow, PitServiceStatus } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { problemText } from '../texts';
import { visible } from '../visible';
import { Watched } from './data';
import { pitFactText, pitServiceText, pitStateText } from './pitTexts';
import { problemItem } from './planTree';
import { joined, spoken } from './rows';

export type PitItem =
  | { readonly kind: 'service'; readonly service: PitServiceStatus }
  | { readonly kind: 'total'; readonly service: string; readonly name: string; readonly value: number }
  | { readonly kind: 'row'; readonly service: string; readonly row: PitRow }
  | { readonly kind: 'problem'; readonly key: string; readonly problem: Problem };

/** How often a view somebody looks at asks again, in milliseconds. */
const everyMs = 2000;

export interface PitView {
  readonly provider: vscode.TreeDataProvider<PitItem>;
  refresh(): void;
}

/** *Pit*: the five services and what they look after. It asks only while somebody looks. */
export function registerPitTree(ctx: Ctx): PitView {
  const services = ctx.add(
    new Watched<readonly PitServiceStatus[]>(async () => (await ctx.call('pitStatus', {})).services),
  );
  const provider = new PitTree(services);
  const view = ctx.add(vscode.window.createTreeView('symphony.pit', { treeDataProvider: provider }));
  ctx.add(services.onChange(() => provider.refresh()));
  ctx.add(ctx.onBlocked(() => services.stale()));
  ctx.add(ctx.onSession((session) => ctx.add(session.onReady(() => services.stale()))));
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = (isVisible: boolean) => {
    clearInterval(timer);
    timer = isVisible ? setInterval(() => services.stale(), everyMs) : undefined;
    if (isVisible) services.stale();
  };
  ctx.add(view.onDidChangeVisibility(({ visible: isVisible }) => look(isVisible)));
  ctx.add(new vscode.Disposable(() => clearInterval(timer)));
  if (view.visible) look(true);
  return { provider, refresh: () => void services.refresh() };
}

class PitTree implements vscode.TreeDataProvider<PitItem> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly services: Watched<readonly PitServiceStatus[]>) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(item?: PitItem): Promise<PitItem[]> {
    if (!item) {
      const services = (await this.services.get()) ?? [];
      const { problem } = this.services;
      if (problem) return [{ kind: 'problem', key: 'pit', problem }];
      return services.map((service) => ({ kind: 'service', service }));
    }
    if (item.kind !== 'service') return [];
    const { name, totals, rows, problem } = item.service;
    return [
      ...(problem ? [{ kind: 'problem', key: `pit|${name}`, problem } as const] : []),
      ...Object.entries(totals).map(([total, value]): PitItem => ({
        kind: 'total',
        service: name,
        name: total,
        value,
      })),
      ...rows.map((row): PitItem => ({ kind: 'row', service: name, row })),
    ];
  }

  getTreeItem(item: PitItem): vscode.TreeItem {
    switch (item.kind) {
      case 'service':
        return serviceItem(item.service);
      case 'total':
        return totalItem(item);
      case 'row':
        return rowItem(item.service, item.row);
      case 'problem':
        return problemItem(item.problem, item.key);
    }
  }
}

const serviceIcons: Readonly<Record<PitServiceStatus['name'], string>> = {
  pool: 'flame',
  tracker: 'type-hierarchy-sub',
  artifacts: 'archive',
  arbitration: 'law',
  stale: 'history',
};

function serviceItem({ name, state, problem, totals, rows }: PitServiceStatus): vscode.TreeItem {
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const hasMore = problem !== null || rows.length > 0 || Object.keys(totals).length > 0;
  const item = new vscode.TreeItem(pitServiceText(name), hasMore ? Collapsed : None);
  item.id = `pit|${name}`;
  const failed = state === 'failed';
  item.iconPath = failed
    ? new vscode.ThemeIcon('error', new vscode.ThemeColor('charts.red'))
    : new vscode.ThemeIcon(serviceIcons[name]);
  const first = Object.entries(totals)[0];
  item.description =
    state === 'running' ? (first ? pitFactText(first[0], first[1]) : '') : pitStateText(state);
  item.tooltip = problem ? problemText(problem) : pitStateText(state);
  item.contextValue = `pit.${state}`;
  return spoken(item, pitStateText(state));
}

function totalItem({ service, name, value }: PitItem & { kind: 'total' }): vscode.TreeItem {
  const item = new vscode.TreeItem(pitFactText(name, value));
  item.id = `pit|${service}|total|${name}`;
  item.iconPath = new vscode.ThemeIcon('dash');
  return spoken(item);
}

function rowItem(service: string, { id, label, state, facts }: PitRow): vscode.TreeItem {
  const item = new vscode.TreeItem(visible(label, true));
  item.id = `pit|${service}|row|${id}`;
  const told = Object.entries(facts).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [pitFactText(name, value)],
  );
  item.description = joined(pitStateText(state), ...told.slice(0, 3));
  item.tooltip = [visible(label), pitStateText(state), ...told].join('\n');
  item.iconPath = new vscode.ThemeIcon(rowIcons[state] ?? 'circle-small');
  item.contextValue = `pitRow.${service}.${state}`;
  return spoken(item);
}

const rowIcons: Readonly<Record<string, string>> = {
  hot: 'flame',
  warming: 'sync~spin',
  cooling: 'arrow-down',
  cold: 'circle-outline',
  failed: 'error',
  running: 'play',
  waiting: 'clock',
  held: 'lock',
  shared: 'lock',
  exclusive: 'lock',
};
