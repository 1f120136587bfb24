/** Runs in a real VS Code: questions, reloads, and two windows on one folder. */
import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fixtureScript } from '../fixtures/make';
import type { Workbench } from '../vscode/harness';
import { complete, eventually, execute, seeDiff, sidecars, withWorkbench } from './mainJob';

describe('runs in the workbench', function () {
  this.timeout(300_000);

  it('ask in Runs, in a prompt and on the board, and go on when answered there', () =>
    withWorkbench({ fixture: 'conflict' }, async (workbench, folder) => {
      await execute(workbench, 'Words');
      await workbench.palette('View: Close All Editors');
      await workbench.message('changed the same lines of src/greeting.mjs').waitFor({ timeout: 60_000 });
      await workbench.treeItem('Merge conflict').waitFor();
      await workbench.statusItem('1 question').waitFor();
      await workbench.press('Answer…');
      await workbench.message('Choose a side, or resolve the files by hand.').waitFor();
      await workbench.screenshot('question-prompt-dark');
      await workbench.press('Decide Later');

      await workbench.palette('Symphony: Open Board');
      const board = await workbench.webview('.question');
      await workbench.settled();
      await workbench.screenshot('board-question-dark');
      await board.locator('vscode-button').filter({ hasText: 'Take This Plan’s Side' }).click();
      await complete(workbench);
      assert.equal(await board.locator('.question').count(), 0);
      await seeDiff(workbench, 'greeting.mjs', 'evening');
      await workbench.palette('Symphony: Accept All Changes');
      await eventually(() => {
        assert.match(readFileSync(path.join(folder, 'src/greeting.mjs'), 'utf8'), /Good evening/);
        assert.match(readFileSync(path.join(folder, 'src/farewell.mjs'), 'utf8'), /Good night/);
      });
    }));

  it('go on through a reload: the board comes back and nothing is doubled', () =>
    withSlowScript(async (workbench) => {
      const board = await execute(workbench, 'A cart that adds up', 2);
      const cards = await board.locator('.card').count();
      const [sidecar] = sidecars(workbench);
      // In a browser, the editor stores what is open every five seconds, for a page that goes cannot wait.
      await workbench.page.waitForTimeout(6_000);
      await workbench.reload();
      const again = await workbench.webview('.card');
      assert.ok((await again.locator('.card.is-running').count()) > 0, 'the run is still at work');
      await complete(workbench);
      assert.equal(await again.locator('.card').count(), cards);
      assert.equal(await again.locator('.card.is-completed').count(), cards);
      assert.equal(await workbench.page.locator('.notification-list-item').count(), 1);
      assert.equal(await workbench.page.locator('.tabs-container .tab').count(), 1);
      await workbench.sideBar('Symphony');
      await workbench.treeItem('cart.js').waitFor();
      const rows = workbench.page.locator('.pane-body [role="treeitem"][aria-level="1"]');
      // The milestone, the run and its changes.
      assert.equal(await rows.count(), 3);
      assert.deepEqual(sidecars(workbench), [sidecar]);
    }));

  it('are the same in two windows, and closing the first stops nothing', () =>
    withWorkbench({}, async (workbench) => {
      await execute(workbench, 'A cart that adds up', 2);
      const first = workbench.page;
      await workbench.openWindow();
      await workbench.sideBar('Symphony');
      await workbench.statusItem('of 12 steps').waitFor();
      await workbench.palette('Symphony: Open Board');
      const board = await workbench.webview('.card');
      await first.close();
      await complete(workbench);
      assert.equal(await board.locator('.card.is-failed').count(), 0);
      // One of the first rows: the view of a second window may be low.
      await seeDiff(workbench, 'cart.js', 'isInteger');
      assert.equal(sidecars(workbench).length, 1);
    }));
});

/** The sample with a model that takes its time, so that something can happen while it works. */
async function withSlowScript(work: (workbench: Workbench) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-script-'));
  try {
    const file = path.join(folder, 'slow.json');
    const script = readFileSync(fixtureScript('shop'), 'utf8');
    writeFileSync(file, script.replace(/"delayMs": \d+/g, '"delayMs": 1500'));
    await withWorkbench({ env: { SYMPHONY_SCRIPT: file } }, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
