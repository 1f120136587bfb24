import * as vscode from 'vscode';
import type { ReviewThread } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import { problemFix, problemText } from '../texts';
import { visible } from '../visible';
import { placeOfUri, reviewScheme, reviewUri } from './files';
import { inTime } from './inTime';
import type { ReviewState } from './state';
import type { Targets } from './target';

/** What *Reply* and *Comment* hand over. */
export type Reply = vscode.CommentReply;

interface Known {
  readonly changeset: string;
  readonly id: string;
}

/** How long a revision may take before the progress message goes away, in milliseconds; the run goes on. */
const longestProgress = 30 * 60_000;

/** Conversations about lines: begun on either side of a diff or in the file itself, sent to the agent, answered by it. */
export class Comments {
  private readonly controller: vscode.CommentController;
  private readonly threads = new Map<string, vscode.CommentThread>();
  private readonly known = new WeakMap<vscode.CommentThread, Known>();
  private readonly shownOf = new Map<string, string>();

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
    private readonly state: ReviewState,
    private readonly targets: Targets,
  ) {
    const title = vscode.l10n.t('Symphony Review');
    this.controller = ctx.add(vscode.comments.createCommentController('symphony.review', title));
    this.controller.options = {
      prompt: vscode.l10n.t('Say what the agent should do otherwise'),
      placeHolder: vscode.l10n.t('Comment on the proposed change'),
    };
    this.controller.commentingRangeProvider = {
      // The editor asks for documents of others too: comments, git’s sides, settings.
      provideCommentingRanges: (document) => {
        if (document.uri.scheme !== reviewScheme && document.uri.scheme !== 'file') return [];
        if (!targets.shown(document)) return [];
        return [new vscode.Range(0, 0, Math.max(0, document.lineCount - 1), 0)];
      },
    };
    ctx.add(
      state.onChange(({ changeset }) => {
        this.refresh(changeset).catch((thrown: unknown) => ctx.explain(thrown));
      }),
    );
  }

  /** A new thread’s first comment, or one more in a thread. */
  async say({ thread, text }: Reply): Promise<void> {
    if (text.trim() === '') return;
    const own = this.known.get(thread);
    if (own) {
      const place = placeOfUri(thread.uri);
      const at = {
        path: place?.path ?? '',
        side: place?.side ?? ('proposal' as const),
        line: lineOf(thread),
      };
      const { changeset, id } = own;
      await this.ctx.call('reviewComment', { changeset, thread: id, ...at, text });
      return this.refresh(changeset);
    }
    const begun = this.placeOf(thread);
    if (!begun) {
      void vscode.window.showInformationMessage(vscode.l10n.t('This file is not under review any more.'));
      return;
    }
    const { changeset, ...at } = begun;
    await this.ctx.call('reviewComment', { changeset, ...at, text });
    thread.dispose();
    await this.refresh(changeset);
  }

  async resolve(thread: vscode.CommentThread, resolved: boolean): Promise<void> {
    const own = this.known.get(thread);
    if (!own) return thread.dispose();
    await this.ctx.call('reviewResolve', { changeset: own.changeset, thread: own.id, resolved });
    await this.refresh(own.changeset);
  }

  /** The changeset a thread belongs to, and its name there. */
  owner(thread: vscode.CommentThread): { changeset: string; thread: string } | undefined {
    const own = this.known.get(thread);
    return own && { changeset: own.changeset, thread: own.id };
  }

  /** Sends open conversations to the agent and shows that it is at work; its answer is another changeset. */
  async send(changeset: string, threads?: readonly string[], note?: string): Promise<void> {
    const { run } = await this.ctx.call('reviewRevise', {
      changeset,
      ...(threads ? { threads: [...threads] } : {}),
      ...(note === undefined ? {} : { note }),
    });
    await this.refresh(changeset);
    this.followRun(run, changeset).catch((thrown: unknown) => this.ctx.explain(thrown));
  }

  /** What a line of feedback says without a thread begun by hand: for what a formatter did, for example. */
  async tell(changeset: string, path: string, line: number, text: string): Promise<void> {
    await this.ctx.call('reviewComment', { changeset, path, side: 'proposal', line, text });
    await this.refresh(changeset);
  }

  /** What a revision proposes otherwise than the version before it. */
  async interdiff(changeset: string): Promise<void> {
    const { former, files } = await this.ctx.call('reviewInterdiff', { changeset });
    if (former === null || files.length === 0) {
      const none =
        former === null
          ? vscode.l10n.t('There is no version before this one.')
          : vscode.l10n.t('Both versions propose the same.');
      void vscode.window.showInformationMessage(none);
      return;
    }
    const side = (path: string, hash: string | null): vscode.Uri | undefined =>
      hash === null
        ? undefined
        : reviewUri('proposal', { path, from: null, baseline: null, proposal: hash }, changeset);
    const resources = files.map(({ path, former: before, now }) => [
      this.ctx.uri(path),
      side(path, before),
      side(path, now),
    ]);
    const title = vscode.l10n.t('What the revision changes');
    await inTime(vscode.commands.executeCommand('vscode.changes', title, resources));
  }

  private async followRun(run: string, former: string): Promise<void> {
    const title = vscode.l10n.t('The agent revises its changes');
    const options = { location: vscode.ProgressLocation.Window, title };
    await vscode.window.withProgress(options, () => this.ended(run));
    const summary = this.data.run(run);
    await this.data.changesets.refresh();
    await this.refresh(former);
    const revised = this.data.changesets.value?.find((each) => each.run === run);
    if (summary?.problem)
      void vscode.window.showWarningMessage(`${problemText(summary.problem)} ${problemFix(summary.problem)}`);
    if (!revised) return;
    await this.refresh(revised.changeset);
    const show = vscode.l10n.t('Show What Is Different');
    const message = vscode.l10n.t('A revision of {title} has arrived.', {
      title: visible(revised.title, true),
    });
    if ((await vscode.window.showInformationMessage(message, show)) === show)
      await this.interdiff(revised.changeset);
  }

  private async ended(run: string): Promise<void> {
    await this.data.runs.refresh();
    const isOver = (): boolean => (this.data.run(run)?.endedAt ?? null) !== null;
    if (isOver()) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        watching.dispose();
        resolve();
      };
      const timer = setTimeout(done, longestProgress);
      const watching = this.data.runs.onChange(() => isOver() && done());
    });
  }

  /** Asks for the conversations of a changeset and shows each where its line is. */
  private async refresh(changeset: string): Promise<void> {
    const reviewed = this.state.get(changeset);
    const threads = reviewed ? (await this.ctx.call('reviewThreads', { changeset })).threads : [];
    const seen = new Set(threads.map(({ thread }) => `${changeset}|${thread}`));
    for (const [key, thread] of this.threads) {
      if (!key.startsWith(`${changeset}|`) || seen.has(key)) continue;
      thread.dispose();
      this.threads.delete(key);
    }
    for (const thread of threads) this.show(changeset, thread);
  }

  private show(changeset: string, wire: ReviewThread): void {
    const key = `${changeset}|${wire.thread}`;
    const saying = JSON.stringify(wire);
    const known = this.threads.get(key);
    if (known && this.shownOf.get(key) === saying) return;
    this.shownOf.set(key, saying);
    const [found] = this.state.filesAt(wire.path, changeset);
    if (!found) return;
    const uri = reviewUri(wire.side, found.file, changeset);
    const range = new vscode.Range(wire.line, 0, wire.line, 0);
    const thread = known ?? this.controller.createCommentThread(uri, range, []);
    this.threads.set(key, thread);
    this.known.set(thread, { changeset, id: wire.thread });
    thread.comments = wire.comments.map(({ by, at, text }) => ({
      body: new vscode.MarkdownString(escaped(text)),
      mode: vscode.CommentMode.Preview,
      author: { name: by === 'person' ? vscode.l10n.t('You') : vscode.l10n.t('Agent') },
      timestamp: new Date(at),
    }));
    const resolved = wire.state === 'resolved';
    thread.state = resolved ? vscode.CommentThreadState.Resolved : vscode.CommentThreadState.Unresolved;
    thread.contextValue = wire.state;
    thread.label =
      wire.state === 'sent'
        ? vscode.l10n.t('Sent to the agent')
        : resolved
          ? vscode.l10n.t('Resolved')
          : vscode.l10n.t('Not sent yet');
    thread.canReply = true;
  }

  /** Where a thread begun by hand is about; in a file itself, about the line of the proposal that stands there. */
  private placeOf(
    thread: vscode.CommentThread,
  ): { changeset: string; path: string; side: 'baseline' | 'proposal'; line: number } | undefined {
    const shown = this.targets.shown({ uri: thread.uri });
    if (!shown) return undefined;
    const { changeset, path } = shown;
    const line = lineOf(thread);
    if (shown.side !== 'file') return { changeset, path, side: shown.side, line };
    const document = vscode.workspace.textDocuments.find(
      ({ uri }) => uri.toString() === thread.uri.toString(),
    );
    const places = document ? this.targets.places(document, shown) : [];
    const above = places.filter(({ start }) => start <= line).at(-1);
    if (!above) return { changeset, path, side: 'proposal', line };
    const span = shown.file.reviewed.mode === 'inPlace' ? above.unit.after : above.unit.before;
    const shift =
      line < above.start + span.end - span.start
        ? above.unit.after.start - above.start
        : above.unit.after.end - above.end;
    return { changeset, path, side: 'proposal', line: Math.max(0, line + shift) };
  }
}

const lineOf = ({ range }: vscode.CommentThread): number => range?.start.line ?? 0;

/** What people and agents wrote is text: no links to commands, no pictures from elsewhere. */
const escaped = (text: string): string =>
  visible(text)
    .replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&')
    .replace(/\n/g, '  \n');
