import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { visible } from '../visible';
import { countsOf } from './lines';
import { allUnits, type ReviewState } from './state';
import type { Targets } from './target';
import { progressText } from './texts';

/**
 * Says in the status bar how far the review at hand is, and tells the editor in `symphony.review.active` whether the
 * keys of a review mean something where the cursor is.
 */
export function registerProgress(ctx: Ctx, state: ReviewState, targets: Targets): void {
  const item = ctx.add(
    vscode.window.createStatusBarItem('symphony.review', vscode.StatusBarAlignment.Left, 9),
  );
  item.name = vscode.l10n.t('Symphony Review');
  item.command = 'symphony.review.history';
  let last: string | undefined;
  const show = (): void => {
    const editor = vscode.window.activeTextEditor;
    const shown = editor && targets.shown(editor.document);
    const context = shown ? shown.file.reviewed.mode : 'none';
    if (context !== last) {
      last = context;
      void vscode.commands.executeCommand('setContext', 'symphony.review.active', shown !== undefined);
      void vscode.commands.executeCommand('setContext', 'symphony.review.mode', context);
    }
    const found = shown?.file ?? state.all()[0];
    if (!found) return item.hide();
    const { all, undecided } = countsOf(allUnits(found.reviewed).map(({ of }) => of));
    if (all === 0) return item.hide();
    const text = progressText(all - undecided, all);
    item.text = `$(checklist) ${text}`;
    item.tooltip = `${visible(found.changeset.title, true)}\n${vscode.l10n.t('Show what was decided')}`;
    item.accessibilityInformation = { label: `${item.name}, ${text}` };
    item.show();
  };
  ctx.add(state.onChange(show));
  ctx.add(vscode.window.onDidChangeActiveTextEditor(show));
}
