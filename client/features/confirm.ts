import * as vscode from 'vscode';
import { visible } from '../visible';
import type { TextDocuments } from './textDocuments';

/** A dialog that must be scrolled hides what is agreed to; longer texts are shown as a document. */
const fits = { lines: 24, characters: 1600 } as const;

/**
 * Asks for agreement to facts, all of them visible in full: in a modal dialog where they fit, else in a read-only
 * document beside which the choice stays open. `details` must already be in the person's language; control and
 * reordering characters in it are written out here.
 * `leave` names the way out where *Cancel* could be mistaken for an answer.
 * @returns the chosen action, or undefined
 */
export async function confirm(
  documents: TextDocuments,
  title: string,
  details: string,
  actions: readonly string[],
  leave?: string,
): Promise<string | undefined> {
  const detail = visible(details);
  if (detail.length <= fits.characters && detail.split('\n').length <= fits.lines) {
    const items: vscode.MessageItem[] = actions.map((action) => ({ title: action }));
    if (leave !== undefined) items.push({ title: leave, isCloseAffordance: true });
    const chosen = await vscode.window.showInformationMessage(title, { modal: true, detail }, ...items);
    return chosen?.title === leave ? undefined : chosen?.title;
  }
  await documents.show(title, `${title}\n\n${detail}\n`);
  const options = {
    title,
    placeHolder: vscode.l10n.t('Everything is in the document; choose when you have read it'),
    ignoreFocusOut: true,
  };
  return vscode.window.showQuickPick([...actions], options);
}
