import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { ReviewFiles, reviewUri } from '../../../client/review/files';
import { inspect, until } from './inspect';

const scheme = 'symphony-review-test';

/** Bytes that a careless reader would change on the way. */
const samples: Readonly<Record<string, Buffer>> = {
  utf8: Buffer.from('größe = 1\n', 'utf8'),
  'utf8 with BOM': Buffer.from('\ufeffgröße\r\n', 'utf8'),
  latin1: Buffer.from('gr\u00f6\u00dfe = 1\r\n', 'latin1'),
  'utf16 little-endian': Buffer.from('\ufeffgröße\r\nzwei\n', 'utf16le'),
  'mixed line ends': Buffer.from('a\r\nb\nc\rd', 'utf8'),
  binary: Buffer.from(Array.from({ length: 512 }, (_, i) => i % 256)),
  empty: Buffer.alloc(0),
};
const byHash = new Map(Object.values(samples).map((bytes) => [hashOf(bytes), bytes]));

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const uriOf = (bytes: Buffer, name = 'file.txt'): vscode.Uri =>
  vscode.Uri.from({ scheme, path: `/${name}`, query: `baseline.${hashOf(bytes)}` });

describe('files under review', () => {
  let registration: vscode.Disposable;
  let fetched = 0;

  before(async () => {
    await inspect();
    const files = new ReviewFiles(async (hash) => {
      fetched++;
      const bytes = byHash.get(hash);
      if (!bytes) throw new Error('unknown');
      return bytes;
    });
    registration = vscode.workspace.registerFileSystemProvider(scheme, files, { isReadonly: true });
  });
  after(() => registration.dispose());

  for (const [name, bytes] of Object.entries(samples)) {
    it(`are served byte for byte: ${name}`, async () => {
      const read = await vscode.workspace.fs.readFile(uriOf(bytes));
      assert.deepEqual(Buffer.from(read), bytes);
      assert.equal((await vscode.workspace.fs.stat(uriOf(bytes))).size, bytes.length);
    });
  }

  it('are fetched once each', () => assert.ok(fetched <= byHash.size, `${fetched} fetched`));

  it('are decoded by the editor as it decodes files', async () => {
    const latin1 = uriOf(samples.latin1!, 'latin1.txt');
    const opened = await vscode.workspace.openTextDocument(latin1, { encoding: 'iso88591' });
    assert.equal(opened.getText(), 'größe = 1\r\n');
    const wide = await vscode.workspace.openTextDocument(uriOf(samples['utf16 little-endian']!, 'wide.txt'));
    assert.match(wide.getText(), /^größe\r?\nzwei\r?\n$/);
  });

  it('cannot be changed', async () => {
    const uri = uriOf(samples.utf8!);
    await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(uri, Buffer.from('x'))));
    await assert.rejects(Promise.resolve(vscode.workspace.fs.delete(uri)));
  });

  it('that do not exist are empty, and unknown ones are an error', async () => {
    const file = { path: 'new.ts', from: null, baseline: null, proposal: hashOf(samples.utf8!) };
    const nothing = reviewUri('baseline', file);
    assert.equal((await vscode.workspace.fs.readFile(nothing.with({ scheme }))).length, 0);
    await assert.rejects(
      Promise.resolve(vscode.workspace.fs.readFile(nothing.with({ scheme, query: 'baseline.../etc' }))),
    );
    await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(uriOf(Buffer.from('unknown')))));
  });

  it('open as a diff without taking the focus away', async () => {
    const left = uriOf(samples.utf8!, 'a.txt');
    const right = uriOf(samples['mixed line ends']!, 'b.txt');
    await vscode.commands.executeCommand('vscode.diff', left, right, 'a ↔ b', { preserveFocus: true });
    await until('the diff opens', () =>
      vscode.window.tabGroups.all.some(({ tabs }) =>
        tabs.some(
          ({ input }) => input instanceof vscode.TabInputTextDiff && input.original.scheme === scheme,
        ),
      ),
    );
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('written by another process refresh in an open clean document', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const uri = vscode.Uri.joinPath(folder.uri, 'symphony-refresh.txt');
    writeFileSync(uri.fsPath, 'before\n');
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document);
      writeFileSync(uri.fsPath, 'after, and longer\n');
      await until('the document refreshes', () => document.getText() === 'after, and longer\n');
      assert.equal(document.isDirty, false);
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await vscode.workspace.fs.delete(uri);
    }
  });
});
