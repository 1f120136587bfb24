import * as vscode from 'vscode';
import type { ReviewActions } from '../panels/review';
import type { Review } from '.';
import { reviewUri } from './files';

/** What the *Review* page has the editor do, by way of the same decisions as every other surface. */
export function reviewActions(review: Review): ReviewActions {
  const decisions = () => review.open().parts.decisions;
  return {
    strings: () => review.open().strings(),
    decide: (changeset, decision, units) => decisions().decide(changeset, decision, { units }),
    undo: (changeset) => decisions().undo(changeset),
    open: (changeset, path, unit) => openAt(review, changeset, path, unit),
  };
}

/** A file of a changeset beside its baseline, with the lines of a unit in view; the editor has the focus. */
async function openAt(review: Review, id: string, path: string, unit: string | null): Promise<void> {
  const changeset = review.data.changeset(id);
  const file = changeset?.files.find((each) => each.path === path);
  if (!changeset || !file) return;
  await review.fileReview.open({ changeset, file }, false);
  const found = (await review.state.load(id))?.units.get(path)?.find((each) => each.unit === unit);
  const shown = reviewUri('proposal', file, id).toString();
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === shown);
  if (!found || !editor) return;
  const at = new vscode.Position(Math.min(found.after.start, editor.document.lineCount - 1), 0);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
