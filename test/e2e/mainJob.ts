/** What the tests in the workbench have in common: a project of their own, and the steps of the main job. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { fixtureGit, fixtureScript, makeFixtureRepository, type FixtureName } from '../fixtures/make';
import { openWorkbench, repository, type Workbench, type WorkbenchOptions } from '../vscode/harness';

export interface Project extends WorkbenchOptions {
  /** Which project is opened; the sample unless said otherwise. */
  readonly fixture?: FixtureName;
}

/**
 * Opens a copy of a project with the scripted model chosen, and ends everything afterwards. Fails, too, where the
 * browser reported a breach of a page's content security policy.
 */
export async function withWorkbench(
  { fixture = 'shop', ...options }: Project,
  work: (workbench: Workbench, folder: string) => Promise<void>,
): Promise<void> {
  const folder = makeFixtureRepository(fixture, { install: fixture === 'shop' });
  try {
    const workbench = await openWorkbench({
      ...(options.vsix ? {} : { extensionDevelopmentPath: repository }),
      ...options,
      folder,
      settings: { 'symphony.model': 'scripted/sample', ...options.settings },
      env: { SYMPHONY_SCRIPT: fixtureScript(fixture), ...options.env },
    });
    const breaches: string[] = [];
    watchPolicy(workbench.page, breaches);
    try {
      await work(workbench, folder);
      assert.deepEqual(breaches, [], 'the content security policy is kept');
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

function watchPolicy(page: Page, breaches: string[]): void {
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) breaches.push(message.text());
  });
}

/** Palette → phase → approval; returns the board once `atWork` of its cards run. */
export async function execute(workbench: Workbench, phase: string, atWork = 1): Promise<Frame> {
  await workbench.sideBar('Symphony');
  await workbench.treeItem(phase).waitFor();
  await workbench.palette('Symphony: Execute Phase…');
  await workbench.choose(phase);
  await workbench.press('Approve and Execute');
  const board = await workbench.webview('.card');
  await board
    .locator('.card.is-running')
    .nth(atWork - 1)
    .waitFor();
  return board;
}

/** The whole phase of the sample, up to the message that it is complete. */
export async function completePhase(workbench: Workbench): Promise<Frame> {
  const board = await execute(workbench, 'A cart that adds up', 2);
  await complete(workbench);
  return board;
}

/** Waits for the one message that says so. */
export const complete = (workbench: Workbench): Promise<void> =>
  workbench.message('is complete.').waitFor({ timeout: 120_000 });

/** Opens a file of the *Changes* view and sees that its own diff, and no other, shows `added`. */
export async function seeDiff(workbench: Workbench, file: string, added: string): Promise<void> {
  await workbench.treeItem(file).click();
  await workbench.page
    .locator('.tab.active')
    .filter({ hasText: `${file} (proposed)` })
    .waitFor();
  await workbench.page.locator('.multiDiffEditor').waitFor({ state: 'hidden' });
  const proposal = workbench.page.locator('.monaco-diff-editor .editor.modified .view-lines');
  await proposal.filter({ hasText: added }).first().waitFor();
}

/** Index, HEAD, stash and everything git sees of the user's tree. */
export const untouched = (folder: string): unknown => ({
  head: fixtureGit(folder, 'rev-parse', 'HEAD'),
  index: fixtureGit(folder, 'ls-files', '--stage'),
  status: fixtureGit(folder, 'status', '--porcelain', '--untracked-files=all'),
  stash: fixtureGit(folder, 'stash', 'list'),
  refs: fixtureGit(folder, 'for-each-ref'),
});

/** The sample's own tests in the user's tree; returns the exit code. */
export function runTests(folder: string): number {
  try {
    execFileSync('npm', ['test'], { cwd: folder, stdio: 'pipe' });
    return 0;
  } catch (thrown) {
    return (thrown as { status: number }).status;
  }
}

/** The processes of sidecars that belong to a workbench. */
export const sidecars = (workbench: Workbench) =>
  workbench.server.processes().filter(({ command }) => command.includes('sidecar.cjs'));

/** Tries for 20 seconds. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await check();
    } catch (thrown) {
      if (tries >= 40) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
