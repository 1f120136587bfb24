import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Data } from '../features/data';
import type { RelayReply, Session } from '../session/types';
import { problemFix, problemText } from '../texts';
import { boardStrings } from './boardStrings';
import { fill, panelOptions } from './host';

const viewType = 'symphony.board';

/** The panels of runs: one per run, opened, revealed, and restored after a reload. */
export class Boards implements vscode.WebviewPanelSerializer {
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly ctx: Ctx,
    private readonly data: Data,
  ) {
    ctx.add(vscode.window.registerWebviewPanelSerializer(viewType, this));
    ctx.add(ctx.onSession((session) => this.follow(session)));
  }

  /** How many boards are open. */
  get size(): number {
    return this.panels.size;
  }

  /** Whether the board of a run is in sight. */
  shows(run: string): boolean {
    return this.panels.get(run)?.visible ?? false;
  }

  /** Shows the board of a run; the panel that already shows it comes to the front. */
  readonly open = async (run: string): Promise<void> => {
    const known = this.panels.get(run);
    if (known) {
      known.reveal();
      return;
    }
    const { extensionUri } = this.ctx.extension;
    const place = { viewColumn: vscode.ViewColumn.Active, preserveFocus: false };
    const panel = vscode.window.createWebviewPanel(
      viewType,
      this.titleOf(run),
      place,
      panelOptions(extensionUri),
    );
    await this.adopt(panel, run);
  };

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) return panel.dispose();
    const { run } = (state ?? {}) as { run?: unknown };
    // A window that closed right after the board opened has not saved which run it showed; it was the newest.
    const shown = typeof run === 'string' ? run : (await this.data.runs.get())?.[0]?.run;
    if (shown === undefined) panel.dispose();
    else await this.adopt(panel, shown);
  }

  private async adopt(panel: vscode.WebviewPanel, run: string): Promise<void> {
    this.panels.set(run, panel);
    panel.iconPath = new vscode.ThemeIcon('type-hierarchy-sub');
    const subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => this.receive(panel, run, message)),
      this.data.runs.onChange(() => (panel.title = this.titleOf(run))),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
      if (this.panels.get(run) === panel) this.panels.delete(run);
    });
    await fill(panel, this.ctx.extension.extensionUri, 'board', this.titleOf(run));
    void this.data.runs.get();
  }

  private initOf(run: string): object {
    return { run, title: this.titleOf(run), strings: boardStrings() };
  }

  private titleOf(run: string): string {
    return this.data.run(run)?.title ?? vscode.l10n.t('Board');
  }

  private async receive(panel: vscode.WebviewPanel, run: string, message: unknown): Promise<void> {
    try {
      const session = await this.ctx.start();
      const cancels = cancelRequest(message);
      if (cancels !== undefined) {
        // The command asks the person first, which may take longer than the page waits for an answer.
        await this.post(panel, { id: cancels, result: { state: this.data.run(run)?.state ?? null } });
        await vscode.commands.executeCommand('symphony.cancelRun', { run: { run } });
        return;
      }
      await this.answer(panel, run, await session.relay('board', message));
    } catch (thrown) {
      this.ctx.explain(thrown);
    }
  }

  private async answer(panel: vscode.WebviewPanel, run: string, reply: RelayReply): Promise<void> {
    switch (reply.kind) {
      case 'ignored':
        this.ctx.log.warn(`A message of the board was dropped: ${reply.why}`);
        return;
      case 'reply': {
        const { problem } = reply.message;
        const said = problem && { ...problem, message: problemText(problem), fix: problemFix(problem) };
        return this.post(panel, said ? { ...reply.message, problem: said } : reply.message);
      }
      case 'ui':
        if (reply.method === 'ui/ready') await this.post(panel, { method: 'init', params: this.initOf(run) });
        else if (reply.method === 'ui/openPlan') await this.openPlan(String(reply.params.plan));
        else if (reply.method === 'ui/openFiles') this.openFiles(run, String(reply.params.question));
        else await this.openReview(run, reply.params.plan);
        return this.post(panel, { id: reply.id, result: {} });
    }
  }

  private async openReview(run: string, plan: unknown): Promise<void> {
    await this.data.changesets.refresh();
    const changeset = this.data.changesets.value?.find((each) => each.run === run);
    if (changeset) await vscode.commands.executeCommand('symphony.openAllChanges', { changeset, plan });
    else await vscode.commands.executeCommand('symphony.changes.focus');
  }

  /** Not waited for: the editor may ask the person first whether to open files outside the workspace. */
  private openFiles(run: string, id: string): void {
    const question = this.data.run(run)?.questions.find((each) => each.id === id);
    if (question) void vscode.commands.executeCommand('symphony.openQuestionFiles', { run, question });
  }

  private async openPlan(id: string): Promise<void> {
    const view = await this.data.planning.get();
    const plans = view?.milestones.flatMap(({ phases }) => phases.flatMap((phase) => phase.plans)) ?? [];
    const place = plans.find((plan) => plan.id === id)?.place;
    if (place) await vscode.commands.executeCommand('symphony.openPlace', place);
  }

  private follow(session: Session): void {
    this.ctx.add(
      session.on('boardPatch', (patch) => {
        const panel = this.panels.get(patch.run);
        if (panel) void this.post(panel, { method: 'board/patch', params: patch });
      }),
    );
    this.ctx.add(
      session.on('eventsAppended', ({ events }) => {
        for (const [run, panel] of this.panels) {
          const own = events.filter((event) => event.run === run);
          if (own.length > 0) void this.post(panel, { method: 'events', params: { events: own } });
        }
      }),
    );
    // A new connection may number its patches anew, so every page is told to ask for the whole again.
    this.ctx.add(
      session.onReady(() => {
        for (const [run, panel] of this.panels)
          void this.post(panel, { method: 'init', params: this.initOf(run) });
      }),
    );
  }

  private async post(panel: vscode.WebviewPanel, message: unknown): Promise<void> {
    await Promise.resolve(panel.webview.postMessage(message)).catch(() => undefined);
  }
}

/** The id of a message that asks to cancel a run, which the page does not ask about itself. */
function cancelRequest(message: unknown): number | undefined {
  const { id, method, params } = (message ?? {}) as { id?: unknown; method?: unknown; params?: unknown };
  if (method !== 'run/command' || typeof id !== 'number') return undefined;
  return (params as { command?: unknown } | undefined)?.command === 'cancel' ? id : undefined;
}
