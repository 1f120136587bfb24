import * as vscode from 'vscode';
import type { ChangedFile, Changeset } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { changeText } from '../texts';
import { visible } from '../visible';
import { openDocument } from './contents';
import { countsOf, unitsOf, type EditorChange } from './lines';
import { decidedUri, type Originals } from './originals';
import type { Ropes } from './ropes';
import type { ReviewState, ReviewedFile } from './state';
import { isUndecided, type Target } from './target';
import { filesOf } from './tree';

/**
 * *Symphony Changes* beside git: while a proposal is in the user's files, its undecided hunks have bars in the gutter
 * and *Keep* and *Undo* in the peek of the editor itself. There is no row for it at any other time.
 */
export class SourceControl implements vscode.QuickDiffProvider {
  private control: vscode.SourceControl | undefined;
  private readonly groups = new Map<string, vscode.SourceControlResourceGroup>();

  constructor(
    private readonly ctx: Ctx,
    private readonly state: ReviewState,
    private readonly ropes: Ropes,
    private readonly originals: Originals,
  ) {
    ctx.add(state.onChange(() => this.show()));
    ctx.add(new vscode.Disposable(() => this.hide()));
  }

  /** Answered from memory: the editor asks with every key press. */
  provideOriginalResource(uri: vscode.Uri): vscode.Uri | undefined {
    const path = this.ctx.relative(uri);
    const found = path === undefined ? undefined : this.inPlace(path);
    return found && decidedUri(found.changeset.changeset, found.file.path);
  }

  /**
   * The units an editor's change shows. The editor hands over lines alone, and they may be those of a moment ago: the
   * units are derived again from where they are now, and where that does not fit, nothing is decided.
   * @returns undefined where the change is the person's own or is not what is there any more
   */
  unitsAt(uri: vscode.Uri, changes: readonly EditorChange[], index: number): Target[] | undefined {
    const path = this.ctx.relative(uri);
    const document = openDocument(uri);
    const change = changes[index];
    const found = path === undefined ? undefined : this.inPlace(path);
    if (!document || !change || !found) return undefined;
    const places = this.ropes
      .places(document)
      .filter((place) => place.changeset === found.changeset.changeset && !place.changed);
    const { changeset } = found.changeset;
    const originals = this.originals.spans(changeset, found.file.path);
    return unitsOf(change, places, originals)?.map((unit) => ({ changeset, path: found.file.path, unit }));
  }

  private inPlace(path: string): ReviewedFile | undefined {
    return this.state
      .filesAt(path)
      .find(({ reviewed, units }) => reviewed.mode === 'inPlace' && units.some(isUndecided));
  }

  private show(): void {
    const placed = this.state.all().filter(({ reviewed }) => reviewed.mode === 'inPlace');
    if (placed.length === 0 || !this.ctx.folder) return this.hide();
    const control = (this.control ??= this.open(this.ctx.folder.uri));
    const seen = new Set<string>();
    for (const { changeset, reviewed } of placed) {
      const plans = changeset.groups.length === 0 ? [{ plan: '', title: changeset.title }] : changeset.groups;
      for (const { plan, title } of plans) {
        const files = (plan === '' ? changeset.files : filesOf(changeset, plan)).filter((file) =>
          (reviewed.units.get(file.path) ?? []).some(isUndecided),
        );
        const id = `${changeset.changeset}|${plan}`;
        if (files.length === 0) continue;
        seen.add(id);
        const label = visible(plan === '' ? title : `${plan} ${title}`, true);
        const group = this.groups.get(id) ?? control.createResourceGroup(id, label);
        this.groups.set(id, group);
        group.resourceStates = files.map((file) => this.resource(changeset, plan, file, reviewed));
      }
    }
    for (const [id, group] of this.groups) {
      if (seen.has(id)) continue;
      group.dispose();
      this.groups.delete(id);
    }
    control.count = new Set(
      [...this.groups.values()].flatMap(({ resourceStates }) =>
        resourceStates.map(({ resourceUri }) => resourceUri.toString()),
      ),
    ).size;
  }

  private resource(
    changeset: Changeset,
    plan: string,
    file: ChangedFile,
    reviewed: ReviewedFile['reviewed'],
  ): vscode.SourceControlResourceState {
    const { undecided, all } = countsOf(reviewed.units.get(file.path) ?? []);
    return {
      resourceUri: this.ctx.uri(file.path),
      contextValue: 'symphony.file',
      decorations: {
        strikeThrough: file.change === 'deleted',
        tooltip: `${changeText(file.change)}, ${vscode.l10n.t('{undecided} of {all} undecided', { undecided, all })}`,
      },
      command: {
        command: 'symphony.openChange',
        title: vscode.l10n.t('Open Diff'),
        arguments: [{ changeset, plan, file }],
      },
    };
  }

  /** With a root, or it would stand behind git; the one that registers last is asked first. */
  private open(root: vscode.Uri): vscode.SourceControl {
    const control = vscode.scm.createSourceControl('symphony', vscode.l10n.t('Symphony Changes'), root);
    control.inputBox.visible = false;
    control.quickDiffProvider = this;
    return control;
  }

  private hide(): void {
    for (const group of this.groups.values()) group.dispose();
    this.groups.clear();
    this.control?.dispose();
    this.control = undefined;
  }
}

/** What a button of a group or a file of the source control is about. */
export function changesetOf(
  group: { readonly id?: string } | undefined,
): { changeset: string; plan: string } | undefined {
  const [changeset, plan] = group?.id?.split('|') ?? [];
  return changeset !== undefined && plan !== undefined ? { changeset, plan } : undefined;
}
