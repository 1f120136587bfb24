/** Reviewing hunk by hunk in a real VS Code, by keyboard alone: bytes, focus and tabs are looked at. */
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openWorkbench, repository, type Workbench } from '../vscode/harness';
import { formatted, hunkFiles, makeHunkProject, original, withHunks, type HunkFile } from './hunkProject';
import { complete, eventually, sidecars } from './mainJob';

const formatter = 'symphony-test.formatter';

describe('hunks in the workbench', function () {
  this.timeout(300_000);

  for (const file of hunkFiles)
    it(`are kept, undone, typed between, formatted and finished, byte for byte: ${file.path}`, () =>
      inHunkProject(async (workbench, folder) => {
        const holds = (text: string) =>
          assert.equal(bytes(folder, file), file.encode(text).toString('latin1'));
        await openDiff(workbench, file);
        const tabs = await tabsOf(workbench);

        await key(workbench, 'Alt+p');
        await key(workbench, 'Alt+Enter');
        await eventually(() => holds(withHunks(original, 1)));
        await key(workbench, 'Alt+Enter');
        await eventually(() => holds(withHunks(original, 1, 2)));
        await workbench.statusItem('2 of').waitFor();
        // The last decision is taken back; the one before stays.
        await chord(workbench, 'z');
        await eventually(() => holds(withHunks(original, 1)));
        assert.deepEqual(await tabsOf(workbench), tabs, 'no tab came or went');
        assert.ok(await focusIsInDiff(workbench), 'the focus is where it was');
        await workbench.screenshot(`hunks-${path.basename(file.path)}-dark`);

        // Typing between hunks, in the file itself, and saving it with a formatter.
        await openFile(workbench, folder, file);
        await goToLine(workbench, 7);
        await workbench.page.keyboard.type('const mine = "me";');
        await workbench.page.keyboard.press('Enter');
        await workbench.page.keyboard.press('Control+S');
        const mine = (text: string) =>
          text.replace('const value4 = 4;\n', 'const value4 = 4;\nconst mine = "me";\n');
        await eventually(() => holds(formatted(mine(withHunks(original, 1)))));

        // The window and the sidecar go; what was decided stays.
        for (const { pid } of sidecars(workbench)) process.kill(pid, 'SIGKILL');
        await workbench.reload();
        await workbench.settled();
        await openDiff(workbench, file);
        await workbench.statusItem('1 of').waitFor();
        await goToLine(workbench, 14);
        await key(workbench, 'Alt+Enter');
        await eventually(() => holds(withHunks(formatted(mine(withHunks(original, 1))), 2)));
        await key(workbench, 'Alt+Backspace');
        await workbench.statusItem('3 of').waitFor();
        holds(withHunks(formatted(mine(withHunks(original, 1))), 2));

        // Saving now lets the formatter change what was kept, which is said.
        await openFile(workbench, folder, file);
        await goToLine(workbench, 20);
        await workbench.page.keyboard.type(' ');
        await workbench.page.keyboard.press('Control+S');
        await workbench.message('was saved with a change to what you kept').waitFor();
        await workbench.press('Tell the Agent');
      }));

  it('live in the files themselves until they are decided, in the editor’s own view of changes', () =>
    inHunkProject(async (workbench, folder) => {
      const [file] = hunkFiles;
      const holds = (text: string) =>
        assert.equal(bytes(folder, file!), file!.encode(text).toString('latin1'));
      await openDiff(workbench, file!);
      await chord(workbench, 'i');
      await eventually(() => holds(withHunks(original, 1, 2, 3)));
      await openFile(workbench, folder, file!);
      await workbench.page.locator('.view-lines').filter({ hasText: 'twelve' }).first().waitFor();
      await goToLine(workbench, 10);
      await key(workbench, 'Alt+n');
      const peek = workbench.page.locator('.peekview-widget');
      await peek.waitFor();
      await workbench.screenshot('hunks-in-place-dark');
      await peek.locator('.action-label[aria-label^="Undo"]').first().click();
      await eventually(() => holds(withHunks(original, 1, 3)));
      await workbench.statusItem('1 of').waitFor();
      // A new file is taken out whole, and put back whole.
      assert.ok(existsSync(path.join(folder, 'src/new.js')));
      await workbench.palette('Symphony: Take the Proposal out of the Files');
      await eventually(() => holds(original));
      assert.ok(!existsSync(path.join(folder, 'src/new.js')), 'what was made is gone');
    }));

  // Pitfall 3, complaint 1: what a person wrote in the same place is asked about and never overwritten.
  it('that overlap with a person’s lines are merged by hand', () =>
    inHunkProject(async (workbench, folder) => {
      const [file] = hunkFiles;
      const mine = original.replace('const value12 = 12;', 'const value12 = 1200;');
      writeFileSync(path.join(folder, file!.path), file!.encode(mine));
      await openDiff(workbench, file!);
      await goToLine(workbench, 14);
      await key(workbench, 'Alt+Enter');
      await workbench.message('overlap').waitFor();
      assert.equal(bytes(folder, file!), file!.encode(mine).toString('latin1'));
      await workbench.press('Open Merge Editor');
      await workbench.page
        .locator('.merge-editor .view-lines')
        .filter({ hasText: 'twelve' })
        .first()
        .waitFor();
      await workbench.screenshot('hunks-merge-dark');
    }));

  for (const theme of ['light', 'contrast'] as const)
    it(`are to be seen in the ${theme} theme`, () =>
      inHunkProject(
        async (workbench) => {
          await openDiff(workbench, hunkFiles[0]!);
          await key(workbench, 'Alt+n');
          await key(workbench, 'Alt+Enter');
          await workbench.statusItem('1 of').waitFor();
          await workbench.screenshot(`hunks-${theme}`);
        },
        { theme },
      ));
});

