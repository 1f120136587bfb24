/** Deciding on changes in a real VS Code, file by file, and agents asked about one file. */
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Workbench } from '../vscode/harness';
import { complete, completePhase, eventually, runTests, seeDiff, withWorkbench } from './mainJob';

describe('review in the workbench', function () {
  this.timeout(300_000);

  it('accepts one file, rejects another, refuses one with unsaved changes, and accepts the rest', () =>
    withWorkbench({}, async (workbench, folder) => {
      const text = (file: string) => readFileSync(path.join(folder, file), 'utf8');
      const files = ['src/cart.js', 'src/discounts.js', 'bin/shop.js'] as const;
      const before = Object.fromEntries(files.map((file) => [file, text(file)]));
      await completePhase(workbench);
      await workbench.clearNotifications();

      await workbench.rowAction('cart.js', 'Accept');
      await eventually(() => assert.match(text('src/cart.js'), /isInteger/));
      await workbench.treeItem('cart.js').filter({ hasText: 'accepted' }).waitFor();
      assert.equal(text('src/discounts.js'), before['src/discounts.js']);
      await workbench.rowAction('discounts.js', 'Reject');
      await workbench.treeItem('discounts.js').filter({ hasText: 'rejected' }).waitFor();
      assert.equal(text('src/discounts.js'), before['src/discounts.js']);

      await openFile(workbench, 'bin/shop.js');
      await workbench.page.keyboard.press('Control+Home');
      await workbench.page.keyboard.type('// mine');
      const dirty = workbench.page.locator('.tab.active.dirty').filter({ hasText: 'shop.js' });
      await dirty.waitFor();
      await workbench.palette('Symphony: Accept All Changes');
      await workbench.message('bin/shop.js has unsaved changes in the editor.').waitFor();
      await workbench.screenshot('dirty-refused-dark');
      assert.equal(text('bin/shop.js'), before['bin/shop.js']);
      assert.ok(await dirty.isVisible(), 'the buffer is as the person left it');
      await workbench.page.locator('.view-lines').filter({ hasText: '// mine' }).first().waitFor();
      assert.ok(existsSync(path.join(folder, 'src/receipt.js')), 'the other files were written');

      await workbench.palette('File: Revert File');
      await dirty.waitFor({ state: 'hidden' });
      await workbench.clearNotifications();
      await workbench.palette('Symphony: Accept All Changes');
      await workbench.message('1 rejected').waitFor();
      assert.match(text('bin/shop.js'), /receipt/);
      assert.equal(text('src/discounts.js'), before['src/discounts.js']);
      // The open, clean document shows what was accepted.
      await workbench.page.locator('.view-lines').filter({ hasText: 'receipt' }).first().waitFor();
    }));

  it('ends in a reviewed diff when an agent is asked about a file, and about a selection', () =>
    withWorkbench({}, async (workbench, folder) => {
      const money = () => readFileSync(path.join(folder, 'src/money.js'), 'utf8');
      const before = money();
      await workbench.sideBar('Symphony');
      await workbench.treeItem('A cart that adds up').waitFor();
      await openFile(workbench, 'src/money.js');
      await ask(workbench, 'Change src/money.js');
      assert.equal(money(), before, 'the user’s tree is untouched until accept');
      await seeDiff(workbench, 'money.js', 'Math.abs');
      await workbench.palette('Symphony: Reject All Changes');
      await workbench.message('everything was rejected').waitFor();
      await workbench.clearNotifications();
      assert.equal(money(), before);

      await openFile(workbench, 'src/money.js');
      await workbench.page.keyboard.press('Control+A');
      await ask(workbench, 'Change lines 1–');
      await seeDiff(workbench, 'money.js', 'Math.abs');
      await workbench.palette('Symphony: Accept All Changes');
      await workbench.message('1 file accepted').waitFor();
      assert.match(money(), /Math\.abs/);
      assert.notEqual(runTests(folder), 0, 'nothing else was mended on the way');
    }));
});

/** Opens a file of the folder by its path; the editor also finds the two sides of an open diff by that name. */
async function openFile(workbench: Workbench, file: string): Promise<void> {
  const { page } = workbench;
  const [name, folder] = [path.basename(file), path.dirname(file)];
  const input = page.locator('.quick-input-widget .quick-input-box input');
  const row = page.locator(`.quick-input-list .monaco-list-row[aria-label^="${name} ${folder}"]`);
  const tab = page.locator('.tab.active').filter({ hasText: name }).filter({ hasNotText: 'proposed' });
  for (let tries = 0; ; tries++) {
    await page.keyboard.press('Control+P');
    try {
      await input.waitFor({ timeout: 3_000 });
      await input.fill(name);
      await row.first().click({ timeout: 5_000 });
      await tab.waitFor({ timeout: 5_000 });
      break;
    } catch (thrown) {
      // The list is made anew while the search goes on, and a click may meet the old one.
      if (tries >= 3) throw thrown;
      await page.keyboard.press('Escape');
    }
  }
  await page.locator('.editor-instance .monaco-editor.focused').waitFor();
}

/** Asks in the input whose title begins so, waits for the end and closes what told of it. */
async function ask(workbench: Workbench, title: string): Promise<void> {
  await workbench.palette('Symphony: Ask Agent to Change Selection/File…');
  await workbench.page.locator('.quick-input-title').filter({ hasText: title }).waitFor();
  await workbench.enter('Document formatMoney and put the sign before the currency.');
  await complete(workbench);
  await workbench.clearNotifications();
}
