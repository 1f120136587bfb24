import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Question } from '../../schemas/journal/events';
import type { Ctx } from '../ctx';
import { problemOf } from '../problems';
import { choiceText, problemFix, problemText } from '../texts';
import { visible } from '../visible';
import { confirm } from './confirm';
import type { Data } from './data';
import type { Boards } from '../panels/board';
import type { TextDocuments } from './textDocuments';

export interface QuestionTarget {
  readonly run: string;
  readonly question: Question;
}

/** Tells of new questions, once each, and asks for the answers. */
export class Questions {
  private readonly told = new Set<string>();

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
    private readonly documents: TextDocuments,
    private readonly boards: Boards,
  ) {
    ctx.add(data.runs.onChange(() => this.tellNew()));
  }

  /** Every question of every run, oldest run last. */
  get open(): QuestionTarget[] {
    return (this.data.runs.value ?? []).flatMap(({ run, questions }) =>
      questions.map((question) => ({ run, question })),
    );
  }

  /** Shows the facts and sends the choice; one of several questions is chosen first. */
  async answer(target?: QuestionTarget): Promise<void> {
    const asked = target ?? (await this.choose());
    if (!asked) return;
    const { run, question } = asked;
    const labels = question.choices.map(choiceText);
    const look = vscode.l10n.t('Open the Files');
    const chosen = await confirm(
      this.documents,
      visible(problemText(question.problem), true),
      factsText(question),
      conflictFiles(question).length > 0 ? [...labels, look] : labels,
      vscode.l10n.t('Decide Later'),
    );
    if (chosen === look) return this.openFiles(question);
    const answer = chosen === undefined ? undefined : question.choices[labels.indexOf(chosen)];
    if (answer === undefined) return;
    try {
      await this.ctx.call('runAnswer', { run, question: question.id, answer });
    } catch (thrown) {
      if (problemOf(thrown).code !== 'run.questionUnknown') throw thrown;
      void vscode.window.showInformationMessage(
        vscode.l10n.t('The question was answered elsewhere meanwhile.'),
      );
    }
    await this.data.runs.refresh();
  }

  /** Opens the files a question is about as the merge left them, with both sides marked. */
  async openFiles(question: Question): Promise<void> {
    for (const uri of conflictFiles(question)) await vscode.window.showTextDocument(uri, { preview: false });
  }

  /** A list that follows the questions: what another window answers vanishes from it. */
  private async choose(): Promise<QuestionTarget | undefined> {
    await this.data.runs.refresh();
    if (this.open.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('No run is waiting for an answer.'));
      return undefined;
    }
    const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { target: QuestionTarget }>();
    pick.placeholder = vscode.l10n.t('Which question?');
    const fill = () => {
      pick.items = this.open.map((target) => ({
        label: visible(problemText(target.question.problem), true),
        target,
      }));
      if (pick.items.length === 0) pick.hide();
    };
    const subscription = this.data.runs.onChange(fill);
    fill();
    return new Promise((resolve) => {
      pick.onDidAccept(() => (resolve(pick.selectedItems[0]?.target), pick.hide()));
      pick.onDidHide(() => (resolve(undefined), subscription.dispose(), pick.dispose()));
      pick.show();
    });
  }

  private tellNew(): void {
    const open = this.open;
    const fresh = open.filter(({ question }) => !this.told.has(question.id));
    for (const { question } of fresh) this.told.add(question.id);
    // A board in sight shows the question already; saying it twice would only cover the board.
    const unseen = fresh.filter(({ run }) => !this.boards.shows(run));
    const [first] = unseen;
    if (!first) return;
    const message =
      unseen.length === 1
        ? visible(problemText(first.question.problem), true)
        : vscode.l10n.t('{count} questions wait for you.', { count: unseen.length });
    const answer = vscode.l10n.t('Answer…');
    void vscode.window.showWarningMessage(message, answer).then((chosen) => {
      if (chosen !== answer) return;
      const still = this.open.some(({ question }) => question.id === first.question.id);
      void vscode.commands.executeCommand(
        'symphony.answerQuestion',
        unseen.length === 1 && still ? first : undefined,
      );
    });
  }
}

/** The files of a merge conflict where its sides can be joined by hand. Nothing outside its folder is opened. */
function conflictFiles({ kind, facts }: Question): vscode.Uri[] {
  const { folder, files } = facts;
  if (kind !== 'mergeConflict' || typeof folder !== 'string' || !Array.isArray(files)) return [];
  const inside = (file: unknown): file is string =>
    typeof file === 'string' && path.resolve(folder, file).startsWith(folder + path.sep);
  return files.filter(inside).map((file) => vscode.Uri.file(path.resolve(folder, file)));
}

/** What a person must know to answer; what commands would do is shown in full under its name. */
function factsText({ problem, facts }: Question): string {
  const lines = [problemFix(problem)];
  for (const [name, value] of Object.entries(facts)) {
    // The sentence above names the plan already.
    if (name === 'plan') continue;
    lines.push('', factName(name), visible(factText(value)));
  }
  return lines.join('\n');
}

/** Texts as they stand, lists of texts one per line, anything else as JSON. */
function factText(value: unknown): string {
  if (typeof value === 'string') return value;
  const texts = Array.isArray(value) && value.every((each) => typeof each === 'string');
  return texts ? value.join('\n') : JSON.stringify(value, null, 2);
}

function factName(name: string): string {
  const names: Record<string, string> = {
    command: vscode.l10n.t('Command:'),
    files: vscode.l10n.t('Files:'),
    folder: vscode.l10n.t('Folder to resolve them in:'),
    sides: vscode.l10n.t('Both sides and the base:'),
    cwd: vscode.l10n.t('In the folder:'),
    output: vscode.l10n.t('Output:'),
    exitCode: vscode.l10n.t('Exit code:'),
    attempt: vscode.l10n.t('Attempt:'),
    node: vscode.l10n.t('Step:'),
  };
  return Object.hasOwn(names, name) ? names[name]! : `${name}:`;
}
