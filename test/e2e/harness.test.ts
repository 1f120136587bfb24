import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openWorkbench, processesOf, repository, runInHost } from '../vscode/harness';

const extensionDevelopmentPath = path.join(repository, 'test/fixtures/extension');

describe('the harness', function () {
  this.timeout(120_000);

  it('runs a program in the extension host, where proposed API is refused', async () => {
    const extensionTestsPath = path.join(extensionDevelopmentPath, 'tests');
    const { code, log } = await runInHost({
      folder: repository,
      extensionDevelopmentPath,
      extensionTestsPath,
    });
    assert.equal(code, 0, log.slice(-20).join('\n'));
    assert.ok(log.some((line) => line.includes('proposed API is refused')));
  });

  it('drives palette, quick pick, tree, notifications and a webview, and leaves nothing behind', async () => {
    const workbench = await openWorkbench({
      folder: extensionDevelopmentPath,
      extensionDevelopmentPath,
      theme: 'light',
    });
    const { folder } = workbench.server;
    try {
      await workbench.palette('Probe: Pick');
      await workbench.choose('banana');
      await workbench.message('picked banana').waitFor();
      await workbench.press('Fine');
      await workbench.message('answered Fine').waitFor();
      await workbench.palette('Probe: Panel');
      const page = await workbench.webview('#probe');
      await page.locator('#probe').click();
      await workbench.message('webview said press').waitFor();
      await workbench.sideBar('Probe');
      await workbench.treeItem('second leaf').click();
      await workbench.message('hello from the probe').waitFor();
      assert.ok(existsSync(await workbench.screenshot('harness-light')));

      assert.equal(workbench.killExtensionHosts(), 1);
      await workbench.reload();
      await workbench.palette('Probe: Hello');
      await workbench.message('hello from the probe').waitFor();
      await workbench.server.restart();
      await workbench.reload();
      await workbench.palette('Probe: Hello');
      await workbench.message('hello from the probe').waitFor();
    } catch (thrown) {
      await workbench.screenshot('harness-failure');
      throw thrown;
    } finally {
      await workbench.close();
    }
    assert.deepEqual(processesOf(folder), []);
    assert.equal(existsSync(folder), false);
  });
});
