import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { FakeReviewHost } from './fakeReviewHost';
import { buildPage, launch, open, type BuiltPage, type PreviewOptions } from './preview.html';

declare const window: { fakeHost: FakeReviewHost; axe: { run(): Promise<{ violations: unknown[] }> } };

const axeSource = readFileSync(path.resolve(__dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8');

describe('review page', function () {
  this.timeout(60_000);
  let browser: Browser;
  let built: BuiltPage;
  let page: Page;

  before(async () => {
    built = await buildPage('review');
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    const violations = await page.evaluate(() => window.fakeHost.violations);
    await page.context().close();
    assert.deepEqual(violations, [], 'the content security policy is kept');
  });

  const start = async (options: PreviewOptions = {}): Promise<void> => {
    page = await open(browser, built, { reducedMotion: true, ...options });
    page.on('pageerror', (error) => assert.fail(error));
    await page.locator('.row, .message h1').first().waitFor();
  };
  const decided = (): Promise<unknown[]> =>
    page.evaluate(() =>
      window.fakeHost.asked.filter(({ method }) => method === 'ui/decide').map(({ params }) => params),
    );
  const row = (text: string) => page.locator('.row', { hasText: text });
  const selected = () => page.locator('.row.is-selected');
  const check = async (text: string): Promise<void> => {
    await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), text, { timeout: 5000 });
  };

  it('is worked through by keyboard alone: keep, drop, undo, mark, open', async () => {
    await start();
    await page.locator('.list').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('y');
    await check('3 of 7 decided');
    assert.match((await selected().textContent())!, /return round/, 'the next undecided one is selected');
    await page.keyboard.press('n');
    await check('4 of 7 decided');
    await page.keyboard.press('u');
    await check('3 of 7 decided');
    await page.keyboard.press('m');
    await page.waitForFunction(() => window.fakeHost.asked.some(({ method }) => method === 'review/mark'));
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => window.fakeHost.asked.some(({ method }) => method === 'ui/open'));
    assert.deepEqual(await decided(), [
      { decision: 'keep', units: [{ path: 'src/cart/total.ts', unit: 'u1' }] },
      { decision: 'drop', units: [{ path: 'src/cart/total.ts', unit: 'u3' }] },
    ]);
  });

  it('decides on what is shown of a file at once', async () => {
    await start();
    await page.getByLabel('Show', { exact: true }).selectOption('undecided');
    await row('src/cart/total.ts').click();
    await page.getByRole('button', { name: 'Keep 2 in This File' }).click();
    await check('4 of 7 decided');
    const [first] = (await decided()) as { units: unknown[] }[];
    assert.equal(first!.units.length, 2);
  });

  it('filters by risk, failing verification, task and path', async () => {
    await start();
    const rows = async (): Promise<number> => page.locator('.row-unit').count();
    assert.equal(await rows(), 7);
    for (const [show, count] of [
      ['risky', 2],
      ['failing', 2],
      ['unreviewed', 5],
      ['all', 7],
    ] as const) {
      await page.getByLabel('Show', { exact: true }).selectOption(show);
      assert.equal(await rows(), count, show);
    }
    await page.getByLabel('Task').selectOption('01-01');
    assert.equal(await rows(), 5);
    await page.keyboard.press('Escape');
    await page.locator('.list').focus();
    await page.keyboard.press('/');
    await page.keyboard.type('nowhere');
    await page.getByRole('button', { name: 'Show All' }).click();
    assert.equal(await rows(), 7);
  });

  it('shows a hunk with its lines, whose it is and what speaks for it', async () => {
    await start();
    await row('return round').click();
    const detail = page.locator('.detail');
    await detail.locator('.line-added').waitFor();
    const text = (await detail.innerText()).replaceAll('\u00a0', ' ');
    for (const part of [
      '01-01 · Totals in whole cents',
      'Round once',
      'CART-02',
      'Turn 3',
      'node --test passed',
      '$0.06',
    ])
      assert.ok(text.includes(part), part);
    assert.match(await detail.locator('.line-removed').innerText(), /return sum\(items\);/);
    assert.match(await detail.locator('.line-added').innerText(), /return round\(sum\(items\)\);/);
  });

  it('keeps filter and selection over a reload, and says where there is nothing or an error', async () => {
    await start();
    await page.getByLabel('Show', { exact: true }).selectOption('risky');
    await row('workflows').first().click();
    await page.waitForTimeout(100);
    await page.reload();
    await page.locator('.row').first().waitFor();
    assert.equal(await page.locator('.row-unit').count(), 2);
    await page.context().close();
    await start({ scenario: 'none' });
    await check('Nothing to review');
    await page.context().close();
    await start({ scenario: 'error' });
    await check('review.db is damaged.');
  });

  it('draws what is in view of twenty thousand changes, and moves through them', async () => {
    await start({ scenario: 'many' });
    await page.locator('.list').focus();
    await page.keyboard.press('End');
    await check('part-999');
    assert.ok((await page.locator('.row').count()) < 80);
    await check('2 of 20007 decided');
  });

  for (const theme of ['dark', 'light', 'contrast'] as const)
    it(`has nothing axe objects to in ${theme}`, async () => {
      await start({ theme });
      await row('return round').click();
      await page.locator('.line-added').waitFor();
      await page.keyboard.press('?');
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations, []);
    });
});
