import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Data } from './data';
import { chooseModel } from './models';
import type { OpenBoard } from './progress';

/** *Ask Agent to Change Selection/File…*: a file or selection and an instruction, without planning. */
export async function askAgent(
  ctx: Ctx,
  data: Data,
  openBoard: OpenBoard,
  resource?: vscode.Uri,
): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const uri = resource ?? editor?.document.uri;
  await ctx.start();
  const path = uri ? ctx.relative(uri) : undefined;
  if (!uri || path === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Open a file of the workspace first.'));
    return;
  }
  const selection = editor?.document.uri.toString() === uri.toString() ? editor.selection : undefined;
  const lines = selection && !selection.isEmpty ? linesOf(selection) : undefined;
  const instruction = await vscode.window.showInputBox({
    title: lines
      ? vscode.l10n.t('Change lines {from}–{to} of {path}', { ...lines, path })
      : vscode.l10n.t('Change {path}', { path }),
    prompt: vscode.l10n.t('What should the agent do? It works on a copy; you review the result.'),
    ignoreFocusOut: true,
    validateInput: (text) => (text.length > 20_000 ? vscode.l10n.t('At most 20,000 characters.') : undefined),
  });
  if (instruction === undefined || instruction.trim() === '') return;
  if (!(await saved(uri)) || !(await hasModel(ctx))) return;
  const { run } = await ctx.call('runAsk', { path, instruction, ...(lines ? { lines } : {}) });
  await data.runs.refresh();
  await openBoard(run);
}

/** 1-based and inclusive; a selection that ends before the first character of a line does not mean that line. */
function linesOf({ start, end }: vscode.Selection): { from: number; to: number } {
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { from: start.line + 1, to: last + 1 };
}

/** Agents see what is on disk, so unsaved changes are saved first, if the person wants that. */
async function saved(uri: vscode.Uri): Promise<boolean> {
  const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  if (!document?.isDirty) return true;
  const save = vscode.l10n.t('Save and Ask');
  const message = vscode.l10n.t('The file has unsaved changes, which the agent would not see.');
  return (await vscode.window.showWarningMessage(message, { modal: true }, save)) === save && document.save();
}

async function hasModel(ctx: Ctx): Promise<boolean> {
  if ((await ctx.call('modelsList', {})).chosen !== null) return true;
  if ((await chooseModel(ctx)) === undefined) return false;
  await ctx.session?.provide();
  return true;
}
