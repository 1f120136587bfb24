import * as vscode from 'vscode';
import type { RunSummary } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import type { SessionState } from '../session/types';
import { problemText, questionsText } from '../texts';
import { visible } from '../visible';
import { undecided } from '../review/tree';
import type { Data } from './data';

/** The one status bar item: how the sidecar is, what runs, what waits for the person. */
export function registerStatus(ctx: Ctx, data: Data): void {
  const item = ctx.add(
    vscode.window.createStatusBarItem('symphony.status', vscode.StatusBarAlignment.Left, 10),
  );
  item.name = 'Symphony';
  item.command = 'symphony.plan.focus';
  let state: SessionState | undefined;
  const show = () => {
    const { icon, text, detail, command } = describe(ctx, data, state);
    item.text = text === '' ? `$(${icon}) Symphony` : `$(${icon}) Symphony: ${text}`;
    item.tooltip = detail;
    item.command = command;
    item.accessibilityInformation = { label: text === '' ? 'Symphony' : `Symphony, ${text}` };
    item.show();
  };
  ctx.add(
    ctx.onSession((session) => {
      state = session.state;
      ctx.add(session.onState((now) => ((state = now), show())));
    }),
  );
  for (const watched of [data.runs, data.changesets]) ctx.add(watched.onChange(show));
  ctx.add(ctx.onBlocked(show));
  show();
}

interface Description {
  readonly icon: string;
  readonly text: string;
  readonly detail: string;
  readonly command: string;
}

/** What matters most is shown: a broken sidecar, then questions, then work going on, then changes to review. */
function describe(ctx: Ctx, data: Data, state: SessionState | undefined): Description {
  const runs = data.runs.value ?? [];
  const questions = runs.reduce((sum, run) => sum + run.questions.length, 0);
  const running = runs.filter((run) => run.state === 'running');
  const changes = (data.changesets.value ?? []).flatMap(undecided).length;
  if (ctx.blocked === 'restricted') {
    const detail = vscode.l10n.t('Restricted Mode: Symphony starts nothing until you trust this workspace.');
    return { icon: 'shield', text: vscode.l10n.t('restricted'), detail, command: 'workbench.trust.manage' };
  }
  if (state?.kind === 'failed' || state?.kind === 'waiting') {
    const text = state.kind === 'failed' ? vscode.l10n.t('not running') : vscode.l10n.t('reconnecting');
    return { icon: 'warning', text, detail: problemText(state.problem), command: 'symphony.doctor' };
  }
  if (state?.kind === 'connecting') {
    const text = vscode.l10n.t('starting');
    return {
      icon: 'sync~spin',
      text,
      detail: vscode.l10n.t('The sidecar is starting.'),
      command: 'symphony.showLog',
    };
  }
  if (questions > 0) {
    const text = questionsText(questions);
    const detail = vscode.l10n.t('A run waits for your answer.');
    return { icon: 'question', text, detail, command: 'symphony.answerQuestion' };
  }
  const [first] = running;
  if (first) {
    const sum = (count: (run: RunSummary) => number) => running.reduce((all, run) => all + count(run), 0);
    const facts = { done: sum(({ nodes }) => nodes.completed), all: sum(({ nodes }) => nodes.total) };
    const text =
      running.length === 1
        ? vscode.l10n.t('{done} of {all} steps', facts)
        : vscode.l10n.t('{count} running', { count: running.length });
    const detail = running.map(({ title }) => visible(title, true)).join('\n');
    return { icon: 'sync~spin', text, detail, command: 'symphony.openBoard' };
  }
  if (changes > 0) {
    const text = vscode.l10n.t('{count} to review', { count: changes });
    const detail = vscode.l10n.t('Agents propose changes.');
    return { icon: 'git-pull-request', text, detail, command: 'symphony.changes.focus' };
  }
  return {
    icon: 'list-tree',
    text: '',
    detail: vscode.l10n.t('Show the plan'),
    command: 'symphony.plan.focus',
  };
}
