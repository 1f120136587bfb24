import * as vscode from 'vscode';
import type { Checkpoint } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import type { Result } from '../session/types';
import { filesText, problemText } from '../texts';
import { visible } from '../visible';
import { reviewUri } from '../review/files';

type Preview = Result<'checkpointPreview'>;
type Restored = Result<'checkpointRestore'>;

/** Checkpoints offered at once, and files and effects named in a question; there may be thousands. */
const offered = 200;
const named = 12;

/** How long an editor may take to open a diff before we stop waiting, in milliseconds. */
const patience = 5000;

/** Going back in time: every step is shown before it is taken and can be taken back. What happens, happens in the sidecar. */
export class CheckpointCommands {
  constructor(private readonly ctx: Ctx) {}

  /** Takes one of the user's files as they are; unsaved text is in no file yet. */
  async create(): Promise<void> {
    const label = await vscode.window.showInputBox({
      title: vscode.l10n.t('Create Checkpoint'),
      prompt: vscode.l10n.t('What should it be called? Files are taken as they are on disk.'),
    });
    if (label === undefined) return;
    await this.ctx.call('checkpointCreate', { label: label.slice(0, 200) });
    vscode.window.setStatusBarMessage(`$(check) ${vscode.l10n.t('The checkpoint is taken.')}`, patience);
  }

  /** The whole folder, or one file of it, as a checkpoint has it. */
  async restore(target?: vscode.Uri): Promise<void> {
    const paths = target === undefined ? undefined : this.pathsOf(target);
    if (target !== undefined && paths === undefined) return;
    const chosen = await this.choose(vscode.l10n.t('Restore which checkpoint?'));
    if (chosen !== undefined) await this.restoreTo(chosen.checkpoint, paths);
  }

  /** The file at hand as a checkpoint has it. */
  async restoreFile(target?: vscode.Uri): Promise<void> {
    const uri = target ?? vscode.window.activeTextEditor?.document.uri;
    if (uri === undefined) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Open the file you want to restore first.'));
      return;
    }
    await this.restore(uri);
  }

  /** Every file that differs from a checkpoint, in one multi-file diff; the right side is the file itself. */
  async compare(): Promise<void> {
    const chosen = await this.choose(vscode.l10n.t('Compare with which checkpoint?'));
    if (chosen !== undefined) await this.openDiff(chosen.checkpoint, undefined);
  }

  private async restoreTo(checkpoint: string, paths: string[] | undefined): Promise<void> {
    const wish = { checkpoint, ...(paths === undefined ? {} : { paths }) };
    const preview = await this.ctx.call('checkpointPreview', wish);
    const dirty = this.dirtyAmong(preview);
    const wanted = preview.files.filter(({ path, problem }) => problem === null && !dirty.includes(path));
    if (wanted.length === 0) {
      void vscode.window.showInformationMessage(nothingText(preview, dirty));
      return;
    }
    const restore = vscode.l10n.t('Restore');
    const look = vscode.l10n.t('Show Changes');
    const message = vscode.l10n.t('Restore {files}?', { files: filesText(wanted.length) });
    const options = { modal: true, detail: detailText(preview, dirty) };
    const answer = await vscode.window.showWarningMessage(message, options, restore, look);
    if (answer === look) return this.openDiff(checkpoint, paths);
    if (answer !== restore) return;
    const restored = await this.ctx.call('checkpointRestore', { ...wish, from: preview.from, dirty });
    // Not waited for: it is done, whenever the person looks at the message.
    this.tell(restored).catch((thrown: unknown) => this.ctx.explain(thrown));
  }

  private async tell({ files, recovery }: Restored): Promise<void> {
    const left = files.filter(({ problem }) => problem !== null);
    for (const { path, problem } of left) this.ctx.log.info(`${path}: ${problem?.code ?? ''}`);
    const facts = { files: filesText(files.length - left.length), count: left.length };
    const text =
      left.length === 0
        ? vscode.l10n.t('{files} restored.', facts)
        : vscode.l10n.t('{files} restored, {count} left as they are. The first: {reason}', {
            ...facts,
            reason: problemText(left[0]!.problem!),
          });
    const undo = vscode.l10n.t('Undo');
    const show = left.length === 0 ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    if ((await show(text, undo)) === undo) await this.restoreTo(recovery.checkpoint, undefined);
  }

  private async openDiff(checkpoint: string, paths: string[] | undefined): Promise<void> {
    const wish = { checkpoint, ...(paths === undefined ? {} : { paths }) };
    const shown = await this.ctx.call('checkpointShow', wish);
    if (shown.files.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('No file differs from that checkpoint.'));
      return;
    }
    const resources = shown.files.map(({ path, then, now }) => [
      this.ctx.uri(path),
      then === null ? undefined : reviewUri('baseline', { path, from: null, baseline: then, proposal: now }),
      now === null ? undefined : this.ctx.uri(path),
    ]);
    const title = vscode.l10n.t('{label} ↔ now', { label: labelOf(shown.checkpoint) });
    await inTime(vscode.commands.executeCommand('vscode.changes', title, resources));
  }

  private async choose(placeHolder: string): Promise<Checkpoint | undefined> {
    const { checkpoints } = await this.ctx.call('checkpointList', { most: offered });
    if (checkpoints.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There are no checkpoints yet.'));
      return undefined;
    }
    const items = checkpoints.map((checkpoint) => ({
      label: `$(${checkpoint.of === 'user' ? 'history' : 'hubot'}) ${labelOf(checkpoint)}`,
      description: turnText(checkpoint),
      detail: new Date(checkpoint.at).toLocaleString(),
      checkpoint,
    }));
    const picked = await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true });
    return picked?.checkpoint;
  }

  private pathsOf(uri: vscode.Uri): string[] | undefined {
    const path = uri.scheme === 'file' ? this.ctx.relative(uri) : undefined;
    if (path !== undefined && path !== '') return [path];
    void vscode.window.showInformationMessage(
      vscode.l10n.t('That file is not in the folder Symphony works in.'),
    );
    return undefined;
  }

  /** Paths with unsaved changes in this window, found by URI; the sidecar leaves them as they are. */
  private dirtyAmong({ files }: Preview): string[] {
    const dirty = new Set(
      vscode.workspace.textDocuments
        .filter((document) => document.isDirty && document.uri.scheme === 'file')
        .map((document) => this.ctx.relative(document.uri)),
    );
    return files.map(({ path }) => path).filter((path) => dirty.has(path));
  }
}

