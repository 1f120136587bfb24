/** Reviewing hunk by hunk inside a real editor, over a real run and a real sidecar. */
import { strict as assert } from 'node:assert';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Changeset, ReviewUnit } from '../../../schemas/wire';
import { reviewUri } from '../../../client/review/files';
import { inspect, until, type Inspection } from './inspect';

const path = 'src/money.js';

describe('reviewing hunk by hunk', () => {
  let inside: Inspection;
  let changeset: Changeset;
  let uri: vscode.Uri;
  let start: string;

  before(async function () {
    this.timeout(120_000);
    inside = await inspect();
    uri = inside.ctx.uri(path);
    start = onDisk();
    const settings = vscode.workspace.getConfiguration('symphony');
    await settings.update('model', 'scripted/sample', vscode.ConfigurationTarget.Global);
    const modelsList = async () => (await inside.ctx.call('modelsList', {})).chosen;
    await until('the model is chosen', async () => (await modelsList()) === 'scripted/sample', 60_000);
  });

  beforeEach(async function () {
    this.timeout(90_000);
    const { run } = await inside.ctx.call('runAsk', { path, instruction: 'Document formatMoney.' });
    const summary = async () => (await inside.ctx.call('runShow', { run })).summary;
    await until('the run ends', async () => (await summary()).endedAt !== null, 60_000);
    await inside.data.changesets.refresh();
    const found = inside.data.changesets.value?.find((each) => each.run === run);
    assert.ok(found, 'the run offers its changes');
    changeset = found;
    await inside.review.state.load(changeset.changeset);
  });

  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await inside.ctx.call('reviewDecide', {
      changeset: changeset.changeset,
      decision: 'reject',
      dirty: [],
    });
    writeFileSync(uri.fsPath, start);
  });

  const onDisk = () => readFileSync(uri.fsPath, 'utf8');
  const units = (): readonly ReviewUnit[] =>
    inside.review.state.get(changeset.changeset)?.units.get(path) ?? [];
  const states = () => units().map(({ state }) => state);
  const target = (index: number) => ({ changeset: changeset.changeset, path, unit: units()[index]! });
  const run = (command: string, ...args: unknown[]) =>
    vscode.commands.executeCommand(`symphony.review.${command}`, ...args);
  const show = async () => vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  const placed = (document: vscode.TextDocument) => inside.review.ropes.places(document);

  it('knows the hunks of a file, where they are in it, and offers Keep and Drop there', async () => {
    assert.deepEqual(states(), ['undecided', 'undecided']);
    const { document } = await show();
    await until('the hunks are found', () => placed(document).length === 2);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      uri,
    );
    const titles = lenses.map(({ command }) => command?.title ?? '');
    assert.equal(titles.filter((title) => title === 'Keep').length, 2);
    assert.equal(titles.filter((title) => title === 'Drop').length, 2);
  });

  it('follows them while a person types, and says when one was written into', async () => {
    const editor = await show();
    await until('the hunks are found', () => placed(editor.document).length === 2);
    const was = placed(editor.document).map((place) => place.start);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// one\n// two\n'));
    assert.deepEqual(
      placed(editor.document).map((place) => place.start),
      was.map((line) => line + 2),
    );
    const line = placed(editor.document)[1]!.start;
    await editor.edit((edit) => edit.insert(new vscode.Position(line, 3), 'x'));
    assert.deepEqual(
      placed(editor.document).map(({ changed }) => changed),
      [false, true],
    );
    await vscode.commands.executeCommand('undo');
    await until('the undo heals it', () => !placed(editor.document)[1]!.changed);
  });

  it('keeps one hunk, byte for byte, without a tab or the focus going anywhere', async () => {
    await vscode.commands.executeCommand('workbench.action.files.newUntitledFile');
    const tabs = () => vscode.window.tabGroups.all.flatMap(({ tabs: all }) => all.map(({ label }) => label));
    const [was, focus] = [tabs(), vscode.window.activeTextEditor?.document.uri.toString()];
    await run('keepHunk', target(0));
    assert.deepEqual(states(), ['kept', 'undecided']);
    const [first] = units();
    const lines = start.split('\n');
    assert.deepEqual(
      onDisk().split('\n').slice(0, first!.before.start),
      lines.slice(0, first!.before.start),
      'what stands before is as it was',
    );
    assert.match(onDisk(), /Whole cents as euros/);
    assert.doesNotMatch(onDisk(), /Math\.abs/);
    assert.deepEqual(tabs(), was);
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), focus);
  });

  // Pitfall 9: taking one decision back undoes only that change, not earlier kept ones.
  it('takes decisions back one by one, in any order, to the exact start', async () => {
    await run('keepHunk', target(0));
    await run('keepHunk', target(1));
    const both = onDisk();
    assert.match(both, /Math\.abs/);
    const [, older] = await inside.review.decisions.history(changeset.changeset);
    await inside.review.decisions.undo(changeset.changeset, older);
    assert.deepEqual(states(), ['undecided', 'kept']);
    assert.match(onDisk(), /Math\.abs/);
    assert.doesNotMatch(onDisk(), /Whole cents/);
    await run('takeBack', target(1));
    assert.deepEqual(states(), ['undecided', 'undecided']);
    assert.equal(onDisk(), start);
  });

  // Pitfall 3: a dirty buffer is never overwritten behind the person’s back.
  it('puts a hunk into a document with unsaved changes as one step that undo takes back', async () => {
    const editor = await show();
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// mine\n'));
    const mine = editor.document.getText();
    await run('keepHunk', target(0));
    assert.equal(onDisk(), start, 'the file is the person’s to save');
    assert.ok(editor.document.isDirty);
    assert.match(editor.document.getText(), /^\/\/ mine\n[\s\S]*Whole cents/);
    await vscode.commands.executeCommand('undo');
    assert.equal(editor.document.getText(), mine);
  });

  it('drops without touching the file, and counts what is decided', async () => {
    await run('dropHunk', target(1));
    assert.deepEqual(states(), ['undecided', 'dropped']);
    assert.equal(onDisk(), start);
  });

  // Pitfall 4: what a formatter does on saving is noticed and can be told.
  it('sees what a save did to what was kept', async () => {
    await run('keepHunk', target(1));
    const { document } = await show();
    await until('the document follows', () => document.getText().includes('Math.abs'));
    const [under] = inside.review.state.filesAt(path, changeset.changeset);
    assert.ok(under);
    assert.deepEqual(await inside.review.saves.deltas(document, under), []);
    const editor = vscode.window.activeTextEditor!;
    const at = document.positionAt(document.getText().indexOf('Math.abs'));
    await editor.edit((edit) => edit.insert(at, ' '));
    await document.save();
    const [delta] = await inside.review.saves.deltas(document, under);
    assert.match(delta?.kept ?? '', /Math\.abs/);
    assert.match(delta?.saved ?? '', / Math\.abs/);
  });

  // Pitfalls 5 and 6: focus stays, tabs are known by address, a preview is not waited for for ever.
  it('opens the diff beside the person’s tabs and leaves them alone', async () => {
    await show();
    const mine = vscode.window.tabGroups.activeTabGroup.activeTab;
    await vscode.commands.executeCommand('symphony.openChange', { changeset, file: changeset.files[0] });
    const right = reviewUri('proposal', changeset.files[0]!, changeset.changeset).toString();
    const inputs = () =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ input }) => input as unknown));
    await until('the diff opens', () =>
      inputs().some(
        (input) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === right,
      ),
    );
    assert.ok(
      inputs().some(
        (input) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString(),
      ),
    );
    assert.ok(mine);
  });

  // Pitfall 7: what was decided on is compared before anything is touched.
  it('refuses where the file is no longer what was decided on', async () => {
    const other = start.replace('return `€${(cents / 100).toFixed(2)}`;', 'return cents;');
    assert.notEqual(other, start);
    writeFileSync(uri.fsPath, other);
    await run('keepHunk', target(1));
    assert.equal(onDisk(), other);
  });

  it('refuses a read-only file with its reason, and forgets nothing', async () => {
    chmodSync(uri.fsPath, 0o444);
    try {
      await run('keepHunk', target(0));
      assert.equal(onDisk().includes('Whole cents') || onDisk() === start, true);
    } finally {
      chmodSync(uri.fsPath, 0o644);
    }
  });
});
