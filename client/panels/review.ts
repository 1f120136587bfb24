import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import type { RelayReply, Session } from '../session/types';
import { problemFix, problemText } from '../texts';
import { visible } from '../visible';
import { fill, panelOptions } from './host';

const viewType = 'symphony.review';

/** What the page has the editor do; decisions go through the editor because it knows of unsaved documents. */
export interface ReviewActions {
  /** The texts of the page, in the editor's language. */
  strings(): Record<string, string>;
  decide(
    changeset: string,
    decision: 'keep' | 'drop' | 'undecide',
    units: readonly { readonly path: string; readonly unit: string }[],
  ): Promise<unknown>;
  undo(changeset: string): Promise<unknown>;
  open(changeset: string, path: string, unit: string | null): Promise<unknown>;
}

/** The *Review* pages: one per changeset, opened, revealed, and restored after a reload. */
export class ReviewPages implements vscode.WebviewPanelSerializer {
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
    private readonly actions: ReviewActions,
  ) {
    ctx.add(vscode.window.registerWebviewPanelSerializer(viewType, this));
    ctx.add(ctx.onSession((session) => this.follow(session)));
  }

  /** Shows the page of a changeset; the panel that already shows it comes to the front. */
  readonly open = async (changeset: string): Promise<void> => {
    const known = this.panels.get(changeset);
    if (known) return known.reveal();
    const { extensionUri } = this.ctx.extension;
    const place = { viewColumn: vscode.ViewColumn.Active, preserveFocus: false };
    const title = this.titleOf(changeset);
    const panel = vscode.window.createWebviewPanel(viewType, title, place, panelOptions(extensionUri));
    await this.adopt(panel, changeset);
  };

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) return panel.dispose();
    const { changeset } = (state ?? {}) as { changeset?: unknown };
    const shown =
      typeof changeset === 'string' ? changeset : (await this.data.changesets.get())?.[0]?.changeset;
    if (shown === undefined) panel.dispose();
    else await this.adopt(panel, shown);
  }

  private async adopt(panel: vscode.WebviewPanel, changeset: string): Promise<void> {
    this.panels.set(changeset, panel);
    panel.iconPath = new vscode.ThemeIcon('diff-multiple');
    const subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => this.receive(panel, changeset, message)),
      this.data.changesets.onChange(() => (panel.title = this.titleOf(changeset))),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
      if (this.panels.get(changeset) === panel) this.panels.delete(changeset);
    });
    await fill(panel, this.ctx.extension.extensionUri, 'review', this.titleOf(changeset));
    void this.data.changesets.get();
  }

  private initOf(changeset: string): object {
    return { changeset, title: this.titleOf(changeset), strings: this.actions.strings() };
  }

  private titleOf(changeset: string): string {
    const title = this.data.changeset(changeset)?.title;
    return title === undefined
      ? vscode.l10n.t('Review')
      : vscode.l10n.t('Review: {title}', { title: visible(title, true) });
  }

  private async receive(panel: vscode.WebviewPanel, changeset: string, message: unknown): Promise<void> {
    try {
      const session = await this.ctx.start();
      await this.answer(panel, changeset, await session.relay('review', message));
    } catch (thrown) {
      this.ctx.explain(thrown);
    }
  }

  private async answer(panel: vscode.WebviewPanel, changeset: string, reply: RelayReply): Promise<void> {
    if (reply.kind === 'ignored') {
      this.ctx.log.warn(`A message of the review was dropped: ${reply.why}`);
      return;
    }
    if (reply.kind === 'reply') {
      const { problem } = reply.message;
      const said = problem && { ...problem, message: problemText(problem), fix: problemFix(problem) };
      return this.post(panel, said ? { ...reply.message, problem: said } : reply.message);
    }
    // The answer does not wait: deciding may ask the person first, and the sidecar tells every window what changed.
    await this.post(panel, { id: reply.id, result: {} });
    await this.act(panel, changeset, reply.method, reply.params);
  }

  /** The parameters are as `schemas/panel.ts` declares them; the relay has checked that. */
  private async act(
    panel: vscode.WebviewPanel,
    changeset: string,
    method: string,
    params: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    switch (method) {
      case 'ui/ready':
        return this.post(panel, { method: 'init', params: this.initOf(changeset) });
      case 'ui/decide': {
        const { decision, units } = params as {
          decision: 'keep' | 'drop' | 'undecide';
          units: { path: string; unit: string }[];
        };
        await this.actions.decide(changeset, decision, units);
        return;
      }
      case 'ui/undo':
        await this.actions.undo(changeset);
        return;
      case 'ui/open':
        await this.actions.open(changeset, String(params['path']), params['unit'] as string | null);
    }
  }

  private follow(session: Session): void {
    this.ctx.add(
      session.on('reviewUnitsChanged', ({ changeset, paths }) => void this.changed(changeset, paths)),
    );
    this.ctx.add(
      session.onReady(() => {
        for (const [changeset, panel] of this.panels)
          void this.post(panel, { method: 'init', params: this.initOf(changeset) });
      }),
    );
  }

  private async changed(changeset: string, paths: readonly string[]): Promise<void> {
    const panel = this.panels.get(changeset);
    if (panel) await this.post(panel, { method: 'changed', params: { paths } });
  }

  private async post(panel: vscode.WebviewPanel, message: unknown): Promise<void> {
    await Promise.resolve(panel.webview.postMessage(message)).catch(() => undefined);
  }
}