/** The project, open, with its agent's proposals ready. */
async function inHunkProject(
  work: (workbench: Workbench, folder: string) => Promise<void>,
  options: { theme?: 'light' | 'contrast' } = {},
): Promise<void> {
  const { folder, script, formatter: extension } = makeHunkProject();
  try {
    const workbench = await openWorkbench({
      ...options,
      folder,
      extensionDevelopmentPath: repository,
      beside: [extension],
      settings: {
        'symphony.model': 'scripted/sample',
        'editor.formatOnSave': true,
        'editor.defaultFormatter': formatter,
        '[javascript]': { 'editor.defaultFormatter': formatter },
        'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
        'editor.autoClosingQuotes': 'never',
        'editor.minimap.enabled': false,
      },
      env: { SYMPHONY_SCRIPT: script },
    });
    try {
      await propose(workbench, folder);
      await work(workbench, folder);
    } catch (thrown) {
      await workbench.screenshot(`failure-${path.basename(path.dirname(folder))}`);
      throw thrown;
    } finally {
      await workbench.close();
    }
  } finally {
    rmSync(path.dirname(folder), { recursive: true, force: true });
  }
}

async function propose(workbench: Workbench, folder: string): Promise<void> {
  await workbench.sideBar('Symphony');
  // They stay open: a review must not close what a person looks at.
  for (const file of [...hunkFiles].reverse()) await openFile(workbench, folder, file);
  await workbench.palette('Symphony: Ask Agent to Change Selection/File…');
  await workbench.page.locator('.quick-input-title').filter({ hasText: 'Change src/plain.js' }).waitFor();
  await workbench.enter('Write all values anew.');
  await complete(workbench);
  await workbench.clearNotifications();
}

/** One character per byte. */
const bytes = (folder: string, { path: file }: HunkFile): string =>
  readFileSync(path.join(folder, file), 'latin1');

async function openDiff(workbench: Workbench, { path: file }: HunkFile): Promise<void> {
  await workbench.palette('Symphony: Focus on Changes View');
  await workbench.treeItem(path.basename(file)).click();
  const proposal = workbench.page.locator('.monaco-diff-editor .editor.modified .view-lines');
  await proposal.filter({ hasText: 'value12' }).first().waitFor();
  await workbench.palette('View: Focus Active Editor Group');
  await goToLine(workbench, 4);
}

/** By its tab, or by its whole path: the list of files also remembers the sides of diffs by their names. */
async function openFile(workbench: Workbench, folder: string, { path: file }: HunkFile): Promise<void> {
  const { page } = workbench;
  const name = path.basename(file);
  const input = page.locator('.quick-input-widget .quick-input-box input');
  const tab = page.locator('.tab.active').filter({ hasText: name }).filter({ hasNotText: 'proposed' });
  const open = page
    .locator('.tabs-container .tab')
    .filter({ hasText: name })
    .filter({ hasNotText: 'proposed' });
  if ((await open.count()) > 0) await open.first().click();
  for (let tries = 0; (await open.count()) === 0; tries++) {
    await page.keyboard.press('Control+P');
    try {
      await input.waitFor({ timeout: 3_000 });
      await input.fill(path.join(folder, file));
      const row = page.locator(`.quick-input-list .monaco-list-row[aria-label^="${name}"]`);
      await row.first().waitFor({ timeout: 5_000 });
      await page.keyboard.press('Enter');
      await tab.waitFor({ timeout: 5_000 });
      break;
    } catch (thrown) {
      if (tries >= 3) throw thrown;
      await page.keyboard.press('Escape');
    }
  }
  await page.locator('.editor-instance .monaco-editor.focused').waitFor();
}

async function goToLine({ page }: Workbench, line: number): Promise<void> {
  await page.keyboard.press('Control+G');
  const input = page.locator('.quick-input-widget .quick-input-box input');
  await input.waitFor();
  await input.fill(`:${line}`);
  await page.keyboard.press('Enter');
  await input.waitFor({ state: 'hidden' });
}

async function key({ page }: Workbench, pressed: string): Promise<void> {
  await page.keyboard.press(pressed);
  await page.waitForTimeout(300);
}

/** A key of the review’s own family: Alt+M and a letter. */
async function chord(workbench: Workbench, letter: string): Promise<void> {
  await key(workbench, 'Alt+m');
  await key(workbench, letter);
}

const tabsOf = ({ page }: Workbench): Promise<string[]> =>
  page.locator('.tabs-container .tab').allTextContents();

const focusIsInDiff = ({ page }: Workbench): Promise<boolean> =>
  page
    .locator(
      '.monaco-diff-editor .editor.modified .monaco-editor.focused, .monaco-diff-editor .editor.modified.focused',
    )
    .first()
    .isVisible();
