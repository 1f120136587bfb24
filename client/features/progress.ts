import * as vscode from 'vscode';
import type { RunSummary } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { problemFix, problemText } from '../texts';
import { visible } from '../visible';
import type { Data } from './data';

export type OpenBoard = (run: string) => Promise<void>;

/**
 * Says once how each run ended that was seen at work in this window, also where it began in another one or before a
 * reload. How far runs are is shown by the board, the *Runs* view and the status bar, never by a message.
 */
export function tellEnds(ctx: Ctx, data: Data): void {
  const atWork = new Set<string>();
  ctx.add(
    data.runs.onChange(() => {
      for (const run of data.runs.value ?? []) {
        if (run.endedAt === null) atWork.add(run.run);
        else if (atWork.delete(run.run)) tellEnd(data, run).catch((thrown: unknown) => ctx.explain(thrown));
      }
    }),
  );
}

async function tellEnd(data: Data, summary: RunSummary): Promise<void> {
  const { title } = summary;
  if (summary.state === 'completed') {
    await data.changesets.refresh();
    const changeset = summary.changeset === null ? undefined : data.changeset(summary.changeset);
    if (!changeset) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('{title} is complete. It changed nothing.', { title }),
      );
      return;
    }
    const review = vscode.l10n.t('Review Changes');
    const message = vscode.l10n.t('{title} is complete.', { title });
    if ((await vscode.window.showInformationMessage(message, review)) === review) {
      await vscode.commands.executeCommand('symphony.changes.focus');
      await vscode.commands.executeCommand('symphony.openAllChanges', { changeset });
    }
  } else if (summary.state === 'failed') {
    const why = summary.problem
      ? `${brief(problemText(summary.problem))} ${problemFix(summary.problem)}`
      : '';
    const retry = vscode.l10n.t('Retry');
    const show = vscode.l10n.t('Show Board');
    const message = vscode.l10n.t('{title} failed. {why}', { title, why });
    const chosen = await vscode.window.showErrorMessage(message, show, retry);
    if (chosen === show) await vscode.commands.executeCommand('symphony.openBoard', { run: summary });
    if (chosen === retry) await vscode.commands.executeCommand('symphony.retryRun', { run: summary });
  }
}

/** A message has room for a sentence or two; the board says the rest. */
const brief = (text: string): string =>
  text.length > longest ? `${visible(text.slice(0, longest), true)}…` : visible(text, true);
const longest = 160;

/** Cancelling ends the agents' work for good, so it is asked about. */
export async function sureToCancel(title: string): Promise<boolean> {
  const stop = vscode.l10n.t('Cancel the Run');
  const message = vscode.l10n.t('Cancel “{title}”?', { title });
  const detail = vscode.l10n.t(
    'Its agents stop and their unfinished work is dropped. Your own files stay as they are.',
  );
  const items: vscode.MessageItem[] = [
    { title: stop },
    { title: vscode.l10n.t('Keep It Running'), isCloseAffordance: true },
  ];
  const chosen = await vscode.window.showWarningMessage(message, { modal: true, detail }, ...items);
  return chosen?.title === stop;
}
