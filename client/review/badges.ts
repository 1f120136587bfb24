import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import { countsOf } from './lines';
import type { ReviewState } from './state';
import { undecided } from './tree';

/** The editor shows two characters at most. */
const mostShown = 9;

/** Marks files of the workspace that agents propose to change, with how many hunks wait. */
export function registerBadges(ctx: Ctx, data: Data, state: ReviewState): void {
  const changed = ctx.add(new vscode.EventEmitter<undefined>());
  ctx.add(data.changesets.onChange(() => changed.fire(undefined)));
  ctx.add(state.onChange(() => changed.fire(undefined)));
  ctx.add(
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration(uri) {
        const path = uri.scheme === 'file' ? ctx.relative(uri) : undefined;
        const open = (data.changesets.value ?? []).flatMap(undecided);
        if (path === undefined || !open.some((file) => file.path === path)) return undefined;
        const counts = countsOf(state.filesAt(path).flatMap(({ units }) => units));
        const left = counts.undecided;
        const badge = left === 0 ? '◆' : `${left > mostShown ? '+' : left}◆`;
        const tooltip =
          left === 0
            ? vscode.l10n.t('Agents propose a change')
            : vscode.l10n.t('Agents propose changes: {undecided} of {all} undecided', {
                undecided: left,
                all: counts.all,
              });
        return new vscode.FileDecoration(badge, tooltip);
      },
    }),
  );
}
