/**
 * The main job as a person does it, in a real VS Code: palette → Execute Phase… → approve → board → changes →
 * diff → accept, with the bytes checked on disk; in light and dark, from the folder and from the packaged
 * extension.
 */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makePackage } from '../../scripts/package.mjs';
import { fixtureGit, fixtureScript, makeFixtureRepository } from '../fixtures/make';
import { openWorkbench, repository, type Workbench, type WorkbenchOptions } from '../vscode/harness';

describe('the main job in the workbench', function () {
  this.timeout(300_000);

  for (const theme of ['dark', 'light'] as const)
    it(`goes from the palette to accepted bytes (${theme})`, () =>
      withWorkbench({ extensionDevelopmentPath: repository, theme }, (workbench, folder) =>
        mainJob(workbench, folder, theme),
      ));

  it('goes the same way from the packaged extension', async () => {
    const vsix = await makePackage();
    await withWorkbench({ vsix, theme: 'dark' }, (workbench, folder) => mainJob(workbench, folder, 'vsix'));
  });

  it('starts nothing in Restricted Mode and says why', () =>
    withWorkbench({ extensionDevelopmentPath: repository, trust: true }, async (workbench) => {
      await workbench.sideBar('Symphony');
      await workbench.page
        .getByText('This workspace is in Restricted Mode', { exact: false })
        .first()
        .waitFor();
      await workbench.settled();
      await workbench.screenshot('restricted-dark');
      assert.deepEqual(
        workbench.server.processes().filter(({ command }) => command.includes('sidecar.cjs')),
        [],
      );
    }));
});

async function mainJob(workbench: Workbench, folder: string, name: string): Promise<void> {
  const before = untouched(folder);
  await workbench.sideBar('Symphony');
  await workbench.treeItem('A cart that adds up').waitFor();
  await workbench.settled();
  await workbench.screenshot(`side-bar-${name}`);

  await workbench.palette('Symphony: Execute Phase…');
  await workbench.choose('A cart that adds up');
  await workbench.message('node --test test/cart.test.js').waitFor();
  await workbench.screenshot(`approve-${name}`);
  await workbench.press('Approve and Execute');

  const board = await workbench.webview('.card');
  await board.locator('.card.is-running').nth(1).waitFor();
  await workbench.screenshot(`board-running-${name}`);
  await workbench.message('is complete.').waitFor({ timeout: 120_000 });
  assert.equal(await board.locator('.card.is-failed').count(), 0);
  await workbench.settled();
  await workbench.screenshot(`board-complete-${name}`);
  assert.deepEqual(untouched(folder), before);
  const failing = runTests(folder);
  assert.notEqual(failing, 0, 'the user’s tree is untouched until accept');

  await workbench.press('Review Changes');
  await workbench.treeItem('cart.js').waitFor();
  await workbench.treeItem('cart.js').click();
  await workbench.page.locator('.monaco-diff-editor').first().waitFor();
  await workbench.settled();
  await workbench.screenshot(`review-${name}`);
  await workbench.palette('Symphony: Accept All Changes');
  await eventually(() => assert.match(readFileSync(path.join(folder, 'src/cart.js'), 'utf8'), /isInteger/));
  await eventually(() => assert.equal(runTests(folder), 0));
  assert.match(readFileSync(path.join(folder, 'src/receipt.js'), 'utf8'), /export function receipt/);
}

/** Opens a copy of the sample with the scripted model chosen, and ends everything afterwards. */
async function withWorkbench(
  options: WorkbenchOptions,
  work: (workbench: Workbench, folder: string) => Promise<void>,
): Promise<void> {
  const folder = makeFixtureRepository('shop', { install: true });
  try {
    const workbench = await openWorkbench({
      ...options,
      folder,
      settings: { 'symphony.model': 'scripted/sample', ...options.settings },
      env: { SYMPHONY_SCRIPT: fixtureScript('shop'), ...options.env },
    });
    try {
      await work(workbench, folder);
    } catch (thrown) {
      await workbench.screenshot(`failure-${path.basename(folder)}`);
      throw thrown;
    } finally {
      await workbench.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Index, HEAD, stash and everything git sees of the user's tree. */
const untouched = (folder: string): unknown => ({
  head: fixtureGit(folder, 'rev-parse', 'HEAD'),
  index: fixtureGit(folder, 'ls-files', '--stage'),
  status: fixtureGit(folder, 'status', '--porcelain', '--untracked-files=all'),
  stash: fixtureGit(folder, 'stash', 'list'),
  refs: fixtureGit(folder, 'for-each-ref'),
});

function runTests(folder: string): number {
  try {
    execFileSync('npm', ['test'], { cwd: folder, stdio: 'pipe' });
    return 0;
  } catch (thrown) {
    return (thrown as { status: number }).status;
  }
}

async function eventually(check: () => void): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return check();
    } catch (thrown) {
      if (tries >= 40) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
