import type { Locator } from 'playwright-core';
import type { Workbench } from '../vscode/harness';

/** The first row of the view *Runs*, whatever it says: the newest run. The side bar must show it. */
export const runRow = ({ page }: Workbench): Locator =>
  page
    .locator('.pane')
    .filter({ has: page.locator('.pane-header', { hasText: /^Runs/ }) })
    .locator('[role="treeitem"]')
    .first();
