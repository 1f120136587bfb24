import * as vscode from 'vscode';
import type { RiskFlag } from '../../schemas/wire';

/** Why to look twice, in a few words each. */
export function flagText(flag: RiskFlag): string {
  const texts: Record<RiskFlag, string> = {
    executableConfiguration: vscode.l10n.t('configuration that runs programs'),
    script: vscode.l10n.t('script'),
    lockFile: vscode.l10n.t('lock file'),
    ci: vscode.l10n.t('CI'),
    symlink: vscode.l10n.t('link'),
    mode: vscode.l10n.t('file mode'),
    bidi: vscode.l10n.t('reordering characters'),
    invisible: vscode.l10n.t('invisible characters'),
    secret: vscode.l10n.t('secret'),
    deletion: vscode.l10n.t('deletion'),
    generated: vscode.l10n.t('generated file'),
    testWeakened: vscode.l10n.t('test weakened'),
    testRemoved: vscode.l10n.t('test removed'),
    binary: vscode.l10n.t('binary'),
  };
  return texts[flag];
}

/** All of them, each once. */
export const flagsText = (flags: Iterable<RiskFlag>): string =>
  [...new Set(flags)].map((flag) => flagText(flag)).join(', ');

/** How far a review is: `12 of 40 decided`. */
export const progressText = (decided: number, all: number): string =>
  vscode.l10n.t('{decided} of {all} decided', { decided, all });

/** What was done, as the history names it. */
export function didText(did: 'keep' | 'drop' | 'undecide' | 'edit' | 'split' | 'mode' | 'undo'): string {
  const texts = {
    keep: vscode.l10n.t('Kept'),
    drop: vscode.l10n.t('Dropped'),
    undecide: vscode.l10n.t('Taken back'),
    edit: vscode.l10n.t('Edited and kept'),
    split: vscode.l10n.t('Split'),
    mode: vscode.l10n.t('Put into the files, or taken out'),
    undo: vscode.l10n.t('Undone'),
  };
  return texts[did];
}
