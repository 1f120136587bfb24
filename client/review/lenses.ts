import * as vscode from 'vscode';
import type { ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { reviewScheme } from './files';
import { sizeOf } from './lines';
import type { Ropes } from './ropes';
import type { ReviewState } from './state';
import type { Shown, Target, Targets } from './target';
import { flagsText } from './texts';

/** More lenses than this in one document would be noise, and slow. */
const most = 1000;

/**
 * *Keep* and *Drop* above each hunk: in the file itself, and in diffs where a person has switched lenses on there.
 * Buttons in the editor's title and keys do the same everywhere.
 */
export function registerLenses(ctx: Ctx, state: ReviewState, ropes: Ropes, targets: Targets): void {
  const changed = ctx.add(new vscode.EventEmitter<void>());
  ctx.add(state.onChange(() => changed.fire()));
  ctx.add(ropes.onMove(() => changed.fire()));
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      const shown = targets.shown(document);
      if (!shown) return [];
      const places = targets.places(document, shown).slice(0, most);
      return places.flatMap(({ start, unit, changed: touched }) => {
        const line = Math.min(start, Math.max(0, document.lineCount - 1));
        const range = new vscode.Range(line, 0, line, 0);
        const { changeset, path } = shown;
        return lensesOf({ changeset, path, unit }, shown, touched).map(
          (command) => new vscode.CodeLens(range, command),
        );
      });
    },
  };
  ctx.add(
    vscode.languages.registerCodeLensProvider([{ scheme: 'file' }, { scheme: reviewScheme }], provider),
  );
}

function lensesOf(target: Target, { side, file }: Shown, touched: boolean): vscode.Command[] {
  const { unit } = target;
  const inPlace = file.reviewed.mode === 'inPlace';
  const note = noteOf(unit, side === 'file' && !inPlace, touched);
  const command = (id: string, title: string): vscode.Command => ({
    command: `symphony.review.${id}`,
    title,
    arguments: [target],
  });
  const about = command(side === 'file' ? 'compare' : 'markReviewed', note);
  if (unit.state !== 'undecided') return [about, command('takeBack', vscode.l10n.t('Take Back'))];
  return [
    command('keepHunk', vscode.l10n.t('Keep')),
    command('dropHunk', inPlace ? vscode.l10n.t('Undo') : vscode.l10n.t('Drop')),
    about,
  ];
}

/** What a hunk is, in a few words: its size where it is not to be seen, its decision, what to look at twice. */
function noteOf(unit: ReviewUnit, hidden: boolean, touched: boolean): string {
  const parts: string[] = [];
  if (hidden) parts.push(vscode.l10n.t('Proposed: +{added} −{removed}', { ...sizeOf(unit) }));
  if (touched) parts.push(vscode.l10n.t('changed by you'));
  if (unit.state === 'kept')
    parts.push(unit.edited === null ? vscode.l10n.t('Kept') : vscode.l10n.t('Kept, edited'));
  if (unit.state === 'dropped') parts.push(vscode.l10n.t('Dropped'));
  const flags = flagsText(unit.flags);
  if (flags !== '') parts.push(`$(warning) ${flags}`);
  if (unit.reviewed) parts.push(vscode.l10n.t('Reviewed'));
  else if (!hidden && unit.state === 'undecided') parts.push(vscode.l10n.t('Mark Reviewed'));
  return parts.join(' · ');
}
