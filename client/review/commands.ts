import * as vscode from 'vscode';
import type { Changeset } from '../../schemas/wire';
import { visible } from '../visible';
import type { ReviewCommandId } from './commandIds';
import type { Reply } from './comments';
import type { ChangeTarget } from './fileReview';
import { HunkCommands } from './hunkCommands';
import type { ReviewParts } from './parts';
import { changesetOf } from './sourceControl';
import { isUndecided } from './target';
import { didText } from './texts';
import { filters } from './tree';

type Handler = (...args: never[]) => unknown;

/** What a row of the tree, a group or file of the source control, or nothing at all hands to a command. */
type From =
  | Partial<ChangeTarget>
  | vscode.SourceControlResourceGroup
  | vscode.SourceControlResourceState
  | vscode.Uri
  | undefined;

/** Every command of the review and what it does. */
export function reviewCommands(parts: ReviewParts): Record<ReviewCommandId, Handler> {
  const { comments, conflicts, decisions, navigation, fileReview } = parts;
  const hunks = new HunkCommands(parts);
  const chosen = (from: From) => choose(parts, from);
  const withChangeset = (act: (target: ChangeTarget) => Promise<unknown>) => async (from?: From) => {
    const target = await chosen(from);
    if (target) await act(target);
  };
  /** Also for a changeset that has nothing undecided any more. */
  const withDecided = (act: (target: ChangeTarget) => Promise<unknown>) => async (from?: From) => {
    const [latest] = parts.state.all().length === 0 ? parts.state.allWithRecent() : [];
    const target = latest ?? (await chosen(from));
    if (target) await act({ changeset: target.changeset });
  };
  const onFile = (verb: 'keep' | 'drop') =>
    withChangeset(async ({ changeset, file }) => {
      if (file) await decisions.decide(changeset.changeset, verb, { paths: [file.path] });
    });
  const onAll = (verb: 'keep' | 'drop') =>
    withChangeset(async ({ changeset, plan }) => {
      if (verb === 'drop' && !(await sureToDrop(changeset))) return;
      await decisions.decide(changeset.changeset, verb, plan === undefined ? {} : { plan });
    });
  return {
    'symphony.review.keepHunk': (from?: unknown) => hunks.decide('keep', from),
    'symphony.review.dropHunk': (from?: unknown) => hunks.decide('drop', from),
    'symphony.review.takeBack': (from?: unknown) => hunks.decide('undecide', from),
    'symphony.review.undo': withDecided(async ({ changeset }) => {
      const undone = await decisions.undo(changeset.changeset);
      const text = undone
        ? vscode.l10n.t('The last decision was taken back')
        : vscode.l10n.t('There is no decision to take back');
      vscode.window.setStatusBarMessage(`$(discard) ${text}`, 4000);
    }),
    'symphony.review.history': withDecided((target) => history(parts, target.changeset)),
    'symphony.review.nextHunk': () => navigation.go(true, () => true),
    'symphony.review.previousHunk': () => navigation.go(false, () => true),
    'symphony.review.nextUndecided': () => navigation.go(true, isUndecided),
    'symphony.review.keepFile': onFile('keep'),
    'symphony.review.dropFile': onFile('drop'),
    'symphony.review.keepAll': onAll('keep'),
    'symphony.review.dropAll': onAll('drop'),
    'symphony.review.splitHunk': () => hunks.split(),
    'symphony.review.keepSelectedLines': () => hunks.keepSelectedLines(),
    'symphony.review.editHunk': (from?: unknown) => hunks.edit(from),
    'symphony.review.markReviewed': (from?: unknown) => hunks.markReviewed(from),
    'symphony.review.openAll': withChangeset(({ changeset, plan }) =>
      fileReview.openAll({ changeset, ...(plan === undefined ? {} : { plan }) }),
    ),
    'symphony.review.compare': withChangeset((target) => fileReview.openAgainstWorking(target)),
    'symphony.review.inPlace': withChangeset(({ changeset }) => place(parts, changeset, 'inPlace')),
    'symphony.review.takeOut': withChangeset(({ changeset }) => place(parts, changeset, 'before')),
    'symphony.review.merge': async () => {
      const [only, ...others] = decisions.conflicts;
      const conflict =
        others.length === 0
          ? only
          : (
              await vscode.window.showQuickPick(
                decisions.conflicts.map((each) => ({ label: visible(each.path, true), each })),
              )
            )?.each;
      if (conflict) await conflicts.open(conflict);
      else if (!only)
        void vscode.window.showInformationMessage(vscode.l10n.t('Nothing overlaps with your changes.'));
    },
    'symphony.review.filter': async () => {
      const items = filters().map(({ filter, label }) => ({ label, filter }));
      const picked = await vscode.window.showQuickPick(items, {
        placeHolder: vscode.l10n.t('Which changes are to be listed?'),
      });
      if (picked) parts.changes.filter(picked.filter);
    },
    'symphony.review.lenses': () => showLenses(),
    'symphony.review.peekKeep': (...args: unknown[]) => hunks.peek('keep', args),
    'symphony.review.peekDrop': (...args: unknown[]) => hunks.peek('drop', args),
    'symphony.review.comment': (reply: Reply) => comments.say(reply),
    'symphony.review.resolveThread': (thread: vscode.CommentThread) => comments.resolve(thread, true),
    'symphony.review.unresolveThread': (thread: vscode.CommentThread) => comments.resolve(thread, false),
    'symphony.review.sendToAgent': async (from?: From | vscode.CommentThread) => {
      const own = from && 'comments' in from ? comments.owner(from) : undefined;
      if (own) return comments.send(own.changeset, [own.thread]);
      const target = await chosen(from && 'comments' in from ? undefined : from);
      if (target) await comments.send(target.changeset.changeset);
    },
    'symphony.review.interdiff': withChangeset(({ changeset }) => comments.interdiff(changeset.changeset)),
    'symphony.review.verify': withChangeset(({ changeset }) => verify(parts, changeset)),
  };
}

