import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { Question } from '../../schemas/journal/events';
import type { PlanReport, RunSummary } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import {
  filesText,
  nodeStateText,
  problemFix,
  problemText,
  questionKindText,
  questionsText,
  runStateText,
} from '../texts';
import { visible } from '../visible';
import type { Data } from './data';
import { stateIcon } from './icons';
import { problemItem } from './planTree';
import { joined, phaseTitle, spoken, titleOf } from './rows';

export type RunItem =
  | { readonly kind: 'run'; readonly run: RunSummary }
  | { readonly kind: 'report'; readonly run: string; readonly report: PlanReport }
  | { readonly kind: 'question'; readonly run: string; readonly question: Question }
  | { readonly kind: 'problem'; readonly key: string; readonly problem: Problem };

/** *Runs*: what agents are doing or did, and what they ask. The badge counts questions. */
export function registerRunsTree(ctx: Ctx, data: Data): vscode.TreeDataProvider<RunItem> {
  const provider = new RunsTree(data);
  const view = ctx.add(vscode.window.createTreeView('symphony.runs', { treeDataProvider: provider }));
  ctx.add(
    data.runs.onChange(() => {
      provider.refresh();
      const count = (data.runs.value ?? []).reduce((sum, run) => sum + run.questions.length, 0);
      view.badge =
        count === 0
          ? undefined
          : {
              value: count,
              tooltip: vscode.l10n.t('Waiting for you: {questions}', { questions: questionsText(count) }),
            };
    }),
  );
  ctx.add(data.onDetail(() => provider.refresh()));
  ctx.add(ctx.onBlocked(() => provider.refresh()));
  return provider;
}

class RunsTree implements vscode.TreeDataProvider<RunItem> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly data: Data) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(item?: RunItem): Promise<RunItem[]> {
    if (!item) {
      const runs = (await this.data.runs.get()) ?? [];
      const { problem } = this.data.runs;
      if (problem) return [{ kind: 'problem', key: 'runs', problem }];
      return runs.map((run) => ({ kind: 'run', run }));
    }
    if (item.kind !== 'run') return [];
    const { run, questions, problem } = item.run;
    // One agent asked about one file is the run itself; a row of its own would say everything twice.
    const plans = item.run.kind === 'ask' ? [] : (await this.data.detail(run).get())?.plans;
    return [
      ...questions.map((question): RunItem => ({ kind: 'question', run, question })),
      ...(problem ? [{ kind: 'problem', key: run, problem } as const] : []),
      ...(plans ?? []).map((report): RunItem => ({ kind: 'report', run, report })),
    ];
  }

  getTreeItem(item: RunItem): vscode.TreeItem {
    switch (item.kind) {
      case 'run':
        return runItem(item.run);
      case 'report':
        return reportItem(item.run, item.report);
      case 'question':
        return questionItem(item.run, item.question);
      case 'problem':
        return problemItem(item.problem, item.key);
    }
  }
}

function runItem(run: RunSummary): vscode.TreeItem {
  const busy = run.endedAt === null;
  const hasRows = run.kind !== 'ask' || run.questions.length > 0 || run.problem !== null;
  const item = new vscode.TreeItem(
    phaseTitle(visible(run.title, true)),
    hasRows ? (busy ? expanded : collapsed) : leaf,
  );
  item.id = run.run;
  const state = runStateText(run.state);
  const { completed, total } = run.nodes;
  item.description = run.state === 'completed' ? state : joined(`${completed}/${total}`, state);
  item.tooltip = runTooltip(run);
  item.iconPath = stateIcon(run.state);
  item.contextValue = `run.${run.state}`;
  item.command = { command: 'symphony.openBoard', title: vscode.l10n.t('Open Board'), arguments: [{ run }] };
  return spoken(item);
}

function runTooltip(run: RunSummary): string {
  const { inputTokens, outputTokens, usd } = run.usage;
  const { completed: done, total: all } = run.nodes;
  const lines = [
    visible(run.title, true),
    vscode.l10n.t('{state} · {done} of {all} steps', { state: runStateText(run.state), done, all }),
    vscode.l10n.t('Model: {model}', { model: run.model }),
    vscode.l10n.t('Started: {time}', { time: new Date(run.createdAt).toLocaleString() }),
    vscode.l10n.t('Tokens: {input} in, {output} out', { input: inputTokens, output: outputTokens }),
  ];
  if (usd !== undefined) lines.push(vscode.l10n.t('Cost: {usd} US dollars', { usd: usd.toFixed(2) }));
  return lines.join('\n');
}

function reportItem(run: string, report: PlanReport): vscode.TreeItem {
  const title = visible(report.title, true);
  const { short } = titleOf(title);
  const item = new vscode.TreeItem(`${report.plan} ${short}`.trim(), leaf);
  const state = nodeStateText(report.state);
  item.id = `${run}|${report.plan}`;
  item.description = joined(
    state,
    report.files.length === 0 ? '' : filesText(report.files.length),
    short === '' ? title : '',
  );
  item.tooltip = [
    `${report.plan} ${title}`,
    joined(state, filesText(report.files.length)),
    ...(report.problem ? [visible(problemText(report.problem)), visible(problemFix(report.problem))] : []),
  ].join('\n');
  item.iconPath = stateIcon(report.state);
  item.contextValue = 'report';
  item.command = {
    command: 'symphony.openBoard',
    title: vscode.l10n.t('Open Board'),
    arguments: [{ run: { run } }],
  };
  return spoken(item);
}

function questionItem(run: string, question: Question): vscode.TreeItem {
  const item = new vscode.TreeItem(questionKindText(question.kind), leaf);
  item.id = `${run}|${question.id}`;
  item.tooltip = `${visible(problemText(question.problem))}\n${visible(problemFix(question.problem))}`;
  item.iconPath = new vscode.ThemeIcon('question', new vscode.ThemeColor('charts.yellow'));
  item.description = visible(problemText(question.problem), true);
  item.contextValue = 'question';
  item.command = {
    command: 'symphony.answerQuestion',
    title: vscode.l10n.t('Answer'),
    arguments: [{ run, question }],
  };
  return spoken(item);
}

const leaf = vscode.TreeItemCollapsibleState.None;
const collapsed = vscode.TreeItemCollapsibleState.Collapsed;
const expanded = vscode.TreeItemCollapsibleState.Expanded;
