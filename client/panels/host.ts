import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { pageHtml } from './page';

/** Options of every panel of ours: scripts of our own folder, and no command links. */
export const panelOptions = (extension: vscode.Uri): vscode.WebviewOptions => ({
  enableScripts: true,
  enableCommandUris: false,
  enableForms: false,
  localResourceRoots: [vscode.Uri.joinPath(extension, 'dist')],
});

/** Gives a panel, new or restored, its page: `dist/<name>.js`, and `dist/<name>.css` where there is one. */
export async function fill(
  panel: vscode.WebviewPanel,
  extension: vscode.Uri,
  name: string,
  title: string,
): Promise<void> {
  const dist = vscode.Uri.joinPath(extension, 'dist');
  const sheets = [vscode.Uri.joinPath(dist, 'codicon.css'), vscode.Uri.joinPath(dist, `${name}.css`)];
  const there = await Promise.all(sheets.map(exists));
  const { webview } = panel;
  webview.options = panelOptions(extension);
  webview.html = pageHtml({
    title,
    language: vscode.env.language,
    source: webview.cspSource,
    nonce: randomBytes(16).toString('hex'),
    script: webview.asWebviewUri(vscode.Uri.joinPath(dist, `${name}.js`)).toString(),
    styles: sheets.filter((_, i) => there[i]).map((uri) => webview.asWebviewUri(uri).toString()),
  });
}

const exists = (uri: vscode.Uri): Promise<boolean> =>
  Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );
