import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { openBrowser, pageAddress } from './browser';
import { repository, startServer, type Server, type ServerOptions } from './server';

export interface WorkbenchOptions extends ServerOptions {
  readonly folder?: string;
  readonly extensionDevelopmentPath?: string;
  readonly theme?: 'light' | 'dark' | 'contrast';
  readonly size?: { readonly width: number; readonly height: number };
}

const themes = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  contrast: 'Default High Contrast',
} as const;

/** Opens VS Code in a headless browser; `close()` it, whatever happens. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const server = await startServer({
    ...options,
    settings: { 'workbench.colorTheme': themes[options.theme ?? 'dark'], ...options.settings },
  });
  let browser: Browser | undefined;
  try {
    browser = await openBrowser();
    const workbench = new Workbench(server, browser, options);
    await workbench.openWindow();
    return workbench;
  } catch (thrown) {
    await browser?.close();
    await server.stop();
    throw thrown;
  }
}

/** Drives the workbench as a person does: by what is on the screen. */
export class Workbench {
  #page!: Page;

  constructor(
    readonly server: Server,
    private readonly browser: Browser,
    private readonly options: WorkbenchOptions,
  ) {}

  /** The newest window. */
  get page(): Page {
    return this.#page;
  }

  /** Opens a window (another one, if there is one already) and waits until its workbench stands. */
  async openWindow(): Promise<Page> {
    const context = this.browser.contexts()[0] ?? (await this.browser.newContext({ viewport: this.#size() }));
    this.#page = await context.newPage();
    await this.#page.goto(pageAddress({ ...this.options, port: this.server.port }));
    await this.#ready();
    return this.#page;
  }

  /** Reloads the window; extension hosts of the old page go, the sidecar stays. */
  async reload(): Promise<void> {
    await this.#page.reload();
    await this.#ready();
  }

  /** Waits until no extension is being activated and no view is loading (at most 30 s). */
  async settled(): Promise<void> {
    await this.#page.waitForTimeout(200);
    await this.#page.waitForFunction(
      () =>
        !document.querySelector('.monaco-progress-container.active') &&
        !document.querySelector('.statusbar')?.textContent?.includes('Activating Extensions'),
      undefined,
      { timeout: 30_000 },
    );
  }

  /** Runs a command by its title from the command palette. */
  async palette(title: string): Promise<void> {
    const input = this.#page.locator('.quick-input-widget .quick-input-box input');
    for (let tries = 0; ; tries++) {
      await this.#page.keyboard.press('F1');
      try {
        await input.waitFor({ timeout: 2_000 });
        await input.fill(`>${title}`);
        await this.#quickPick(title).first().waitFor({ timeout: 5_000 });
        break;
      } catch (thrown) {
        if (tries >= 4) throw thrown;
        // The extension may not be there yet, or a notification took the key.
        await this.#page.keyboard.press('Escape');
      }
    }
    await this.#quickPick(title).first().click();
  }

  /** Chooses the entry of a quick pick whose text contains this. */
  async choose(text: string): Promise<void> {
    await this.#quickPick(text).first().click({ timeout: 15_000 });
  }

  /** Types into a quick input and accepts it. */
  async enter(text: string): Promise<void> {
    const input = this.#page.locator('.quick-input-widget .quick-input-box input');
    await input.waitFor({ timeout: 15_000 });
    await input.fill(text);
    await this.#page.keyboard.press('Enter');
  }

  /** Accepts a quick input as it stands (several checked entries: its OK button). */
  async confirm(): Promise<void> {
    const button = this.#page.locator('.quick-input-widget .quick-input-action .monaco-button');
    if (await button.first().isVisible()) await button.first().click();
    else await this.#page.keyboard.press('Enter');
  }

  /** Presses a button of a notification or of a modal dialog. */
  async press(button: string): Promise<void> {
    await this.#page
      .locator('.notification-list-item .monaco-button, .monaco-dialog-box .monaco-button')
      .filter({ hasText: button })
      .first()
      .click({ timeout: 15_000 });
  }

  /** A notification or modal dialog whose text contains this. */
  message(text: string): Locator {
    return this.#page
      .locator('.notification-list-item, .monaco-dialog-box')
      .filter({ hasText: text })
      .first();
  }

  /** Closes every notification. */
  async clearNotifications(): Promise<void> {
    await this.palette('Notifications: Clear All Notifications');
  }

  /** Shows a container of the activity bar by its title. */
  async sideBar(title: string): Promise<void> {
    const tab = this.#page.locator('.activitybar [role="tab"]', {
      has: this.#page.locator(`a[aria-label^="${title}"]`),
    });
    if ((await tab.first().getAttribute('aria-expanded', { timeout: 15_000 })) !== 'true')
      await tab.first().click();
  }

  /** A row of a tree of the side bar or panel by what its label contains. */
  treeItem(text: string): Locator {
    return this.#page
      .locator('.pane-body [role="treeitem"], .tree-explorer-viewlet-tree-view [role="treeitem"]')
      .filter({ hasText: text })
      .first();
  }

  /** Presses an inline action of a tree row, for example “Accept”. */
  async rowAction(row: string, action: string): Promise<void> {
    const item = this.treeItem(row);
    await item.hover();
    await item
      .locator(`.action-label[aria-label*="${action}"], .action-label[title*="${action}"]`)
      .first()
      .click();
  }

  /** Presses an action of a view's title bar. */
  async viewAction(view: string, action: string): Promise<void> {
    const header = this.#page.locator('.pane-header').filter({ hasText: view }).first();
    await header.hover();
    await header.locator(`.action-label[aria-label*="${action}"]`).first().click();
  }

  /** An editor tab by its title. */
  tab(title: string): Locator {
    return this.#page.locator('.tabs-container .tab').filter({ hasText: title }).first();
  }

  /** An entry of the status bar by what it says. */
  statusItem(text: string): Locator {
    return this.#page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  /** The inner document of the webview that holds `selector`; waits for it. */
  async webview(selector: string, timeoutMs = 20_000): Promise<Frame> {
    for (const end = Date.now() + timeoutMs; Date.now() < end;) {
      for (const frame of this.#page.frames()) {
        if (!frame.parentFrame()?.url().includes('webview/browser/pre/')) continue;
        const there = await frame
          .locator(selector)
          .count()
          .catch(() => 0);
        if (there > 0) return frame;
      }
      await this.#page.waitForTimeout(100);
    }
    throw new Error(
      `No webview shows ${selector}. Frames: ${this.#page
        .frames()
        .map((f) => f.url())
        .join(', ')}`,
    );
  }

  /** Saves what is to be seen under out/screenshots/ and returns the file. */
  async screenshot(name: string): Promise<string> {
    const file = path.join(repository, 'out/screenshots', `${name}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    await this.#page.screenshot({ path: file });
    return file;
  }

  /** Kills the extension hosts as a crash would; reload the window to get a new one. */
  killExtensionHosts(): number {
    const hosts = this.server.extensionHosts();
    for (const pid of hosts) process.kill(pid, 'SIGKILL');
    return hosts.length;
  }

  /** Closes all windows and ends everything that belongs to them. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  #size() {
    return this.options.size ?? { width: 1280, height: 800 };
  }

  async #ready(): Promise<void> {
    await this.#page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    // The remote indicator appears when the extension host answers.
    await this.#page.locator('.statusbar .statusbar-item').first().waitFor({ timeout: 60_000 });
  }

  #quickPick(text: string): Locator {
    return this.#page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
  }
}
