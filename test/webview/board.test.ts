import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { FakeHost } from './fakeHost';
import { buildPage, launch, open, type BuiltPage, type PreviewOptions } from './preview.html';
import { sampleBoard } from './sampleRun';

declare const window: { fakeHost: FakeHost; axe: { run(): Promise<{ violations: unknown[] }> } };

const axeSource = readFileSync(path.resolve(__dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8');

describe('board page', function () {
  this.timeout(60_000);
  let browser: Browser;
  let built: BuiltPage;
  let page: Page;

  before(async () => {
    built = await buildPage();
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
    await page.locator('h1, .message').first().waitFor();
  };
  const asked = (method: string): Promise<FakeHost['asked'][number]['params'][]> =>
    page.evaluate(
      (wanted) => window.fakeHost.asked.filter((each) => each.method === wanted).map(({ params }) => params),
      method,
    );
  const card = (id: string) => page.locator(`[data-node="${id}"]`);
  const focused = (): Promise<string | undefined> =>
    page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset['node']);
  const press = async (key: string, expected: string): Promise<void> => {
    await page.keyboard.press(key);
    await page.locator(`[data-node="${expected}"]:focus`).waitFor({ timeout: 2_000 });
  };
  const node = (id: string) => sampleBoard().nodes.find((each) => each.id === id)!;
  const patch = (state: 'completed' | 'failed', id: string): Promise<void> =>
    page.evaluate((changed) => window.fakeHost.patch([{ op: 'node', node: changed }]), {
      ...node(id),
      state,
    });

  it('can be walked by keyboard: arrows along edges, Enter opens, Escape gives the focus back', async () => {
    await start({ scenario: 'calm' });
    await card('agent:02-01').focus();
    assert.equal(await page.locator('.card[tabindex="0"]').count(), 1);
    await press('ArrowRight', 'verify:02-01');
    await press('ArrowDown', 'verify:02-02');
    await press('ArrowLeft', 'agent:02-02');
    await press('End', 'offer');
    await press('Home', 'agent:02-01');
    await page.keyboard.press('Enter');
    await page.locator('.details:focus').waitFor();
    assert.match(
      (await page.locator('.details').textContent()) ?? '',
      /quantity\.ts.*\+48.*Passed.*\$0\.19/s,
    );
    await page.keyboard.press('Escape');
    await page.locator('.details').waitFor({ state: 'detached' });
    await page.locator('[data-node="agent:02-01"]:focus').waitFor();
    const zoom = page.locator('.zoom-value');
    const before = await zoom.textContent();
    await page.keyboard.press('+');
    assert.notEqual(await zoom.textContent(), before);
    await page.keyboard.press('0');
    assert.equal(await focused(), 'agent:02-01');
  });

  it('applies patches and says what changed', async () => {
    await start({ scenario: 'calm' });
    await patch('failed', 'agent:02-02');
    await page.locator('[data-node="agent:02-02"].is-failed').waitFor();
    await page.waitForFunction(() =>
      /02-02.*Failed/.test(document.querySelector('[role=status]')?.textContent ?? ''),
    );
    assert.equal((await asked('board/snapshot')).length, 1);
  });

  it('asks for a snapshot again when a patch is missing, and merges nothing', async () => {
    await start({ scenario: 'calm' });
    await page.evaluate(
      (changed) => {
        window.fakeHost.board!.revision += 5;
        window.fakeHost.board!.nodes = window.fakeHost.board!.nodes.map((each) =>
          each.id === changed.id ? changed : each,
        );
        window.fakeHost.push('board/patch', {
          run: 'sample',
          from: 44,
          to: 45,
          ops: [{ op: 'state', state: 'cancelled' }],
        });
      },
      { ...node('agent:02-02'), state: 'completed' as const },
    );
    await page.locator('[data-node="agent:02-02"].is-completed').waitFor();
    assert.equal((await asked('board/snapshot')).length, 2);
    assert.match((await page.locator('.run-facts').textContent()) ?? '', /Waiting for you/);
  });

  it('comes back after a reload as it was left', async () => {
    await start({ scenario: 'calm' });
    await card('agent:02-01').click();
    await page.locator('.details').waitFor();
    await page.keyboard.press('Escape');
    await card('agent:02-03').click();
    await page.getByRole('button', { name: 'Zoom In' }).click();
    await page.waitForTimeout(500);
    const saved = await page.evaluate(() => window.fakeHost.saved());
    const place = await card('agent:02-03').boundingBox();
    await page.reload();
    await page.locator('.details').waitFor();
    await page.waitForTimeout(500);
    assert.deepEqual(await page.evaluate(() => window.fakeHost.saved()), saved);
    assert.deepEqual(await card('agent:02-03').boundingBox(), place);
    assert.equal((saved as { selected: string }).selected, 'agent:02-03');
  });

  it('sends what its buttons say', async () => {
    await start({ scenario: 'calm' });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    await button('Pause').click();
    await button('Cancel Run').click();
    await card('agent:02-01').click();
    await button('Open Plan').click();
    await button('Open Changes').click();
    assert.deepEqual(await asked('run/command'), [
      { run: 'sample', command: 'pause' },
      { run: 'sample', command: 'cancel' },
    ]);
    assert.deepEqual(await asked('ui/openPlan'), [{ run: 'sample', plan: '02-01' }]);
    assert.deepEqual(await asked('ui/openReview'), [{ run: 'sample', plan: '02-01' }]);
    await page.evaluate(() => window.fakeHost.patch([{ op: 'state', state: 'paused' }]));
    await button('Resume').click();
    await page.evaluate(() => window.fakeHost.patch([{ op: 'state', state: 'failed' }]));
    await button('Retry Failed Steps').click();
    await page.evaluate(() => window.fakeHost.patch([{ op: 'state', state: 'completed' }]));
    await button('Review Changes').click();
    assert.deepEqual(
      (await asked('run/command')).slice(2).map(({ command }) => command),
      ['resume', 'retry'],
    );
    assert.deepEqual((await asked('ui/openReview'))[1], { run: 'sample' });
  });

  it('shows a refused request with what to do, until dismissed', async () => {
    await start({ scenario: 'calm' });
    await page.evaluate(() =>
      window.fakeHost.problems.set('run/command', {
        code: 'run.wrongState',
        args: {},
        message: 'The run is completed; it cannot be paused.',
        fix: 'Look at the run’s state first.',
      }),
    );
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText('it cannot be paused').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    assert.equal(await page.locator('.banner').count(), 0);
  });

  it('shows a command in full, and takes an approval only after a moment', async () => {
    await start({ scenario: 'sample' });
    const approve = page.locator('vscode-button', { hasText: 'Allow' });
    await approve.waitFor();
    await approve.dispatchEvent('click');
    assert.deepEqual(await asked('run/answer'), [], 'too early');
    assert.match(
      (await page.locator('.command').textContent()) ?? '',
      /⟨U\+202E⟩gnp\.txt" && rm -rf build⟨U\+200B⟩/,
    );
    await page.waitForTimeout(600);
    await approve.click();
    assert.deepEqual(await asked('run/answer'), [{ run: 'sample', question: 'question-1', answer: 'allow' }]);
    await page.locator('.questions').waitFor({ state: 'detached' });
  });

  it('learns of a question by its event and marks the step that asks', async () => {
    await start({ scenario: 'calm' });
    await page.evaluate(() => {
      const question = {
        id: 'q',
        kind: 'decision',
        problem: { code: 'merge.conflict', args: {} },
        facts: {},
        choices: ['integrated', 'plan', 'resolved', 'agent'],
      };
      window.fakeHost.questions = [question];
      const event = { type: 'QuestionAsked', node: 'merge:02-02', question };
      window.fakeHost.push('events', { events: [{ position: 1, run: 'sample', seq: 1, at: 0, event }] });
    });
    await page.getByText('Keep the Earlier Plans’ Side').waitFor();
    assert.equal(await card('merge:02-02').locator('.card-question').count(), 1);
    await page.getByText('Take This Plan’s Side').click();
    assert.deepEqual(await asked('run/answer'), [{ run: 'sample', question: 'q', answer: 'plan' }]);
  });

  it('keeps what it knew when the host falls silent, and refreshes by itself', async () => {
    await start({ scenario: 'calm' });
    await page.evaluate(() => {
      window.fakeHost.problems.set('board/snapshot', {
        code: 'sidecar.failed',
        args: {},
        message: 'The sidecar is gone.',
        fix: 'Wait.',
      });
      window.fakeHost.push('board/patch', { run: 'sample', from: 90, to: 91, ops: [] });
    });
    await page.getByText('The sidecar is gone.').waitFor();
    assert.ok((await page.locator('.card').count()) > 5);
    await page.evaluate(() => window.fakeHost.problems.clear());
    await page.getByText('The sidecar is gone.').waitFor({ state: 'detached', timeout: 5_000 });
  });

  for (const [scenario, text] of [
    ['noRun', 'No run to show'],
    ['empty', 'This run has no steps'],
    ['error', 'There is no run sample.'],
    ['gone', 'The sidecar did not start: exit 1'],
    ['noInit', 'Not connected to the sidecar.'],
  ] as const) {
    it(`says what to do: ${scenario}`, async () => {
      page = await open(browser, built, { scenario });
      await page.getByText(text).waitFor({ timeout: 8_000 });
    });
  }

  for (const theme of ['dark', 'light', 'contrast'] as const) {
    it(`has no accessibility problems in ${theme}`, async () => {
      await start({ theme, scenario: 'sample' });
      await card('agent:02-01').click();
      await page.getByText('quantity.ts').waitFor();
      await page.waitForTimeout(700);
      const check = async (): Promise<string[]> => {
        await page.evaluate(axeSource);
        const { violations } = await page.evaluate(() => window.axe.run());
        return (violations as { id: string; nodes: { html: string; failureSummary: string }[] }[]).flatMap(
          ({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
        );
      };
      assert.deepEqual(await check(), []);
      await page.getByRole('button', { name: 'List View' }).click();
      await page.locator('table').waitFor();
      assert.deepEqual(await check(), []);
    });
  }

  it('pans a run of 1,000 steps', async () => {
    await start({ scenario: 'large', reducedMotion: false });
    const pan = async (): Promise<{ median: number; worst: number; cards: number }> => {
      await page.mouse.move(640, 400);
      await page.evaluate(() => window.fakeHost.watchFrames());
      for (let step = 0; step < 60; step++) await page.mouse.wheel(40, step % 2 === 0 ? 12 : -12);
      return page.evaluate(() => {
        const sorted = window.fakeHost.frames.slice(2).sort((a, b) => a - b);
        const cards = document.querySelectorAll('.card').length;
        return { median: sorted[sorted.length >> 1]!, worst: sorted.at(-1)!, cards };
      });
    };
    const near = await pan();
    await page.getByRole('button', { name: 'Fit to Window' }).click();
    const far = await pan();
    assert.ok(near.cards > 5 && near.cards < 200, `only what is in view is drawn: ${near.cards}`);
    assert.equal(far.cards, 1, 'far away, cards are blocks, and one stays for the keyboard');
    if (process.env['SHOW_TIMES']) console.log('      ', { near, far });
  });
});
