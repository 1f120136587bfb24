import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { Ctx } from '../ctx';
import { problemFix, problemText } from '../texts';

/** The one message about a sidecar that does not come back, with every way out. */
export async function tellTrouble(ctx: Ctx, problem: Problem): Promise<void> {
  const restart = vscode.l10n.t('Restart');
  const log = vscode.l10n.t('Show Log');
  const doctor = vscode.l10n.t('Doctor');
  const text = `${problemText(problem)} ${problemFix(problem)}`;
  const chosen = await vscode.window.showErrorMessage(text, restart, log, doctor);
  if (chosen === restart) await vscode.commands.executeCommand('symphony.restartSidecar');
  if (chosen === log) ctx.log.show();
  if (chosen === doctor) await vscode.commands.executeCommand('symphony.doctor');
}
