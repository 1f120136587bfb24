/** The *Review* page and the *Pit* view in a real VS Code, on the sample's main job. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import type { Workbench } from '../vscode/harness';
import { complete, eventually, execute, withWorkbench } from './mainJob';

describe('pages in the workbench', function () {
  this.timeout(300_000);

  it('decide by one key, and the files change by that alone', () =>
    withWorkbench({}, async (workbench, folder) => {
      await offered(workbench);
      const changed = () =>
        execFileSync('git', ['status', '--porcelain'], { cwd: folder, encoding: 'utf8' })
          .split('\n')
          .filter(Boolean);
      const before = changed();
      await workbench.palette('Symphony: Open Review');
      const page = await workbench.webview('.review .row');
      await page.locator('.row-unit', { hasText: 'Number.isInteger' }).first().click();
      await page.locator('.line-added').first().waitFor();
      await page.locator('.list').focus();
      await workbench.screenshot('review-page-dark');
      await workbench.page.keyboard.press('y');
      await page.getByText('1 of', { exact: false }).first().waitFor();
      await eventually(() => assert.equal(changed().length, before.length + 1));
      await workbench.page.keyboard.press('u');
      await page.getByText('0 of', { exact: false }).first().waitFor();
      await eventually(() => assert.deepEqual(changed(), before));
      // The editor writes down which tabs are open a moment later.
      await workbench.page.waitForTimeout(3000);
      await workbench.reload();
      await (await workbench.webview('.review .row')).locator('.row-unit').first().waitFor();
    }));

  for (const theme of ['light', 'contrast'] as const)
    it(`show what the services look after in the ${theme} theme`, () =>
      withWorkbench({ theme }, async (workbench) => {
        await offered(workbench);
        await workbench.palette('Symphony: Focus on Pit View');
        for (const service of ['Pool', 'Tracker', 'Artifacts', 'Arbitration', 'Retention'])
          await workbench.treeItem(service).waitFor();
        await workbench.treeItem('Artifacts').click();
        await workbench.treeItem('artifacts:').waitFor();
        await workbench.screenshot(`pit-${theme}`);
        await workbench.palette('Symphony: Open Review');
        await (await workbench.webview('.review .row')).locator('.row-unit').first().click();
        await workbench.screenshot(`review-page-${theme}`);
      }));
});

async function offered(workbench: Workbench): Promise<void> {
  await execute(workbench, 'A cart that adds up');
  await complete(workbench);
  await workbench.clearNotifications();
}
