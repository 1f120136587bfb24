/**
 * The main job as a person does it, in a real VS Code: palette → Execute Phase… → approve → board → changes →
 * diff → accept, with the bytes checked on disk; in light and dark, from the folder and from the packaged
 * extension, and by keys alone.
 */
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makePackage } from '../../scripts/package.mjs';
import type { Workbench } from '../vscode/harness';
import { complete, eventually, runTests, seeDiff, sidecars, untouched, withWorkbench } from './mainJob';

describe('the main job in the workbench', function () {
  this.timeout(300_000);

  for (const theme of ['dark', 'light'] as const)
    it(`goes from the palette to accepted bytes (${theme})`, () =>
      withWorkbench({ theme }, (workbench, folder) => mainJob(workbench, folder, theme)));

  it('goes the same way from the packaged extension', async () => {
    const vsix = await makePackage();
    await withWorkbench({ vsix }, (workbench, folder) => mainJob(workbench, folder, 'vsix'));
  });

  it('can be done by keys alone', () => withWorkbench({}, byKeys));

  it('starts nothing in Restricted Mode and says why', () =>
    withWorkbench({ trust: true }, async (workbench) => {
      await workbench.sideBar('Symphony');
      await workbench.page
        .getByText('This workspace is in Restricted Mode', { exact: false })
        .first()
        .waitFor();
      await workbench.settled();
      await workbench.screenshot('restricted-dark');
      assert.deepEqual(sidecars(workbench), []);
    }));
});

async function mainJob(workbench: Workbench, folder: string, name: string): Promise<void> {
  const before = untouched(folder);
  const pictures: string[] = [];
  const picture = async (of: string) => pictures.push(await workbench.screenshot(`${of}-${name}`));
  await workbench.sideBar('Symphony');
  await workbench.treeItem('A cart that adds up').waitFor();
  await workbench.settled();
  await picture('side-bar');

  await workbench.palette('Symphony: Execute Phase…');
  await workbench.choose('A cart that adds up');
  await workbench.message('node --test test/cart.test.js').waitFor();
  await picture('approve');
  await workbench.press('Approve and Execute');

  const board = await workbench.webview('.card');
  await board.locator('.card.is-running').nth(1).waitFor();
  assert.equal(
    await workbench.page.locator('.notification-list-item').count(),
    0,
    'the board is in full view',
  );
  await picture('board-running');
  await complete(workbench);
  assert.equal(await board.locator('.card.is-failed').count(), 0);
  await workbench.settled();
  await picture('board-complete');
  assert.deepEqual(untouched(folder), before);
  assert.notEqual(runTests(folder), 0, 'the user’s tree is untouched until accept');

  await workbench.press('Review Changes');
  const all = workbench.page.locator('.multiDiffEditor');
  await all.locator('.editor.modified .view-lines').filter({ hasText: 'isInteger' }).first().waitFor();
  await all.locator('.editor.modified .line-insert').first().waitFor();
  await workbench.settled();
  await picture('review-all');
  await seeDiff(workbench, 'cart.js', 'isInteger');
  await workbench.settled();
  await picture('review');
  await workbench.palette('Symphony: Accept All Changes');
  await workbench.message('7 files accepted').waitFor();
  assert.match(readFileSync(path.join(folder, 'src/cart.js'), 'utf8'), /isInteger/);
  assert.match(readFileSync(path.join(folder, 'src/receipt.js'), 'utf8'), /export function receipt/);
  assert.equal(runTests(folder), 0);
  assert.deepEqual(
    pictures.filter((file) => !existsSync(file)),
    [],
  );
}

async function byKeys(workbench: Workbench, folder: string): Promise<void> {
  const { page } = workbench;
  const { keyboard } = page;
  const command = async (title: string) => {
    await keyboard.press('F1');
    await page.locator('.quick-input-widget .quick-input-box input').waitFor();
    await keyboard.type(title);
    await page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: title }).waitFor();
    await keyboard.press('Enter');
  };
  await workbench.sideBar('Symphony');
  await workbench.treeItem('A cart that adds up').waitFor();
  await command('Symphony: Execute Phase…');
  await page
    .locator('.quick-input-list .monaco-list-row')
    .filter({ hasText: 'A cart that adds up' })
    .waitFor();
  await keyboard.press('Enter');
  await workbench.message('node --test test/cart.test.js').waitFor();
  await keyboard.press('Enter');

  const board = await workbench.webview('.card');
  await board.locator('.card.is-running').nth(1).waitFor();
  const focused = () =>
    board.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['node'] ?? '');
  for (let tabs = 0; (await focused()) === '' && tabs < 20; tabs++) await keyboard.press('Tab');
  assert.equal(await focused(), 'agent:01-01');
  await keyboard.press('ArrowDown');
  await eventually(async () => assert.equal(await focused(), 'agent:01-02'));
  await keyboard.press('ArrowRight');
  await eventually(async () => assert.equal(await focused(), 'verify:01-02'));
  await keyboard.press('Enter');
  await board.locator('.details').getByText('Verify 01-02').first().waitFor();
  await complete(workbench);

  await command('Symphony: Focus on Changes View');
  await workbench.treeItem('cart.js').waitFor();
  const row = page.locator('.pane-body .monaco-list-row.focused');
  for (let rows = 0; rows < 10 && !(await row.filter({ hasText: 'cart.js' }).isVisible()); rows++)
    await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await workbench.tab('cart.js (proposed)').waitFor();
  await keyboard.press('Control+Enter');
  await eventually(() => assert.match(readFileSync(path.join(folder, 'src/cart.js'), 'utf8'), /isInteger/));
  await workbench.treeItem('accepted').waitFor();
}
