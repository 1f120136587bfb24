import * as vscode from 'vscode';
import type { ChangedFile, Changeset, ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import type { FileReview } from './fileReview';
import { inTime } from './inTime';
import { reviewScheme } from './files';
import { step } from './lines';
import type { ReviewState } from './state';
import { isUndecided, type Shown, type Targets } from './target';
import { allFilesOf } from './tree';

/** Goes from hunk to hunk, and from file to file where one has no more. */
export class Navigation {
  constructor(
    private readonly ctx: Ctx,
    private readonly state: ReviewState,
    private readonly targets: Targets,
    private readonly files: FileReview,
  ) {}

  /**
   * Moves the cursor to the next or previous hunk.
   * @param wanted which hunks count
   * @param beyond whether to go on in another file
   */
  async go(forward: boolean, wanted: (unit: ReviewUnit) => boolean, beyond = true): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const shown = editor && this.targets.shown(editor.document);
    if (editor && shown) {
      const places = this.targets.places(editor.document, shown).filter(({ unit }) => wanted(unit));
      const found = step(places, editor.selection.active.line, forward);
      if (found) return this.reveal(editor, shown, found.start);
    }
    if (beyond) await this.goToFile(shown, forward, wanted);
  }

  /** After a decision: the next hunk nobody decided on, if the file at hand has one. Another file is never opened unasked. */
  async advance(editor: vscode.TextEditor | undefined): Promise<void> {
    if (!editor || vscode.window.activeTextEditor !== editor) return;
    const shown = this.targets.shown(editor.document);
    if (!shown) return;
    const places = this.targets.places(editor.document, shown).filter(({ unit }) => isUndecided(unit));
    const line = editor.selection.active.line;
    const found = places.find(({ start, end }) => Math.max(start, end - 1) >= line) ?? places[0];
    if (found) await this.reveal(editor, shown, found.start);
  }

  private async reveal(editor: vscode.TextEditor, shown: Shown, line: number): Promise<void> {
    const at = new vscode.Position(Math.min(line, Math.max(0, editor.document.lineCount - 1)), 0);
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    if (shown.side !== 'file' || shown.file.reviewed.mode !== 'inPlace') return;
    // The editor's own view of a change, with Keep and Undo; it takes the change at the cursor.
    await inTime(vscode.commands.executeCommand('editor.action.dirtydiff.next'));
  }

  private async goToFile(
    shown: Shown | undefined,
    forward: boolean,
    wanted: (unit: ReviewUnit) => boolean,
  ): Promise<void> {
    const { changeset, files, from } = this.around(shown);
    if (!changeset) return;
    const reviewed = this.state.get(changeset.changeset);
    const ordered = [...files.slice(from + 1), ...files.slice(0, from + 1)];
    if (!forward) ordered.reverse();
    const next = ordered.find((file) => (reviewed?.units.get(file.path) ?? []).some(wanted));
    if (!next) {
      vscode.window.setStatusBarMessage(`$(check-all) ${vscode.l10n.t('No more hunks')}`, 3000);
      return;
    }
    if (next.path === shown?.path) {
      const editor = vscode.window.activeTextEditor;
      const places = editor ? this.targets.places(editor.document).filter(({ unit }) => wanted(unit)) : [];
      const around = forward ? places[0] : places.at(-1);
      if (editor && around) return this.reveal(editor, shown, around.start);
    }
    const inPlace = reviewed?.mode === 'inPlace' && next.proposal !== null;
    if (inPlace) await vscode.window.showTextDocument(this.ctx.uri(next.path), { preview: true });
    else await this.files.open({ changeset, file: next }, false);
    await this.start(next, forward, wanted);
  }

  private around(shown: Shown | undefined): {
    changeset: Changeset | undefined;
    files: readonly ChangedFile[];
    from: number;
  } {
    const changeset = shown?.file.changeset ?? this.state.all()[0]?.changeset;
    const files = changeset ? allFilesOf(changeset) : [];
    return { changeset, files, from: files.findIndex(({ path }) => path === shown?.path) };
  }

  /** Puts the cursor on the first (or last) hunk of a file that was just opened. */
  private async start(
    file: ChangedFile,
    forward: boolean,
    wanted: (unit: ReviewUnit) => boolean,
  ): Promise<void> {
    for (let tries = 0; tries < 20; tries++) {
      const editor = vscode.window.activeTextEditor;
      const shown = editor && this.targets.shown(editor.document);
      if (editor && shown?.path === file.path) {
        const places = this.targets.places(editor.document, shown).filter(({ unit }) => wanted(unit));
        const found = forward ? places[0] : places.at(-1);
        if (found) return this.reveal(editor, shown, found.start);
        if (editor.document.uri.scheme === reviewScheme) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