/** The changeset (and file) a command is about: its argument’s, the active editor’s, the only one, or the chosen one. */
async function choose({ data, targets, ctx }: ReviewParts, from: From): Promise<ChangeTarget | undefined> {
  if (from && 'changeset' in from && from.changeset) return from as ChangeTarget;
  const group = changesetOf(from && 'resourceStates' in from ? from : undefined);
  const grouped = group && data.changeset(group.changeset);
  if (group && grouped) return { changeset: grouped, ...(group.plan === '' ? {} : { plan: group.plan }) };
  const uri = from && 'resourceUri' in from ? from.resourceUri : vscode.window.activeTextEditor?.document.uri;
  const shown = uri && targets.shown({ uri });
  if (shown) return { changeset: shown.file.changeset, file: shown.file.file };
  await ctx.start();
  const all = (await data.changesets.get()) ?? [];
  if (all.length === 0)
    void vscode.window.showInformationMessage(vscode.l10n.t('There is nothing to review.'));
  if (all.length < 2) return all[0] && { changeset: all[0] };
  const items = all.map((changeset) => ({ label: visible(changeset.title, true), changeset }));
  return vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which changes?') });
}

/** Lists what was decided, newest first; choosing one takes it back, whichever others were made since. */
async function history({ decisions }: ReviewParts, { changeset }: Changeset): Promise<void> {
  const ops = await decisions.history(changeset);
  const items = ops.map((op) => {
    const paths = [...new Set(op.units.map(({ path }) => visible(path, true)))];
    return {
      label: `${op.undone ? '$(circle-slash)' : '$(history)'} ${didText(op.did)}`,
      description: op.undone ? vscode.l10n.t('taken back') : paths.slice(0, 3).join(', '),
      detail: new Date(op.at).toLocaleString(),
      op,
    };
  });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing was decided yet.'));
    return;
  }
  const placeHolder = vscode.l10n.t('Choose a decision to take it back');
  const picked = await vscode.window.showQuickPick(items, { placeHolder });
  if (picked && !picked.op.undone) await decisions.undo(changeset, picked.op);
}

async function place(
  { decisions }: ReviewParts,
  { changeset }: Changeset,
  mode: 'before' | 'inPlace',
): Promise<void> {
  const files = await decisions.place(changeset, mode);
  const done = files.filter(({ result }) => result !== 'refused' && result !== 'conflict').length;
  const text =
    mode === 'inPlace'
      ? vscode.l10n.t('{count} files hold the proposal now; one command takes it out again', { count: done })
      : vscode.l10n.t('The proposal was taken out of {count} files', { count: done });
  vscode.window.setStatusBarMessage(`$(check) ${text}`, 5000);
}

async function sureToDrop({ title }: Changeset): Promise<boolean> {
  const drop = vscode.l10n.t('Drop All');
  const message = vscode.l10n.t('Drop everything undecided of “{title}”?', { title: visible(title, true) });
  const detail = vscode.l10n.t('What you kept stays. Every decision can be taken back.');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, drop)) === drop;
}

/** Lenses in diffs are the editor’s to show and the person’s to switch on; the setting is theirs. */
async function showLenses(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('diffEditor');
  const known = settings.inspect<boolean>('codeLens');
  const shown = known?.globalValue ?? known?.defaultValue ?? false;
  await settings.update('codeLens', !shown, vscode.ConfigurationTarget.Global);
  const text = shown
    ? vscode.l10n.t('Diffs show no Keep and Drop above hunks any more')
    : vscode.l10n.t('Diffs show Keep and Drop above each hunk');
  vscode.window.setStatusBarMessage(`$(check) ${text}`, 4000);
}

async function verify({ ctx, documents }: ReviewParts, { changeset }: Changeset): Promise<void> {
  const title = vscode.l10n.t('Verifying what was kept');
  const options = { location: vscode.ProgressLocation.Window, title };
  const { commands } = await vscode.window.withProgress(options, () =>
    ctx.call('reviewVerify', { changeset }),
  );
  const text = commands.map(({ command, exitCode, output }) => `$ ${command}\n${output}\n→ ${exitCode}`);
  const none = vscode.l10n.t('No command verifies this work.');
  await documents.show(vscode.l10n.t('Verified as kept'), text.length === 0 ? none : text.join('\n\n'));
}
