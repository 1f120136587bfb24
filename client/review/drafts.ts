import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { VirtualFiles } from './virtualFiles';

/** Addresses `symphony-draft:/<path>?<number>`: texts a person writes before they are kept. */
export const draftScheme = 'symphony-draft';

/** Told once when a draft is saved. @returns whether it was taken; where not, the draft stays open */
export type Taken = (text: string) => Promise<boolean>;

interface Draft {
  bytes: Uint8Array;
  mtime: number;
  readonly taken: Taken;
}

/**
 * Texts in memory that look like files: saving one keeps it. They are lost with the window, as are other editors that
 * were never saved; what they were made from is not.
 */
export class Drafts extends VirtualFiles {
  private readonly drafts = new Map<string, Draft>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private made = 0;
  readonly onDidChangeFile = this.changed.event;

  constructor(private readonly ctx: Ctx) {
    super();
    ctx.add(this.changed);
    ctx.add(vscode.workspace.registerFileSystemProvider(draftScheme, this, { isCaseSensitive: true }));
    ctx.add(
      vscode.workspace.onDidSaveTextDocument((document) => {
        const draft = this.drafts.get(document.uri.toString());
        if (draft) this.take(document, draft).catch((thrown: unknown) => this.tell(thrown));
      }),
    );
    ctx.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.drafts.delete(uri.toString())));
  }

  /** Makes a draft under a file's path, so that its language is known. */
  async make(path: string, text: string, taken: Taken): Promise<vscode.Uri> {
    const uri = vscode.Uri.from({ scheme: draftScheme, path: `/${path}`, query: String(++this.made) });
    const bytes = await vscode.workspace.encode(text, { encoding: 'utf8' });
    this.drafts.set(uri.toString(), { bytes, mtime: this.made, taken });
    return uri;
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.find(uri).bytes;
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { bytes, mtime } = this.find(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime, size: bytes.byteLength };
  }

  override writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    const draft = this.find(uri);
    draft.bytes = bytes;
    draft.mtime++;
    this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  private find(uri: vscode.Uri): Draft {
    const draft = this.drafts.get(uri.toString());
    if (!draft) throw vscode.FileSystemError.FileNotFound(uri);
    return draft;
  }

  /** The document is asked and not the bytes, so that the encoding new files get here does not matter. */
  private async take(document: vscode.TextDocument, { taken }: Draft): Promise<void> {
    if (!(await taken(document.getText()))) return;
    const key = document.uri.toString();
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === key);
    this.drafts.delete(key);
    // Our own draft, found by its address; no tab of the person's is ever closed.
    await vscode.window.tabGroups.close(tabs, true);
  }

  private tell(thrown: unknown): void {
    void vscode.window.showWarningMessage(this.ctx.explain(thrown));
  }
}
