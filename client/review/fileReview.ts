import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ChangedFile, Changeset } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { filesText, problemText, problemFix } from '../texts';
import { visible } from '../visible';
import { allFilesOf, filesOf, undecided } from './tree';
import type { Result } from '../session/types';
import type { Data } from '../features/data';
import { reviewScheme, reviewUri } from './files';
import { inTime } from './inTime';

/** What a menu of the *Changes* view hands to its commands. */
export interface ChangeTarget {
  readonly changeset: Changeset;
  readonly plan?: string;
  readonly file?: ChangedFile;
}

type Decided = Result<'reviewDecide'>['files'][number];

/** How long the status bar says what a decision did, in milliseconds. */
const shownFor = 5000;

/** Opening diffs and deciding on files. What is decided happens in the sidecar; here it is only asked for. */
export class FileReview {
  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
  ) {}

  /** Baseline beside proposal; the side panel keeps the focus, so that arrow keys go on through the list. */
  async open({ changeset, file }: ChangeTarget, preserveFocus = true): Promise<void> {
    if (!file) return this.openAll({ changeset });
    const title = vscode.l10n.t('{path} (proposed)', { path: nameOf(file) });
    await this.diff(changeset, file, reviewUri('baseline', file, changeset.changeset), title, preserveFocus);
  }

  /** The proposal beside what the file holds now, where somebody went on working meanwhile. */
  async openAgainstWorking({ changeset, file }: ChangeTarget): Promise<void> {
    if (!file) return;
    const now = this.ctx.uri(file.path);
    const exists = await vscode.workspace.fs.stat(now).then(
      () => true,
      () => false,
    );
    const left = exists ? now : reviewUri('baseline', { ...file, baseline: null });
    await this.diff(changeset, file, left, vscode.l10n.t('{path} (now ↔ proposed)', { path: nameOf(file) }));
  }

  /** Every file of a changeset, or of one plan of it, in one multi-file diff. */
  async openAll({ changeset, plan }: ChangeTarget): Promise<void> {
    const files = plan === undefined ? allFilesOf(changeset) : filesOf(changeset, plan);
    const resources = files.map((file) => [
      this.ctx.uri(file.path),
      file.baseline === null ? undefined : reviewUri('baseline', file, changeset.changeset),
      file.proposal === null ? undefined : reviewUri('proposal', file, changeset.changeset),
    ]);
    const title = vscode.l10n.t('Review: {title}', { title: visible(changeset.title, true) });
    await inTime(vscode.commands.executeCommand('vscode.changes', title, resources));
  }

  /** Decides on a file, the undecided files of a plan, or those of the whole changeset. */
  async decide(target: ChangeTarget, decision: 'accept' | 'reject'): Promise<void> {
    const changeset = this.data.changeset(target.changeset.changeset) ?? target.changeset;
    const { file: only, plan } = target;
    const files = undecided(changeset).filter((file) =>
      only ? file.path === only.path : plan === undefined || filesOf(changeset, plan).includes(file),
    );
    if (files.length === 0) return;
    if (decision === 'reject' && files.length > 1 && !(await this.sureToReject(files.length))) return;
    const paths = files.map(({ path }) => path);
    const dirty = this.dirtyAmong(paths);
    const answer = await this.ctx.call('reviewDecide', {
      changeset: changeset.changeset,
      paths,
      decision,
      dirty,
    });
    await this.data.changesets.refresh();
    this.tellDone(changeset, decision, answer.files);
    // Not waited for: the decision is made, whenever the person looks at the message.
    this.tellRefusals(target, answer.files).catch((thrown: unknown) => this.ctx.explain(thrown));
  }

  private async diff(
    { changeset }: Changeset,
    file: ChangedFile,
    left: vscode.Uri,
    title: string,
    preserveFocus = true,
  ): Promise<void> {
    const right = reviewUri('proposal', file, changeset);
    await this.readAsTheFile(file, [left, right]);
    const preview = !holdsPreviewOfOthers();
    const options: vscode.TextDocumentShowOptions = { preview, preserveFocus };
    await inTime(vscode.commands.executeCommand('vscode.diff', left, right, title, options));
  }

  /** Where the person reads the file in an encoding of its own, the diff is read in the same. */
  private async readAsTheFile(file: ChangedFile, sides: readonly vscode.Uri[]): Promise<void> {
    const uri = this.ctx.uri(file.path).toString();
    const encoding = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri)?.encoding;
    if (encoding === undefined || encoding === 'utf8' || file.binary) return;
    for (const side of sides.filter(({ scheme }) => scheme === reviewScheme)) {
      await Promise.resolve(vscode.workspace.openTextDocument(side, { encoding })).catch(() => undefined);
    }
  }

  private async sureToReject(count: number): Promise<boolean> {
    const reject = vscode.l10n.t('Reject {count} Files', { count });
    const options = { modal: true, detail: vscode.l10n.t('Your own files stay as they are.') };
    const message = vscode.l10n.t('Reject the proposed changes of {count} files?', { count });
    return (await vscode.window.showWarningMessage(message, options, reject)) === reject;
  }

  /** Paths with unsaved changes in this window, found by URI; the sidecar refuses them. */
  private dirtyAmong(paths: readonly string[]): string[] {
    const dirty = vscode.workspace.textDocuments
      .filter((document) => document.isDirty && document.uri.scheme !== reviewScheme)
      .map((document) => this.ctx.relative(document.uri));
    return paths.filter((path) => dirty.includes(path));
  }

  /** What a decision did: a word in the status bar for each, a message when the last file is decided. */
  private tellDone(changeset: Changeset, decision: 'accept' | 'reject', results: readonly Decided[]): void {
    const done = results.filter(({ result }) => result !== 'refused').map((each) => each.path);
    if (done.length === 0) return;
    const files = changeset.files.map((file) =>
      done.includes(file.path)
        ? { ...file, decision: decision === 'accept' ? ('accepted' as const) : ('rejected' as const) }
        : file,
    );
    if (files.some((file) => file.decision === 'undecided')) {
      const facts = { files: filesText(done.length) };
      const text =
        decision === 'accept'
          ? vscode.l10n.t('Accepted {files}', facts)
          : vscode.l10n.t('Rejected {files}', facts);
      vscode.window.setStatusBarMessage(`$(check) ${text}`, shownFor);
      return;
    }
    const count = (of: 'accepted' | 'rejected') => files.filter((file) => file.decision === of).length;
    const facts = { title: visible(changeset.title, true), files: filesText(count('accepted')) };
    const message =
      count('accepted') === 0
        ? vscode.l10n.t('{title}: everything was rejected; your files are as they were.', facts)
        : count('rejected') === 0
          ? vscode.l10n.t('{title}: {files} accepted and written to your working tree.', facts)
          : vscode.l10n.t('{title}: {files} accepted and written to your working tree, {count} rejected.', {
              ...facts,
              count: count('rejected'),
            });
    const scm = vscode.l10n.t('Show in Source Control');
    const actions = count('accepted') === 0 ? [] : [scm];
    void vscode.window
      .showInformationMessage(message, ...actions)
      .then((chosen) => chosen === scm && vscode.commands.executeCommand('workbench.view.scm'));
  }

  private async tellRefusals({ changeset }: ChangeTarget, results: readonly Decided[]): Promise<void> {
    const told = results.filter(({ problem }) => problem !== null);
    for (const { path, result, problem } of told)
      this.ctx.log.info(`${path}: ${result} ${problem?.code ?? ''}`);
    const refused = told.filter(({ result }) => result === 'refused');
    const [first] = refused.length > 0 ? refused : told;
    if (!first?.problem) return;
    const text =
      refused.length > 1
        ? vscode.l10n.t('{count} files were not written. The first: {reason}', {
            count: refused.length,
            reason: problemText(first.problem),
          })
        : `${problemText(first.problem)} ${problemFix(first.problem)}`;
    if (first.result !== 'refused') {
      void vscode.window.showInformationMessage(text);
      return;
    }
    const compare = vscode.l10n.t('Compare');
    if ((await vscode.window.showWarningMessage(text, compare)) !== compare) return;
    const file = changeset.files.find(({ path }) => path === first.path);
    if (file) await this.openAgainstWorking({ changeset, file });
  }
}

const nameOf = (file: ChangedFile): string => visible(path.posix.basename(file.path), true);

/** Whether the tab that the next preview would take the place of is one a person looks at. */
const holdsPreviewOfOthers = (): boolean =>
  vscode.window.tabGroups.activeTabGroup.tabs.some(
    ({ isPreview, input }) =>
      isPreview && !(input instanceof vscode.TabInputTextDiff && input.modified.scheme === reviewScheme),
  );
