/** Reviewing hunk by hunk inside a real editor, over a real run and a real sidecar. */
import { strict as assert } from 'node:assert';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Changeset, ReviewUnit } from '../../../schemas/wire';
import { problemOf } from '../../../client/problems';
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
    await inside.ctx.look();
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
  const placed = (document: vscode.TextDocument) =>
    inside.review.ropes.places(document).filter((place) => place.changeset === changeset.changeset);

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
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), '  // one\n  // two\n'));
    assert.deepEqual(
      placed(editor.document).map((place) => place.start),
      [was[0], was[1]! + 2],
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
    await editor.edit((edit) => edit.insert(editor.document.positionAt(start.length), '// mine\n'));
    const mine = editor.document.getText();
    await run('keepHunk', target(0));
    assert.equal(onDisk(), start, 'the file is the person’s to save');
    assert.ok(editor.document.isDirty);
    assert.match(editor.document.getText(), /Whole cents[\s\S]*\/\/ mine\n$/);
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
      const [result] = await inside.review.decisions.decide(changeset.changeset, 'keep', {
        units: [{ path, unit: units()[0]!.unit }],
      });
      assert.equal(result?.result, 'refused');
      assert.equal(onDisk(), start);
    } finally {
      chmodSync(uri.fsPath, 0o644);
    }
  });

  it('divides a hunk, keeps some of its lines, and keeps others in other words', async () => {
    await inside.review.decisions.keepLines(
      changeset.changeset,
      { path, unit: units()[1]!.unit },
      [units()[1]!.after.start],
      [],
    );
    assert.equal(states()[1], 'kept');
    assert.match(
      onDisk(),
      /toFixed\(2\)}`;\n[\s\S]*Math\.abs|Math\.abs[\s\S]*\n[^\n]*cents \/ 100\)\.toFixed/,
    );
    await inside.review.decisions.undo(changeset.changeset);
    assert.equal(onDisk(), start);

    await run('editHunk', target(0));
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.scheme, 'symphony-draft');
    const end = editor.document.positionAt(editor.document.getText().length);
    await editor.edit((edit) =>
      edit.replace(new vscode.Range(new vscode.Position(0, 0), end), '// Euros.\n'),
    );
    await editor.document.save();
    await until('the draft is kept', () => states()[0] === 'kept');
    assert.equal(onDisk(), `// Euros.\n${start}`);
    await until('the draft closes', () => vscode.window.activeTextEditor?.document !== editor.document);
  });

  // Pitfall 10: our own writing comes back as a change on disk; nobody typed that.
  it('does not take its own writing for a person’s', async () => {
    const { document } = await show();
    await until('the hunks are found', () => placed(document).length === 2);
    await run('keepHunk', target(0));
    assert.ok(inside.review.decisions.isWriting(path));
    await until('the document follows', () => document.getText() === onDisk());
    await until('one hunk is left, as it was', () => {
      const [left, ...others] = placed(document);
      return others.length === 0 && left?.changed === false && left.start === 2;
    });
    assert.equal(document.isDirty, false);
    await until('the writing is over', () => !inside.review.decisions.isWriting(path));
  });

  // Pitfall 2: bytes a save by the editor would change are a reason to refuse, not a detail.
  it('refuses a document with unsaved changes whose mixed line ends would not survive', async () => {
    const mixed = start.replace('\n', '\r\n');
    writeFileSync(uri.fsPath, mixed);
    const editor = await show();
    await until('the document follows', () => editor.document.getText().length >= start.length);
    await editor.edit((edit) => edit.insert(new vscode.Position(3, 0), '// mine\n'));
    const deciding = inside.review.decisions.decide(changeset.changeset, 'keep', {
      units: [{ path, unit: units()[1]!.unit }],
    });
    await assert.rejects(deciding, (thrown) => problemOf(thrown).code === 'review.encoding');
    assert.equal(onDisk(), mixed);
  });

  it('still takes back what was decided last, when nothing is left to decide', async () => {
    await inside.review.decisions.decide(changeset.changeset, 'keep', {});
    await until('it is decided', () => inside.data.changeset(changeset.changeset) === undefined);
    await inside.review.decisions.undo(changeset.changeset);
    assert.equal(onDisk(), start);
    await until('it is offered again', () => inside.data.changeset(changeset.changeset) !== undefined);
  });

  it('marks what was reviewed', async () => {
    await run('markReviewed', target(0));
    assert.deepEqual(
      units().map(({ reviewed }) => reviewed),
      [true, false],
    );
  });

  describe('in the files themselves', () => {
    const changeOf = ({ before, after }: ReviewUnit, shift = 0) => ({
      originalStartLineNumber: before.start + (before.end > before.start ? 1 : 0),
      originalEndLineNumber: before.end > before.start ? before.end : 0,
      modifiedStartLineNumber: after.start + 1 + shift,
      modifiedEndLineNumber: after.end + shift,
    });
    const original = () => inside.review.sourceControl.provideOriginalResource(uri);
    const place = async () => {
      await run('inPlace', { changeset });
      assert.match(onDisk(), /Whole cents[\s\S]*Math\.abs/);
      const { document } = await show();
      await until('the document follows', () => document.getText() === onDisk());
      await until(
        'the hunks are found',
        () => placed(document).filter(({ changed }) => !changed).length === 2,
      );
      const left = original();
      assert.ok(left, 'the gutter compares with what was decided');
      assert.equal(Buffer.from(await vscode.workspace.fs.readFile(left)).toString(), start);
      return document;
    };

    it('puts a proposal into the files, and one command takes it out again', async () => {
      await place();
      await run('takeOut', { changeset });
      assert.equal(onDisk(), start);
      assert.equal(original(), undefined);
      assert.deepEqual(states(), ['undecided', 'undecided']);
    });

    it('keeps and undoes by the editor’s own peek, and compares with what was decided from then on', async () => {
      const document = await place();
      const changes = units().map((each) => changeOf(each));
      await run('peekKeep', uri, changes, 0);
      assert.deepEqual(states(), ['kept', 'undecided']);
      const left = original();
      assert.ok(left);
      await until('the other side follows', async () =>
        /Whole cents/.test(Buffer.from(await vscode.workspace.fs.readFile(left)).toString()),
      );
      await until('the hunk is found', () => placed(document).length === 1 && !placed(document)[0]!.changed);
      const [, second] = units();
      const shifted = { ...changeOf(second!), originalStartLineNumber: 3, originalEndLineNumber: 3 };
      await run('peekDrop', uri, [shifted], 0);
      assert.deepEqual(states(), ['kept', 'dropped']);
      assert.match(onDisk(), /Whole cents/);
      assert.doesNotMatch(onDisk(), /Math\.abs/);
    });

    // Pitfall 1: lines and an index are all the editor hands over, and they may be old.
    it('refuses a peek that shows an older state', async () => {
      await place();
      const held = onDisk();
      await run('peekDrop', uri, [changeOf(units()[1]!, 7)], 0);
      await run('peekDrop', uri, [changeOf(units()[1]!)], 5);
      assert.deepEqual(states(), ['undecided', 'undecided']);
      assert.equal(onDisk(), held);
      await run('takeOut', { changeset });
    });
  });

  it('merges by hand what overlaps, and takes the saved result', async () => {
    const mine = start.replace('(cents / 100).toFixed(2)', '(cents / 100).toFixed(3)');
    writeFileSync(uri.fsPath, mine);
    await run('keepHunk', target(1));
    assert.equal(onDisk(), mine);
    const [conflict] = inside.review.decisions.conflicts;
    assert.ok(conflict);
    await inside.review.conflicts.open(conflict);
    const draft = () =>
      vscode.workspace.textDocuments.findLast(
        (each) =>
          each.uri.scheme === 'symphony-draft' && !each.isClosed && each.getText().includes('formatMoney'),
      );
    await until('the result opens', () => draft() !== undefined);
    const document = draft()!;
    await until(
      'the merge editor has set it up',
      () => document.isDirty && !document.getText().includes('<<<<'),
    );
    const merged = mine.replace('toFixed(3)', 'toFixed(4)');
    const all = new vscode.Range(new vscode.Position(0, 0), document.positionAt(document.getText().length));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, all, merged);
    await vscode.workspace.applyEdit(edit);
    await document.save();
    await until('the result is taken', () => states()[1] === 'kept');
    await until('the file holds it', () => onDisk() === merged);
    assert.deepEqual(inside.review.decisions.conflicts, []);
  });

  it('talks to the agent: a thread is begun, answered, resolved and opened again', async () => {
    const right = reviewUri('proposal', changeset.files[0]!, changeset.changeset);
    const { controller } = inside.review.comments as unknown as { controller: vscode.CommentController };
    const thread = controller.createCommentThread(right, new vscode.Range(0, 0, 0, 0), []);
    await inside.review.comments.say({ thread, text: 'Say *why*, please.' });
    const threads = async () =>
      (await inside.ctx.call('reviewThreads', { changeset: changeset.changeset })).threads;
    const [begun] = await threads();
    assert.equal(begun?.comments[0]?.text, 'Say *why*, please.');
    assert.equal(begun?.state, 'open');
    const { threads: shown } = inside.review.comments as unknown as {
      threads: Map<string, vscode.CommentThread>;
    };
    const own = [...shown.values()].find(({ comments }) => comments.length === 1);
    assert.ok(own);
    await inside.review.comments.resolve(own, true);
    assert.equal((await threads())[0]?.state, 'resolved');
    await inside.review.comments.resolve(own, false);
    assert.equal((await threads())[0]?.state, 'open');
  });
});
