import * as vscode from 'vscode';
import type { NodeState, PhaseView, RunState } from '../../schemas/wire';

type State = PhaseView['state'] | RunState | NodeState;

/** Icon and theme colour of every state; a text always stands beside it. */
const icons: Readonly<Record<State, readonly [icon: string, color?: string]>> = {
  none: ['circle-large-outline'],
  planned: ['circle-outline'],
  pending: ['circle-outline'],
  running: ['sync~spin', 'charts.blue'],
  partial: ['color-mode', 'charts.blue'],
  complete: ['pass', 'charts.green'],
  completed: ['pass', 'charts.green'],
  skipped: ['debug-step-over'],
  waiting: ['question', 'charts.yellow'],
  paused: ['debug-pause', 'charts.yellow'],
  cancelling: ['circle-slash'],
  cancelled: ['circle-slash'],
  failed: ['error', 'charts.red'],
};

export function stateIcon(state: State): vscode.ThemeIcon {
  const [icon, color] = icons[state];
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}
