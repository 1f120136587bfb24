/**
 * The editor's own models (`vscode.lm`), brought by an extension beside Symphony through the stable API: the
 * main job works with one, its refusals become problems with a way out, and a run whose editor has gone goes
 * on by retry when a window is back.
 */
import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fixtureScript, makeFixtureRepository } from '../fixtures/make';
import { openWorkbench, repository, type Workbench } from '../vscode/harness';
import { WireClient } from './headless/client';
import { askedAgain, startOutsideModel, turnsOf, type OutsideModel } from './outsideModel';
import { runRow } from './runRow';

const provider = path.join(repository, 'test/fixtures/modelProvider');

describe('models of the editor', function () {
  this.timeout(240_000);
  let root: string;

  beforeEach(() => void (root = makeFixtureRepository('shop', { install: true })));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('work on a phase to its end, and are listed', () =>
    withEditorModel(root, 'rehearsed', async ({ workbench, open, outside }) => {
      await execute(workbench);
      const client = await open();
      const run = await begun(client);
      assert.equal(await client.until(run, ['completed', 'failed', 'waiting']), 'completed');
      assert.equal(new Set(turnsOf(outside)).size, outside.asked.length, 'every answer is asked for once');
      assert.ok(outside.asked.length > 10);
      const { providers } = await client.ask('modelsList', {});
      const editor = providers.find(({ name }) => name === 'editor');
      assert.equal(editor?.state, 'ready');
      assert.ok(editor.models.includes('rehearsed'), JSON.stringify(editor));
      const { summary } = await client.ask('runShow', { run });
      assert.ok(summary.usage.inputTokens > 0, 'tokens are counted by the model’s own tokenizer');
      await workbench.message('is complete.').waitFor();
    }));

  for (const [model, code] of [
    ['needs-consent', 'model.noConsent'],
    ['over-quota', 'model.rateLimited'],
    ['broken', 'model.serverError'],
    ['never-heard-of', 'model.unknown'],
  ] as const)
    it(`that fail (${model}) end the run with ${code} and a Retry`, () =>
      withEditorModel(root, model, async ({ workbench, open, outside }) => {
        await execute(workbench);
        const client = await open();
        const run = await begun(client);
        assert.equal(await client.until(run, ['completed', 'failed', 'waiting']), 'failed');
        const { summary } = await client.ask('runShow', { run });
        assert.equal(summary.problem?.code, code, JSON.stringify(summary.problem));
        assert.deepEqual(outside.asked, []);
        await workbench.message('failed.').getByRole('button', { name: 'Retry' }).waitFor();
      }));

  it('gone with the last window stop the run, which goes on by retry in the next one', () =>
    withEditorModel(root, 'rehearsed', async ({ workbench, open, outside }) => {
      await execute(workbench);
      const client = await open();
      const run = await begun(client);
      while (outside.asked.length < 4) await pause(20);
      await workbench.page.goto('about:blank');
      assert.equal(await client.until(run, ['completed', 'failed', 'waiting']), 'failed');
      const { summary } = await client.ask('runShow', { run });
      assert.equal(summary.problem?.code, 'model.editorGone');
      const { providers } = await client.ask('modelsList', {});
      assert.equal(providers.find(({ name }) => name === 'editor')?.state, 'needsEditor');

      await workbench.openWindow();
      await workbench.sideBar('Symphony');
      await runRow(workbench).hover();
      await runRow(workbench).locator('.action-label[aria-label*="Retry"]').click();
      assert.equal(await client.until(run, ['completed', 'waiting']), 'completed');
      assert.deepEqual(askedAgain(outside, client.events), [], 'no recorded answer is asked for again');
    }));
});

interface Stage {
  readonly workbench: Workbench;
  readonly outside: OutsideModel;
  /** Attaches beside the window. */
  open(): Promise<WireClient>;
}

/** A window of the sample beside the extension that brings models, with `editor/<model>` chosen. */
async function withEditorModel(root: string, model: string, work: (stage: Stage) => Promise<void>) {
  const outside = await startOutsideModel(fixtureScript('shop'));
  const workbench = await openWorkbench({
    folder: root,
    extensionDevelopmentPath: repository,
    beside: [provider],
    settings: { 'symphony.model': `editor/${model}` },
    env: { REHEARSAL_URL: outside.baseUrl },
  });
  const opened: WireClient[] = [];
  const open = async () => {
    const settings = { root, state: workbench.server.home, model: `editor/${model}` };
    opened.push(await WireClient.open(settings));
    return opened.at(-1)!;
  };
  try {
    await work({ workbench, outside, open });
  } catch (thrown) {
    await workbench.screenshot(`failure-${model}`).catch(() => undefined);
    throw thrown;
  } finally {
    for (const client of opened) client.close();
    await workbench.close();
    await outside.close();
  }
}

async function execute(workbench: Workbench): Promise<void> {
  await workbench.palette('Symphony: Execute Phase…');
  await workbench.choose('A cart that adds up');
  await workbench.message('node --test test/cart.test.js').waitFor();
  await workbench.press('Approve and Execute');
}

async function begun(client: WireClient): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const { runs } = await client.ask('runList', {});
    if (runs[0]) return runs[0].run;
    await pause(50);
  }
  throw new Error('no run began');
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
