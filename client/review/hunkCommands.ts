import * as vscode from 'vscode';
import type { ReviewUnit, UnitResult } from '../../schemas/wire';
import { visible } from '../visible';
import { encodingOf, sidesOf } from './contents';
import type { Verb } from './decisions';
import { inTime } from './inTime';
import { divide } from './lines';
import type { ReviewParts } from './parts';
import { isUndecided, type Target } from './target';

/** What the line number menu of an editor hands over. */
interface LineTarget {
  readonly uri: vscode.Uri;
  readonly lineNumber: number;
}

const isTarget = (value: unknown): value is Target =>
  typeof value === 'object' && value !== null && 'unit' in value && 'changeset' in value && 'path' in value;

const isLine = (value: unknown): value is LineTarget =>
  typeof value === 'object' && value !== null && 'lineNumber' in value && 'uri' in value;

/** Decisions on single hunks: the one a lens belongs to, or those at the cursor or selection. */
export class HunkCommands {
  constructor(private readonly parts: ReviewParts) {}

  /** Keeps, drops or takes back; the cursor goes on to the next hunk, the focus stays where it is. */
  async decide(verb: Verb, from?: unknown): Promise<readonly UnitResult[]> {
    const editor = vscode.window.activeTextEditor;
    const met = this.met(from).filter(({ unit }) =>
      verb === 'undecide' ? !isUndecided(unit) : isUndecided(unit),
    );
    const [first] = met;
    if (!first) {
      tellNothing();
      return [];
    }
    const units = met.filter(({ changeset }) => changeset === first.changeset).map(nameOf);
    const results = await this.parts.decisions.decide(first.changeset, verb, { units });
    if (verb !== 'undecide') await this.parts.navigation.advance(editor);
    return results;
  }

  /** A button of the editor’s own peek. It closes when this returns, so the next hunk is shown a moment later. */
  async peek(verb: 'keep' | 'drop', args: readonly unknown[]): Promise<void> {
    const [uri, changes, index] = args as [vscode.Uri, never[], number];
    const units = this.parts.sourceControl
      .unitsAt(uri, changes, index)
      ?.filter(({ unit }) => isUndecided(unit));
    const [first] = units ?? [];
    if (!units || !first) {
      const message = vscode.l10n.t(
        'This change is your own, or it is not what was proposed any more. Nothing was decided.',
      );
      void vscode.window.showInformationMessage(message);
      return;
    }
    await this.parts.decisions.decide(first.changeset, verb, { units: units.map(nameOf) });
    setTimeout(() => void inTime(vscode.commands.executeCommand('editor.action.dirtydiff.next')), afterPeek);
  }

  async markReviewed(from?: unknown): Promise<void> {
    const met = this.met(from);
    const [first] = met;
    if (!first) return tellNothing();
    const reviewed = !met.every(({ unit }) => unit.reviewed);
    await this.parts.decisions.mark(first.changeset, met.map(nameOf), reviewed);
  }

  /** Divides the hunk at the cursor: its line becomes the first of the second part. */
  async split(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const shown = editor && this.parts.targets.shown(editor.document);
    const [target] = this.met().filter(({ unit }) => isUndecided(unit));
    if (!editor || !shown || !target) return tellNothing();
    const place = this.parts.targets
      .places(editor.document, shown)
      .find(({ unit }) => unit.unit === target.unit.unit);
    const inPlace = shown.file.reviewed.mode === 'inPlace';
    const side = shown.side === 'file' ? (inPlace ? 'proposal' : 'baseline') : shown.side;
    const span = side === 'proposal' ? target.unit.after : target.unit.before;
    const line = editor.selection.active.line - (place?.start ?? span.start) + span.start;
    const at = divide(target.unit, side, line);
    if (!at) {
      const message = vscode.l10n.t('Put the cursor on the line the second part is to begin with.');
      void vscode.window.showInformationMessage(message);
      return;
    }
    await this.parts.decisions.split(target.changeset, nameOf(target), [at]);
  }

