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

  /** Shows a text under a title; the same title shows in the same tab. */
  async show(title: string, text: string): Promise<void> {
    const uri = this.keep(title, text, 'txt');
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: false });
  }

  /** Shows a markdown text as a page, or as text where the editor’s markdown preview is switched off. */
  async showPage(title: string, markdown: string): Promise<void> {
    const uri = this.keep(title, markdown, 'md');
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
    }
  }

  private keep(title: string, text: string, ending: 'txt' | 'md'): vscode.Uri {
    const uri = vscode.Uri.from({ scheme, path: `/${title.replace(/[/\\?#:]/g, ' ').trim()}.${ending}` });
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }
}
