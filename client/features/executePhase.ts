import * as vscode from 'vscode';
import type { PhaseView } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { planStateText, problemFix, problemSeverity, problemText } from '../texts';
import { visible } from '../visible';
import type { Result } from '../session/types';
import { confirm } from './confirm';
import type { Data } from './data';
import { chooseModel } from './models';
import type { OpenBoard } from './progress';
import type { TextDocuments } from './textDocuments';

type Preview = Result<'runPreview'>;

/** *Execute Phase…*: which phase, what it would do and run, then the run with its board. */
export async function executePhase(
  ctx: Ctx,
  data: Data,
  documents: TextDocuments,
  openBoard: OpenBoard,
  given?: PhaseView,
): Promise<void> {
  const phase = given ?? (await choosePhase(data));
  if (!phase) return;
  let preview = await ctx.call('runPreview', { phase: phase.id });
  if (preview.model === null && !preview.problems.some(isError)) {
    if ((await chooseModel(ctx)) === undefined) return;
    await ctx.session?.provide();
    preview = await ctx.call('runPreview', { phase: phase.id });
  }
  if (!(await agree(documents, preview, phase.id))) return;
  const { run } = await ctx.call('runExecute', {
    phase: phase.id,
    approved: preview.commands.map(({ hash }) => hash),
  });
  await data.runs.refresh();
  await openBoard(run);
}

async function choosePhase(data: Data): Promise<PhaseView | undefined> {
  await data.planning.refresh();
  const { value, problem } = data.planning;
  if (problem) throw Object.assign(new Error(problem.code), { problem });
  const phases = (value?.milestones ?? [])
    .flatMap((milestone) => milestone.phases)
    .filter((phase) => phase.plans.length > 0);
  if (phases.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('No phase has plans yet. Write plan files into a folder of .planning/phases first.'),
    );
    return undefined;
  }
  const rank = (phase: PhaseView) => (phase.state === 'complete' ? 1 : 0);
  const items = phases
    .sort((a, b) => rank(a) - rank(b))
    .map((phase) => ({
      label: vscode.l10n.t('Phase {id}: {name}', { id: phase.id, name: visible(phase.name, true) }),
      description: planStateText(phase.state),
      detail: visible(phase.goal, true),
      phase,
    }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Execute Phase'),
    placeHolder: vscode.l10n.t('Which phase should agents work on?'),
    matchOnDescription: true,
  });
  return picked?.phase;
}

const isError = (problem: Preview['problems'][number]): boolean => problemSeverity(problem) === 'error';

/** Shows all that executing would do. Errors leave nothing to agree to. */
async function agree(documents: TextDocuments, preview: Preview, id: string): Promise<boolean> {
  const errors = preview.problems.filter(isError);
  const name = vscode.l10n.t('Phase {id}: {name}', { id, name: visible(preview.title, true) });
  if (errors.length > 0) {
    const title = vscode.l10n.t('{title} cannot be executed', { title: name });
    await confirm(documents, title, errors.map(lineOf).join('\n'), [vscode.l10n.t('OK')]);
    return false;
  }
  const count = preview.commands.length;
  const action = count > 0 ? vscode.l10n.t('Approve and Execute') : vscode.l10n.t('Execute');
  const title = vscode.l10n.t('Execute {title}?', { title: name });
  return (await confirm(documents, title, previewText(preview), [action])) === action;
}

const lineOf = (problem: Preview['problems'][number]): string =>
  `${problemText(problem)} ${problemFix(problem)}`;

/** Plans by wave, then every command word for word, then warnings. */
function previewText(preview: Preview): string {
  const lines = [vscode.l10n.t('Model: {model}', { model: preview.model ?? vscode.l10n.t('none') })];
  for (const wave of [...new Set(preview.plans.map((plan) => plan.wave))].sort((a, b) => a - b)) {
    lines.push('', vscode.l10n.t('Wave {wave}', { wave }));
    for (const plan of preview.plans.filter((each) => each.wave === wave)) {
      lines.push(`• ${plan.id} ${visible(plan.title, true)}`);
    }
  }
  if (preview.commands.length > 0) {
    lines.push('', vscode.l10n.t('Commands that will be run to verify the work:'));
    for (const { plan, command } of preview.commands) lines.push(`${plan} $ ${visible(command)}`);
  }
  const warnings = preview.problems.filter((each) => !isError(each));
  if (warnings.length > 0) lines.push('', ...warnings.map(lineOf));
  return lines.join('\n');
}
