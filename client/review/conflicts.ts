import * as vscode from 'vscode';
import type { ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { visible } from '../visible';
import { align } from './align';
import { readIfThere, saveGuarded } from './buffers';
import { encodingOf, openDocument, sha256Of } from './contents';
import type { Conflict, Decisions } from './decisions';
import type { Drafts } from './drafts';
import { contentUri, type ReviewFiles } from './files';
import { inTime } from './inTime';
import { editorLines, linesOf } from './lines';
import type { ReviewState } from './state';

/** Opens what overlaps in the editor's merge editor, and takes the saved result into the file as an edited hunk. */
export class Conflicts {
  constructor(
    private readonly ctx: Ctx,
    private readonly files: ReviewFiles,
    private readonly state: ReviewState,
    private readonly drafts: Drafts,
    private readonly decisions: Decisions,
  ) {
    ctx.add(
      decisions.onConflict((conflict) => {
        this.offer(conflict).catch((thrown: unknown) => ctx.explain(thrown));
      }),
    );
  }

  /** Base, yours and proposed beside the result; with markers in a text where the merge editor cannot be had. */
  async open(conflict: Conflict): Promise<void> {
    const { path, sides } = conflict;
    const encoding = encodingOf(this.ctx.uri(path));
    const text = async (hash: string): Promise<string> =>
      vscode.workspace.decode(await this.files.bytes(hash), { encoding });
    const [base, yours, proposed] = await Promise.all([
      text(sides.base),
      text(sides.yours),
      text(sides.proposed),
    ]);
    const marked = withMarkers(yours, proposed);
    const output = await this.drafts.make(path, marked, (merged) => this.take(conflict, base, merged));
    const uri = (hash: string) => contentUri('baseline', path, hash, conflict.changeset);
    const input = (hash: string, title: string) => ({ uri: uri(hash), title });
    const opened = await inTime(
      vscode.commands
        .executeCommand('_open.mergeEditor', {
          base: uri(sides.base),
          input1: input(sides.yours, vscode.l10n.t('Yours')),
          input2: input(sides.proposed, vscode.l10n.t('Proposed')),
          output,
        })
        .then(
          () => true,
          (thrown: unknown) => {
            this.ctx.log.info(`No merge editor: ${String(thrown)}`);
            return false;
          },
        ),
    );
    if (opened) return;
    const title = vscode.l10n.t('{path} (yours ↔ proposed)', { path: visible(path, true) });
    const diff = vscode.commands.executeCommand('vscode.diff', uri(sides.yours), uri(sides.proposed), title);
    await inTime(diff);
    await vscode.window.showTextDocument(output, { viewColumn: vscode.ViewColumn.Beside, preview: false });
  }

  private async offer(conflict: Conflict): Promise<void> {
    const merge = vscode.l10n.t('Open Merge Editor');
    const path = visible(conflict.path, true);
    const message = vscode.l10n.t(
      'In {path}, your lines and the proposed ones overlap. Nothing was written.',
      { path },
    );
    if ((await vscode.window.showWarningMessage(message, merge)) === merge) await this.open(conflict);
  }

  /**
   * Puts a merged text into the file: only where the file still is what was merged. Then the hunk counts as kept in
   * the words that now stand in its place.
   */
  private async take(conflict: Conflict, base: string, merged: string): Promise<boolean> {
    if (hasMarkers(merged)) {
      const message = vscode.l10n.t('There are still markers of a conflict; the text was not taken over.');
      void vscode.window.showWarningMessage(message);
      return false;
    }
    const { changeset, path, sides } = conflict;
    const uri = this.ctx.uri(path);
    const document = openDocument(uri) ?? (await vscode.workspace.openTextDocument(uri));
    const disk = await readIfThere(uri);
    const yours = await vscode.workspace.decode(await this.files.bytes(sides.yours), {
      encoding: document.encoding,
    });
    if (!disk || !sameLines(document.getText(), yours)) {
      const message = vscode.l10n.t(
        '{path} was changed since the merge began. Your merged text stays open; decide again to merge anew.',
        { path: visible(path, true) },
      );
      void vscode.window.showWarningMessage(message);
      return false;
    }
    const wasDirty = document.isDirty;
    const edit = new vscode.WorkspaceEdit();
    edit.set(uri, [minimalEdit(document, merged)]);
    if (!(await vscode.workspace.applyEdit(edit))) return false;
    // Where the person had nothing unsaved, the file on disk follows; where they had, saving is theirs.
    if (!wasDirty) await saveGuarded(document, sha256Of(disk));
    await this.tellSidecar(changeset, path, conflict.units, base, merged);
    this.decisions.settle(conflict);
    return true;
  }

  private async tellSidecar(
    changeset: string,
    path: string,
    names: readonly string[],
    base: string,
    merged: string,
  ): Promise<void> {
    const units = this.state.get(changeset)?.units.get(path) ?? [];
    for (const unit of units.filter((each) => names.includes(each.unit)))
      await this.decisions.edit(changeset, { path, unit: unit.unit }, this.replaced(unit, base, merged));
  }

  /** What stands in a merged text where a hunk stood in the base. */
  private replaced({ before }: ReviewUnit, base: string, merged: string): string {
    const [was, now] = [editorLines(base), editorLines(merged)];
    const runs = align(was, now);
    const above = runs.filter((run) => run.base < before.start).at(-1);
    const below = runs.find((run) => run.base + run.length > before.end);
    const start = above ? above.now + Math.min(before.start - above.base, above.length) : 0;
    const end = below ? below.now + Math.max(0, before.end - below.base) : now.length;
    return linesOf(merged).slice(start, Math.max(start, end)).join('');
  }
}

/** The shortest single replacement that turns a document into a text; its line ends stay the document's. */
export function minimalEdit(document: vscode.TextDocument, text: string): vscode.TextEdit {
  const eol = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const before = document.getText();
  const after = text.replace(/\r\n|\r|\n/g, eol);
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  // A line end of two characters and a character outside of the basic plane are one; they must not be parted.
  while (start > 0 && /[\r\ud800-\udbff]/.test(before[start - 1] ?? '')) start--;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  while (end > 0 && /[\n\udc00-\udfff]/.test(before.at(-end) ?? '')) end--;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(before.length - end));
  return vscode.TextEdit.replace(range, after.slice(start, after.length - end));
}