/** What a person reads before they agree: files, what is left as it is and why, and what nothing takes back. */
function detailText({ files, effects }: Preview, dirty: readonly string[]): string {
  const marks = { added: 'A', modified: 'M', deleted: 'D' } as const;
  const wanted = files.filter(({ path, problem }) => problem === null && !dirty.includes(path));
  const left = [
    ...files.flatMap(({ problem }) => (problem === null ? [] : [problemText(problem)])),
    ...dirty.map((path) => problemText({ code: 'checkpoint.dirty', args: { path } })),
  ];
  return [
    vscode.l10n.t('What these files hold now is kept as a checkpoint first.'),
    ...some(wanted.map(({ change, path }) => `${marks[change]}  ${visible(path, true)}`)),
    ...(left.length === 0 ? [] : ['', vscode.l10n.t('Left as they are:'), ...some(left)]),
    ...(effects.length === 0
      ? []
      : [
          '',
          vscode.l10n.t('What no restoring takes back:'),
          ...some(effects.map((one) => visible(one, true))),
        ]),
  ].join('\n');
}

const nothingText = ({ files }: Preview, dirty: readonly string[]): string =>
  files.length === 0
    ? vscode.l10n.t('No file would change.')
    : problemText(files[0]!.problem ?? { code: 'checkpoint.dirty', args: { path: dirty[0] ?? '' } });

const some = (lines: readonly string[]): string[] =>
  lines.length <= named
    ? [...lines]
    : [...lines.slice(0, named), vscode.l10n.t('and {count} more', { count: lines.length - named })];

const labelOf = ({ label, of, at }: Checkpoint): string =>
  visible(label, true) || (of === 'user' ? vscode.l10n.t('Your files') : new Date(at).toLocaleString());

function turnText({ turn, of }: Checkpoint): string {
  if (of === 'user') return '';
  if (turn === null) return vscode.l10n.t('removed worktree');
  return turn.side === 'before'
    ? vscode.l10n.t('before turn {number} of an agent', { number: turn.number })
    : vscode.l10n.t('after turn {number} of an agent', { number: turn.number });
}

/** A workbench that does not answer must not hold a command up. */
async function inTime(work: Thenable<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
