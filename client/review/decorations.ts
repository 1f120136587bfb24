import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { At } from './lines';
import type { Ropes } from './ropes';
import type { ReviewState } from './state';
import type { Targets } from './target';

type Kind = 'undecided' | 'changed' | 'kept' | 'dropped';

/** Shows in the overview ruler and behind the first line of each hunk how it was decided; a setting switches it off. */
export function registerDecorations(ctx: Ctx, state: ReviewState, ropes: Ropes, targets: Targets): void {
  const types = new Map<Kind, vscode.TextEditorDecorationType>();
  for (const kind of ['undecided', 'changed', 'kept', 'dropped'] as const)
    types.set(kind, ctx.add(vscode.window.createTextEditorDecorationType(lookOf(kind))));
  const show = (editor: vscode.TextEditor): void => {
    const ranges = new Map<Kind, vscode.DecorationOptions[]>([...types.keys()].map((kind) => [kind, []]));
    if (vscode.workspace.getConfiguration('symphony').get('review.decorations', true))
      for (const { start, end, unit, changed } of targets.places(editor.document).filter(isToBeSeen)) {
        const last = Math.max(0, editor.document.lineCount - 1);
        const from = Math.min(start, last);
        const range = new vscode.Range(from, 0, Math.min(Math.max(start, end - 1), last), 0);
        ranges
          .get(unit.state === 'undecided' ? (changed ? 'changed' : 'undecided') : unit.state)
          ?.push({ range });
      }
    for (const [kind, type] of types) editor.setDecorations(type, ranges.get(kind) ?? []);
  };
  const all = (): void => vscode.window.visibleTextEditors.forEach(show);
  ctx.add(state.onChange(all));
  ctx.add(vscode.window.onDidChangeVisibleTextEditors(all));
  ctx.add(
    ropes.onMove((document) =>
      vscode.window.visibleTextEditors.filter((editor) => editor.document === document).forEach(show),
    ),
  );
  ctx.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('symphony.review.decorations')) all();
    }),
  );
}

/** In a diff a hunk is marked where it has lines, on the proposal’s side if on both; in a file wherever it is. */
const isToBeSeen = ({ start, end, unit }: At): boolean => unit.state === 'undecided' || end > start;

function lookOf(kind: Kind): vscode.DecorationRenderOptions {
  const colors: Record<Kind, string> = {
    undecided: 'editorOverviewRuler.modifiedForeground',
    changed: 'editorOverviewRuler.warningForeground',
    kept: 'editorOverviewRuler.addedForeground',
    dropped: 'editorOverviewRuler.deletedForeground',
  };
  const words: Record<Kind, string | undefined> = {
    undecided: undefined,
    changed: vscode.l10n.t('changed by you'),
    kept: vscode.l10n.t('kept'),
    dropped: vscode.l10n.t('dropped'),
  };
  const word = words[kind];
  return {
    overviewRulerColor: new vscode.ThemeColor(colors[kind]),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    ...(word === undefined
      ? {}
      : {
          before: {
            contentText: word,
            color: new vscode.ThemeColor('editorCodeLens.foreground'),
            margin: '0 1em 0 0',
            fontStyle: 'italic',
          },
        }),
  };
}
