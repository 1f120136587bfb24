import * as vscode from 'vscode';
import { codes, saidArgs, type Problem } from '../schemas/codes';
import type { NodeState, PhaseView, RunState } from '../schemas/wire';

/** A problem as one sentence for the person, in the editor's language. */
export const problemText = ({ code, args }: Problem): string =>
  vscode.l10n.t(
    codes[code].message,
    saidArgs(args, (reason) => vscode.l10n.t(codes[reason].message, args)),
  );

/** What the person can do about it. */
export const problemFix = ({ code, args }: Problem): string => vscode.l10n.t(codes[code].fix, args);

export const problemSeverity = ({ code }: Problem): 'error' | 'warning' | 'info' => codes[code].severity;

/** A state of the planning tree in words: icons and colours never speak alone. */
export function planStateText(state: PhaseView['state']): string {
  const texts: Record<PhaseView['state'], string> = {
    none: vscode.l10n.t('not planned'),
    planned: vscode.l10n.t('planned'),
    running: vscode.l10n.t('running'),
    partial: vscode.l10n.t('partly done'),
    complete: vscode.l10n.t('complete'),
    waiting: vscode.l10n.t('waiting for you'),
    failed: vscode.l10n.t('failed'),
  };
  return texts[state];
}

export function milestoneStateText(state: 'open' | 'active' | 'shipped'): string {
  const texts = {
    open: vscode.l10n.t('open'),
    active: vscode.l10n.t('active'),
    shipped: vscode.l10n.t('shipped'),
  };
  return texts[state];
}

export function runStateText(state: RunState): string {
  const texts: Record<RunState, string> = {
    running: vscode.l10n.t('running'),
    waiting: vscode.l10n.t('waiting for you'),
    paused: vscode.l10n.t('paused'),
    cancelling: vscode.l10n.t('cancelling'),
    completed: vscode.l10n.t('complete'),
    failed: vscode.l10n.t('failed'),
    cancelled: vscode.l10n.t('cancelled'),
  };
  return texts[state];
}

export function nodeStateText(state: NodeState): string {
  const texts: Record<NodeState, string> = {
    pending: vscode.l10n.t('not started'),
    running: vscode.l10n.t('running'),
    waiting: vscode.l10n.t('waiting for you'),
    completed: vscode.l10n.t('complete'),
    skipped: vscode.l10n.t('skipped'),
    failed: vscode.l10n.t('failed'),
    cancelled: vscode.l10n.t('cancelled'),
  };
  return texts[state];
}

export function changeText(change: 'added' | 'modified' | 'deleted' | 'renamed'): string {
  const texts = {
    added: vscode.l10n.t('added'),
    modified: vscode.l10n.t('modified'),
    deleted: vscode.l10n.t('deleted'),
    renamed: vscode.l10n.t('renamed'),
  };
  return texts[change];
}

/** What a question is about, in two or three words. */
export function questionKindText(kind: string): string {
  const texts: Record<string, string> = {
    mergeConflict: vscode.l10n.t('Merge conflict'),
    approveCommand: vscode.l10n.t('Approve a command'),
  };
  return Object.hasOwn(texts, kind) ? texts[kind]! : vscode.l10n.t('Question');
}

/** An answer a run offers, as a button. An answer this build does not know is shown as the sidecar names it. */
export function choiceText(choice: string): string {
  const texts: Record<string, string> = {
    allow: vscode.l10n.t('Allow'),
    deny: vscode.l10n.t('Refuse'),
    integrated: vscode.l10n.t('Keep the Earlier Plans’ Side'),
    plan: vscode.l10n.t('Take This Plan’s Side'),
    resolved: vscode.l10n.t('I Resolved the Files by Hand'),
    agent: vscode.l10n.t('Let an Agent Join Both Sides'),
  };
  return Object.hasOwn(texts, choice) ? texts[choice]! : choice;
}

/** `1 file`, `3 files`. Languages differ in more than an s, so each number has a sentence of its own. */
export function filesText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 file') : vscode.l10n.t('{count} files', { count });
}

export function questionsText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 question') : vscode.l10n.t('{count} questions', { count });
}
