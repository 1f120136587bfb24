import * as vscode from 'vscode';
import type { Changeset, PhaseView, RunSummary } from '../../schemas/wire';
import { BlockedError, type Ctx } from '../ctx';
import type { Blocked } from '../folder';
import type { Boards } from '../panels/board';
import type { ReviewPages } from '../panels/review';
import { problemOf } from '../problems';
import type { Review } from '../review';
import type { ChangeTarget } from '../review/fileReview';
import { problemFix, problemSeverity, problemText } from '../texts';
import { askAgent } from './askAgent';
import { CheckpointCommands } from './checkpoints';
import type { CommandId } from './commandIds';
import type { Data } from './data';
import { doctor, exportReport } from './doctor';
import { executePhase } from './executePhase';
import { chooseModel } from './models';
import type { PitView } from './pitTree';
import { sureToCancel } from './progress';
import type { Questions, QuestionTarget } from './questions';
import { setApiKey } from './secrets';
import type { TextDocuments } from './textDocuments';

/** What commands work with. */
export interface Tools {
  readonly ctx: Ctx;
  readonly data: Data;
  readonly boards: Boards;
  readonly review: Review;
  readonly questions: Questions;
  readonly documents: TextDocuments;
  readonly pages: ReviewPages;
  readonly pit: PitView;
}

interface RunTarget {
  readonly run: Pick<RunSummary, 'run'>;
}

type Handler = (...args: never[]) => unknown;

/** Every command and what it does. */
function table({
  ctx,
  data,
  boards,
  review: hunks,
  questions,
  documents,
  pages,
  pit,
}: Tools): Record<CommandId, Handler> {
  const checkpoints = new CheckpointCommands(ctx);
  const { fileReview: review, changes } = hunks;
  const command =
    (verb: 'pause' | 'resume' | 'cancel' | 'retry', states: readonly RunSummary['state'][]) =>
    async (target?: RunTarget) => {
      const run = target?.run.run ?? (await chooseRun(data, states));
      if (run === undefined) return;
      if (verb === 'cancel' && !(await sureToCancel(data.run(run)?.title ?? run))) return;
      await ctx.call('runCommand', { run, command: verb });
    };
  const onChangeset = (act: (target: ChangeTarget) => Promise<void>) => async (target?: ChangeTarget) => {
    const changeset = target?.changeset ?? (await chooseChangeset(data));
    if (changeset) await act({ ...target, changeset });
  };
  const accept = onChangeset((target) => review.decide(target, 'accept'));
  const reject = onChangeset((target) => review.decide(target, 'reject'));
  /** A menu hands over its row; a key means the selected one, and nothing where none is selected. */
  const onSelected = (act: (target: ChangeTarget) => Promise<void>) => async (target?: ChangeTarget) => {
    const row = target ?? changes.selected();
    if (row && 'changeset' in row) await act(row);
  };
  return {
    'symphony.executePhase': (item?: { phase?: PhaseView }) =>
      executePhase(ctx, data, documents, boards.open, item?.phase),
    'symphony.askAgent': (uri?: vscode.Uri) =>
      askAgent(ctx, data, boards.open, uri instanceof vscode.Uri ? uri : undefined),
    'symphony.chooseModel': () => chooseModel(ctx),
    'symphony.setApiKey': () => setApiKey(ctx),
    'symphony.answerQuestion': (target?: QuestionTarget) => questions.answer(target),
    'symphony.openBoard': async (target?: RunTarget) => {
      const run = target?.run.run ?? (await chooseRun(data));
      if (run !== undefined) await boards.open(run);
    },
    'symphony.refresh': () => data.refresh(),
    'symphony.restartSidecar': async () => (await ctx.start()).restart(),
    'symphony.restartPit': async () => {
      await ctx.call('pitRestart', {});
      pit.refresh();
    },
    'symphony.refreshPit': () => pit.refresh(),
    'symphony.doctor': () => doctor(ctx, documents),
    'symphony.exportReport': () => exportReport(ctx),
    'symphony.showLog': () => ctx.log.show(),
    'symphony.getStarted': () =>
      vscode.commands.executeCommand(
        'workbench.action.openWalkthrough',
        `${ctx.extension.extension.id}#symphony.start`,
        false,
      ),
    'symphony.checkpoint.create': () => checkpoints.create(),
    'symphony.checkpoint.restore': () => checkpoints.restore(),
    'symphony.checkpoint.restoreFile': (uri?: vscode.Uri) =>
      checkpoints.restoreFile(uri instanceof vscode.Uri ? uri : undefined),
    'symphony.checkpoint.compare': () => checkpoints.compare(),
    'symphony.pauseRun': command('pause', ['running', 'waiting']),
    'symphony.resumeRun': command('resume', ['paused']),
    'symphony.cancelRun': command('cancel', ['running', 'waiting', 'paused']),
    'symphony.retryRun': command('retry', ['failed']),
    'symphony.openChange': onChangeset((target) => review.open(target)),
    'symphony.openChangeAgainstWorking': onChangeset((target) => review.openAgainstWorking(target)),
    'symphony.openReview': onChangeset(({ changeset }) => pages.open(changeset.changeset)),
    'symphony.openAllChanges': onChangeset((target) => review.openAll(target)),
    'symphony.acceptChange': onSelected(accept),
    'symphony.rejectChange': onSelected(reject),
    'symphony.acceptPlan': accept,
    'symphony.rejectPlan': reject,
    'symphony.acceptAll': accept,
    'symphony.rejectAll': reject,
    ...hunks.commands,
    'symphony.openQuestionFiles': ({ question }: QuestionTarget) => questions.openFiles(question),
    'symphony.openPlace': (place: { file: string; line: number }) => openPlace(ctx, place),
  };
}