  /** Lets a person tick the lines of a hunk to keep; what is selected is ticked beforehand. */
  async keepSelectedLines(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const shown = editor && this.parts.targets.shown(editor.document);
    const [target] = this.met().filter(({ unit }) => isUndecided(unit));
    if (!editor || !shown || !target) return tellNothing();
    const { unit, path } = target;
    const sides = await sidesOf(this.parts.files, shown.file, encodingOf(this.parts.ctx.uri(path)));
    const selected = (line: number, side: 'baseline' | 'proposal'): boolean =>
      editor.selection.isEmpty ||
      shown.side !== side ||
      (line >= editor.selection.start.line && line <= editor.selection.end.line);
    const item = (line: number, side: 'baseline' | 'proposal') => ({
      label: `${side === 'proposal' ? '+' : '−'} ${visible((sides[side][line] ?? '').replace(/[\r\n]+$/, ''), true)}`,
      description: String(line + 1),
      picked: selected(line, side),
      line,
      side,
    });
    const items = [
      ...numbers(unit.before).map((line) => item(line, 'baseline')),
      ...numbers(unit.after).map((line) => item(line, 'proposal')),
    ];
    const title = vscode.l10n.t('Which lines are to be kept?');
    const placeHolder = vscode.l10n.t('− is taken away when ticked, + is put in when ticked');
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, canPickMany: true });
    if (!chosen) return;
    const of = (side: string) => chosen.filter((each) => each.side === side).map(({ line }) => line);
    await this.parts.decisions.keepLines(target.changeset, nameOf(target), of('proposal'), of('baseline'));
    await this.parts.navigation.advance(editor);
  }

  /** Opens the proposed lines of a hunk to be written otherwise; saving them keeps them. */
  async edit(from?: unknown): Promise<void> {
    const [target] = this.met(from).filter(({ unit }) => unit.kind === 'lines' && isUndecided(unit));
    if (!target) return tellNothing();
    const { changeset, path, unit } = target;
    const [file] = this.parts.state.filesAt(path, changeset);
    if (!file) return;
    const sides = await sidesOf(this.parts.files, file, encodingOf(this.parts.ctx.uri(path)));
    const text = sides.proposal.slice(unit.after.start, unit.after.end).join('');
    const uri = await this.parts.drafts.make(path, text, async (edited) => {
      const results = await this.parts.decisions.edit(changeset, nameOf(target), edited);
      return results.every(({ result }) => result !== 'refused');
    });
    await vscode.window.showTextDocument(uri, { preview: false });
    const message = vscode.l10n.t('Save to keep the hunk as it stands here; close to leave it undecided.');
    vscode.window.setStatusBarMessage(`$(edit) ${message}`, 10_000);
  }

  private met(from?: unknown): Target[] {
    if (isTarget(from)) return [this.now(from)];
    const editor = isLine(from)
      ? vscode.window.visibleTextEditors.find(
          ({ document }) => document.uri.toString() === from.uri.toString(),
        )
      : vscode.window.activeTextEditor;
    if (!editor) return [];
    if (!isLine(from)) return this.parts.targets.at(editor);
    const at = new vscode.Selection(from.lineNumber - 1, 0, from.lineNumber - 1, 0);
    return this.parts.targets.at({
      document: editor.document,
      selections: [at],
    } as unknown as vscode.TextEditor);
  }

  /** A lens may be older than the last decision. */
  private now(target: Target): Target {
    const known = this.parts.state.get(target.changeset)?.units.get(target.path) ?? [];
    return { ...target, unit: known.find(({ unit }) => unit === target.unit.unit) ?? target.unit };
  }
}

/** How long after a button of the peek the next hunk is shown, in milliseconds: the peek closes first. */
const afterPeek = 600;

export const nameOf = ({ path, unit }: Target): { path: string; unit: string } => ({ path, unit: unit.unit });

const numbers = ({ start, end }: ReviewUnit['before']): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i);

function tellNothing(): void {
  const message = vscode.l10n.t('There is no hunk to decide on at the cursor.');
  vscode.window.setStatusBarMessage(`$(info) ${message}`, 3000);
}
