import * as vscode from 'vscode';
import type { Ctx } from '../ctx';

const scheme = 'symphony-text';

/** Read-only texts of our own: reports and previews. They are never files and never ask to be saved. */
export class TextDocuments implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor(ctx: Ctx) {
    ctx.add(this.changed);
    ctx.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
    ctx.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())));
  }

  /** Shows a text under a title; the same title shows in the same tab. `ending` chooses the language. */
  async show(title: string, text: string, ending: 'txt' | 'md' = 'txt'): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${title.replace(/[/\\?#:]/g, ' ').trim()}.${ending}` });
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: false });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }
}