/** Registers all of them; whatever one throws becomes one clear message. */
export function registerCommands(tools: Tools): void {
  for (const [id, handler] of Object.entries(table(tools))) {
    const run = async (...args: unknown[]) => {
      try {
        return await (handler as (...args: unknown[]) => unknown)(...args);
      } catch (thrown) {
        await show(tools.ctx, thrown);
        return undefined;
      }
    };
    tools.ctx.add(vscode.commands.registerCommand(id, run));
  }
}

/** A failure as a message with what can be done about it. Being cancelled is no failure. */
async function show(ctx: Ctx, thrown: unknown): Promise<void> {
  if (thrown instanceof BlockedError) {
    void vscode.window.showInformationMessage(blockedText(thrown.blocked));
    return;
  }
  const problem = problemOf(thrown);
  if (problem.code === 'cancelled') return;
  ctx.log.error(
    thrown instanceof Error && problem.code === 'internal.unexpected' ? thrown : JSON.stringify(problem),
  );
  const text = `${problemText(problem)} ${problemFix(problem)}`;
  const log = vscode.l10n.t('Show Log');
  const show =
    problemSeverity(problem) === 'error' ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
  if ((await show(text, log)) === log) ctx.log.show();
}

function blockedText(blocked: Blocked): string {
  const texts: Record<Blocked, string> = {
    noFolder: vscode.l10n.t('Open a folder with a git repository first.'),
    restricted: vscode.l10n.t('Symphony runs nothing in Restricted Mode. Trust this workspace first.'),
    virtual: vscode.l10n.t('Symphony needs a folder on disk; this workspace is virtual.'),
    notGit: vscode.l10n.t('No open folder is in a git repository. Run “git init” and commit once.'),
  };
  return texts[blocked];
}

async function chooseRun(data: Data, states?: readonly RunSummary['state'][]): Promise<string | undefined> {
  await data.runs.refresh();
  const runs = (data.runs.value ?? []).filter((run) => states === undefined || states.includes(run.state));
  if (runs.length === 0) void vscode.window.showInformationMessage(vscode.l10n.t('There is no such run.'));
  if (runs.length < 2) return runs[0]?.run;
  const items = runs.map(({ run, title, createdAt }) => ({
    label: title,
    description: new Date(createdAt).toLocaleString(),
    run,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which run?') }))?.run;
}

async function chooseChangeset(data: Data): Promise<Changeset | undefined> {
  await data.changesets.refresh();
  const all = data.changesets.value ?? [];
  if (all.length === 0)
    void vscode.window.showInformationMessage(vscode.l10n.t('There is nothing to review.'));
  if (all.length < 2) return all[0];
  const items = all.map((changeset) => ({ label: changeset.title, changeset }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which changes?') }))
    ?.changeset;
}

/** Opens a file of the workspace at a 1-based line. */
async function openPlace(ctx: Ctx, { file, line }: { file: string; line: number }): Promise<void> {
  const start = new vscode.Position(Math.max(0, line - 1), 0);
  await vscode.window.showTextDocument(ctx.uri(file), {
    selection: new vscode.Range(start, start),
    preview: true,
  });
}
