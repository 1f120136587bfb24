import * as vscode from 'vscode';
import type { RunSummary } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { problemFix, problemText } from '../texts';
import type { Data } from './data';

export type OpenBoard = (run: string) => Promise<void>;

/** Shows a run’s progress until it ends or the person lets go of it, then says how it ended. */
export async function followRun(ctx: Ctx, data: Data, run: string, title: string): Promise<void> {
  try {
    await data.runs.refresh();
    const ended = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => untilEnd(data, run, progress, token),
    );
    if (ended) await tellEnd(data, ended);
    else await letGo(ctx, run, title);
  } catch (thrown) {
    ctx.explain(thrown);
  }
}

/** Resolves to the run when it has ended, or to undefined when the person pressed *Cancel*. */
function untilEnd(
  data: Data,
  run: string,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<RunSummary | undefined> {
  return new Promise((resolve) => {
    let shown = 0;
    const look = () => {
      const summary = data.run(run);
      if (!summary) return;
      const { completed, total } = summary.nodes;
      const share = total === 0 ? 0 : (completed / total) * 100;
      progress.report({
        message: vscode.l10n.t('{done} of {all} steps', { done: completed, all: total }),
        increment: Math.max(0, share - shown),
      });
      shown = Math.max(shown, share);
      if (summary.endedAt !== null) finish(summary);
    };
    const subscriptions = [data.runs.onChange(look), token.onCancellationRequested(() => finish(undefined))];
    const finish = (summary: RunSummary | undefined) => {
      for (const subscription of subscriptions) subscription.dispose();
      resolve(summary);
    };
    look();
  });
}

async function tellEnd(data: Data, summary: RunSummary): Promise<void> {
  if (summary.state === 'completed') {
    await data.changesets.refresh();
    const review = vscode.l10n.t('Review Changes');
    const message = vscode.l10n.t('{title} is complete.', { title: summary.title });
    const changeset = summary.changeset === null ? undefined : data.changeset(summary.changeset);
    const chosen = await vscode.window.showInformationMessage(message, ...(changeset ? [review] : []));
    if (chosen === review) {
      await vscode.commands.executeCommand('symphony.changes.focus');
      await vscode.commands.executeCommand('symphony.openAllChanges', { changeset });
    }
  } else if (summary.state === 'failed') {
    const why = summary.problem ? `${problemText(summary.problem)} ${problemFix(summary.problem)}` : '';
    const retry = vscode.l10n.t('Retry');
    const message = vscode.l10n.t('{title} failed. {why}', { title: summary.title, why });
    if ((await vscode.window.showErrorMessage(message, retry)) === retry) {
      await vscode.commands.executeCommand('symphony.retryRun', { run: summary });
    }
  }
}

/** The person pressed *Cancel* on a notification; that may mean the notification or the run. */
async function letGo(ctx: Ctx, run: string, title: string): Promise<void> {
  const stop = vscode.l10n.t('Cancel the Run');
  const leave = vscode.l10n.t('Keep It Running');
  const message = vscode.l10n.t('{title} is still running. Cancel it?', { title });
  const options = {
    modal: true,
    detail: vscode.l10n.t('It goes on in the background; the Runs view shows it.'),
  };
  if ((await vscode.window.showWarningMessage(message, options, leave, stop)) === stop) {
    await ctx.call('runCommand', { run, command: 'cancel' });
  }
}
