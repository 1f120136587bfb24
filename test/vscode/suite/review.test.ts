import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Changeset } from '../../../schemas/wire';
import { inspect, until, type Inspection } from './inspect';

const path = 'src/money.js';

describe('accepting, over a real run', () => {
  let inside: Inspection;
  let changeset: Changeset;

  before(async function () {
    this.timeout(90_000);
    inside = await inspect();
    const settings = vscode.workspace.getConfiguration('symphony');
    await settings.update('model', 'scripted/sample', vscode.ConfigurationTarget.Global);
    const modelsList = async () => (await inside.ctx.call('modelsList', {})).chosen;
    await until('the model is chosen', async () => (await modelsList()) === 'scripted/sample');
    const { run } = await inside.ctx.call('runAsk', { path, instruction: 'Document formatMoney.' });
    const summary = async () => (await inside.ctx.call('runShow', { run })).summary;
    await until('the run ends', async () => (await summary()).endedAt !== null, 60_000);
    assert.equal((await summary()).state, 'completed');
    await inside.data.changesets.refresh();
    const found = inside.data.changesets.value?.find((each) => each.run === run);
    assert.ok(found, 'the run offers its changes');
    changeset = found;
  });
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  const accept = () => vscode.commands.executeCommand('symphony.acceptAll', { changeset });
  const onDisk = () => readFileSync(inside.ctx.uri(path).fsPath, 'utf8');

  it('leaves a file with unsaved changes alone, on disk and in the editor', async () => {
    const before = onDisk();
    const document = await vscode.workspace.openTextDocument(inside.ctx.uri(path));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// mine\n'));
    assert.ok(document.isDirty);
    const mine = document.getText();
    await accept();
    assert.equal(onDisk(), before);
    assert.equal(document.getText(), mine);
    assert.ok(document.isDirty);
    assert.equal(inside.data.changeset(changeset.changeset)?.files[0]?.decision, 'undecided');
    await vscode.commands.executeCommand('workbench.action.files.revert');
    assert.equal(document.isDirty, false);
  });

  it('shows the new bytes in an open clean document', async () => {
    const document = await vscode.workspace.openTextDocument(inside.ctx.uri(path));
    await vscode.window.showTextDocument(document);
    assert.doesNotMatch(document.getText(), /Math\.abs/);
    await accept();
    assert.match(onDisk(), /Math\.abs/);
    await until('the document follows', () => document.getText() === onDisk());
    assert.equal(document.isDirty, false);
    assert.equal(inside.data.changeset(changeset.changeset), undefined, 'nothing is left to review');
  });
});