const sameLines = (a: string, b: string): boolean => {
  const [left, right] = [editorLines(a), editorLines(b.replace(/^\ufeff/, ''))];
  return left.length === right.length && left.every((line, i) => line === right[i]);
};

const hasMarkers = (text: string): boolean => /^(<{7} |>{7} |={7}$)/m.test(text);

/** Both texts as one, with markers around what they do not share. */
function withMarkers(yours: string, proposed: string): string {
  const [mine, theirs] = [linesOf(yours), linesOf(proposed)];
  const eol = /\r\n/.test(yours) ? '\r\n' : '\n';
  const whole = (lines: readonly string[]): string => {
    const text = lines.join('');
    return text === '' || /[\r\n]$/.test(text) ? text : text + eol;
  };
  let at = { mine: 0, theirs: 0 };
  let text = '';
  const differ = (toMine: number, toTheirs: number): void => {
    const [left, right] = [mine.slice(at.mine, toMine), theirs.slice(at.theirs, toTheirs)];
    if (left.length + right.length > 0)
      text += `<<<<<<< yours${eol}${whole(left)}=======${eol}${whole(right)}>>>>>>> proposed${eol}`;
  };
  for (const run of align(mine, theirs)) {
    differ(run.base, run.now);
    text += mine.slice(run.base, run.base + run.length).join('');
    at = { mine: run.base + run.length, theirs: run.now + run.length };
  }
  differ(mine.length, theirs.length);
  return text;
}
