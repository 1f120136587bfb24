import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { inspect, until, type Inspection } from './inspect';

/** A row of a tree as a person meets it. */
interface Row {
  readonly label: string;
  readonly item: vscode.TreeItem;
  readonly children: readonly Row[];
}

async function rowsOf(tree: vscode.TreeDataProvider<unknown>, parent?: unknown): Promise<Row[]> {
  const children = (await tree.getChildren(parent)) ?? [];
  return Promise.all(
    children.map(async (child) => {
      const item = await tree.getTreeItem(child);
      const label = typeof item.label === 'string' ? item.label : (item.label?.label ?? '');
      return { label, item, children: await rowsOf(tree, child) };
    }),
  );
}

const flat = (rows: readonly Row[]): Row[] => rows.flatMap((row) => [row, ...flat(row.children)]);

describe('the views, over a real sidecar', () => {
  let inside: Inspection;

  before(async function () {
    this.timeout(60_000);
    inside = await inspect();
    await vscode.commands.executeCommand('symphony.plan.focus');
    await until('the sidecar answers', () => inside.ctx.session?.state.kind === 'ready', 40_000);
    await inside.data.refresh();
  });

  it('show milestones, phases, plans and tasks', async () => {
    assert.equal(inside.data.planning.problem, undefined);
    const [plan] = inside.trees;
    const rows = flat(await rowsOf(plan!));
    const kinds = new Set(rows.map(({ item }) => item.contextValue));
    for (const kind of ['milestone', 'phase.executable', 'plan', 'task']) assert.ok(kinds.has(kind), kind);
  });

  it('say every state in words, for eyes and for screen readers', async () => {
    const rows = flat(await rowsOf(inside.trees[0]!));
    assert.ok(rows.length > 3);
    for (const { label, item } of rows) {
      const said = item.accessibilityInformation?.label ?? '';
      assert.ok(said.includes(label), label);
      if (item.contextValue !== undefined) assert.match(said, /, \S/, `${label} says no state`);
      if (item.contextValue === 'plan') assert.match(said, /planned|running|complete|waiting/);
    }
  });

  it('name rows so that they stay open when refreshed', async () => {
    const ids = flat(await rowsOf(inside.trees[0]!)).map(({ item }) => item.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.every((id) => id !== undefined));
  });

  it('open the file of a row at its line', async () => {
    const row = flat(await rowsOf(inside.trees[0]!)).find(({ item }) => item.contextValue === 'plan');
    const command = row?.item.command;
    assert.ok(command);
    await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
    const [place] = command.arguments as [{ file: string; line: number }];
    assert.equal(inside.ctx.relative(vscode.window.activeTextEditor!.document.uri), place.file);
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, place.line - 1);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('know of runs and changes', async () => {
    for (const watched of [inside.data.runs, inside.data.changesets]) {
      await watched.refresh();
      assert.equal(watched.problem, undefined);
      assert.ok(Array.isArray(watched.value));
    }
  });

  it('follow a change of the planning files', async () => {
    const revision = inside.data.planning.value!.revision;
    const roadmap = inside.ctx.uri('.planning/ROADMAP.md');
    const before = await vscode.workspace.fs.readFile(roadmap);
    const changed = Buffer.from(before).toString().replaceAll('Stock on the shelves', 'Stock in the cellar');
    try {
      await vscode.workspace.fs.writeFile(roadmap, Buffer.from(changed));
      await until('the view follows', () => inside.data.planning.value!.revision !== revision);
      const labels = flat(await rowsOf(inside.trees[0]!)).map(({ label }) => label);
      assert.ok(labels.includes('2 · Stock in the cellar'), labels.join('\n'));
    } finally {
      await vscode.workspace.fs.writeFile(roadmap, before);
    }
    await until('the view follows back', async () =>
      flat(await rowsOf(inside.trees[0]!)).some(({ label }) => label === '2 · Stock on the shelves'),
    );
  });

  it('let go of everything a board held', async () => {
    const size = inside.ctx.size;
    for (let i = 0; i < 3; i++) {
      await inside.boards.open('run-none');
      assert.equal(inside.boards.size, 1);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('the board closes', () => inside.boards.size === 0);
    }
    assert.equal(inside.ctx.size, size);
  });

  it('come back when the sidecar is restarted', async function () {
    this.timeout(60_000);
    const before = await inside.ctx.call('sidecarStatus', {});
    await vscode.commands.executeCommand('symphony.restartSidecar');
    const after = await inside.ctx.call('sidecarStatus', {});
    assert.notEqual(after.epoch, before.epoch);
    await until('the plan is shown again', () => inside.data.planning.problem === undefined);
  });

  it('come back when the sidecar is killed', async function () {
    this.timeout(60_000);
    const before = await inside.ctx.call('sidecarStatus', {});
    process.kill(before.pid, 'SIGKILL');
    await until('the loss is noticed', () => inside.ctx.session?.state.kind !== 'ready');
    const after = await inside.ctx.call('sidecarStatus', {});
    assert.notEqual(after.epoch, before.epoch);
    await inside.data.planning.refresh();
    assert.equal(inside.data.planning.problem, undefined);
  });
});
