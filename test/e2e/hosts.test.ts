/**
 * Windows come and go while the sidecar works: the extension host is killed with SIGKILL at seeded random
 * moments of the main job, one of two windows closes, all of them close. The run goes on, the model is asked
 * nothing twice, the window that comes back shows what a fresh client is told, and nothing is left behind.
 */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { fixtureScript, makeFixtureRepository } from '../fixtures/make';
import { openWorkbench, processesOf, repository, type Workbench } from '../vscode/harness';
import { copyOf, leftInHome, mulberry32, until, userState } from './headless/aftermath';
import { WireClient, type WireSettings } from './headless/client';
import { startOutsideModel, turnsOf, type OutsideModel } from './outsideModel';
import { runRow } from './runRow';

const kills = process.env['SYMPHONY_TIER'] === 'long' ? 5 : 1;
const seed = Number(process.env['SYMPHONY_SEED'] ?? 20261120);

/** How often VS Code in a browser writes down which editors are open. */
const flushMs = 5000;

/** What an undisturbed run made, what its model was asked, and how long it took. */
interface Undisturbed {
  readonly tree: string;
  readonly asked: readonly string[];
  readonly milliseconds: number;
}

describe('windows that come and go', function () {
  this.timeout(240_000);
  let pristine: string;
  let undisturbed: Undisturbed;
  const folders: string[] = [];

  before(async () => {
    pristine = makeFixtureRepository('shop', { install: true });
    folders.push(pristine);
    undisturbed = await runHeadless(copyOf(pristine, folders));
  });

  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  const random = mulberry32(seed);
  for (let round = 1; round <= kills; round++) {
    const moment = random();
    it(`survive kill -9 of the extension host at ${Math.round(moment * 100)} % of the job (seed ${seed}, round ${round})`, () =>
      withJob(copyOf(pristine, folders), async (job) => {
        const { workbench } = job;
        await pause(moment * undisturbed.milliseconds);
        assert.equal(workbench.killExtensionHosts(), 1);
        await workbench.reload();
        // VS Code in a browser writes down its open editors every five seconds. A board that is younger than
        // that at the reload is not restored and is opened as a person would; any other comes back by itself.
        if (moment * undisturbed.milliseconds < 1.5 * flushMs) {
          await workbench.sideBar('Symphony');
          await runRow(workbench).click();
        }
        await showsTheEnd(job);
        await isAsUndisturbed(job, undisturbed);
        await acceptAll(job);
      }));
  }

  it('lose nothing when one of two windows closes during the run', () =>
    withJob(copyOf(pristine, folders), async (job) => {
      const { workbench } = job;
      const first = workbench.page;
      await workbench.openWindow();
      await hosts(workbench, 2);
      await closeWindow(first);
      await hosts(workbench, 1);
      await workbench.sideBar('Symphony');
      await runRow(workbench).click();
      await showsTheEnd(job);
      await isAsUndisturbed(job, undisturbed);
    }));

  it('leave the sidecar to its work when all of them close; it ends after the run', () =>
    withJob(copyOf(pristine, folders), async (job) => {
      const { workbench, watcher, outside } = job;
      watcher.close();
      await closeWindow(workbench.page);
      await hosts(workbench, 0);
      assert.ok(sidecarLives(job), 'it works on without a window');
      assert.ok(outside.asked.length < undisturbed.asked.length, 'the run is still under way');
      await until(() => !sidecarLives(job), 120_000, 'the sidecar to end by itself');
      await nothingIsLeft(job);
      const later = await WireClient.open(job.settings);
      try {
        assert.equal(await later.until(job.run, ['completed', 'failed']), 'completed');
        await isAsUndisturbed({ ...job, watcher: later }, undisturbed);
        await later.ask('sidecarStop', {});
      } finally {
        later.close();
      }
    }));
});

interface Job {
  readonly workbench: Workbench;
  /** A client of the wire beside the window, attached since before the run began. */
  readonly watcher: WireClient;
  readonly settings: WireSettings;
  readonly run: string;
  readonly root: string;
  /** The user's files before the run, `.git` included. */
  readonly before: Record<string, string>;
  readonly outside: OutsideModel;
}

/**
 * Starts the main job from the palette of a new window, lets `disturb` do its worst, closes all windows and
 * proves that the sidecar then ends by itself and leaves nothing.
 */
async function withJob(root: string, disturb: (job: Job) => Promise<void>): Promise<void> {
  const outside = await startOutsideModel(fixtureScript('shop'));
  const before = userState(root);
  const workbench = await openWorkbench({
    folder: root,
    extensionDevelopmentPath: repository,
    settings: {
      'symphony.model': 'outside/scripted',
      'symphony.providers': [{ name: 'outside', baseUrl: outside.baseUrl }],
      // The editor's own git extension refreshes the index, which is to be compared byte by byte here.
      'git.enabled': false,
    },
    env: { SYMPHONY_IDLE_MS: '1500' },
  });
  try {
    const settings = settingsFor(root, workbench.server.home, outside);
    await workbench.palette('Symphony: Execute Phase…');
    await workbench.choose('A cart that adds up');
    await workbench.message('node --test test/cart.test.js').waitFor();
    const watcher = await WireClient.open(settings);
    try {
      await workbench.press('Approve and Execute');
      const job = { workbench, watcher, settings, run: await begun(watcher), root, before, outside };
      await disturb(job);
      watcher.close();
      for (const page of workbench.page.context().pages()) await closeWindow(page);
      await until(() => !sidecarLives(job), 20_000, 'the sidecar to end by itself');
      await nothingIsLeft(job);
    } finally {
      watcher.close();
    }
  } catch (thrown) {
    await workbench.screenshot(`failure-${path.basename(root)}`).catch(() => undefined);
    throw thrown;
  } finally {
    await workbench.close();
    await outside.close();
  }
}

/** The same job without any window, as the measure of all others. */
async function runHeadless(root: string): Promise<Undisturbed> {
  const outside = await startOutsideModel(fixtureScript('shop'));
  const state = mkdtempSync(path.join(os.tmpdir(), 'symphony-state-'));
  try {
    const client = await WireClient.open(settingsFor(root, state, outside));
    const began = performance.now();
    const run = await client.execute('1');
    assert.equal(await client.until(run, ['completed', 'failed', 'waiting']), 'completed');
    const milliseconds = performance.now() - began;
    const tree = treeOf(client);
    await client.ask('sidecarStop', {});
    client.close();
    await until(() => processesOf(state).length === 0, 10_000, 'the sidecar to stop');
    return { tree, asked: turnsOf(outside), milliseconds };
  } finally {
    await outside.close();
    rmSync(state, { recursive: true, force: true });
  }
}

const settingsFor = (root: string, state: string, outside: OutsideModel): WireSettings => ({
  root,
  state,
  model: 'outside/scripted',
  providers: [{ name: 'outside', baseUrl: outside.baseUrl }],
});

/** The run that was just started, once the sidecar knows of it. */
async function begun(watcher: WireClient): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const { runs } = await watcher.ask('runList', {});
    if (runs[0]) return runs[0].run;
    await pause(50);
  }
  throw new Error('no run began');
}

/** Waits for the end of the run and for the window to show it: every step on the board, and the list of runs. */
async function showsTheEnd({ workbench, watcher, run }: Job): Promise<void> {
  assert.equal(await watcher.until(run, ['completed', 'failed', 'waiting', 'cancelled']), 'completed');
  const told = await watcher.ask('boardSnapshot', { run });
  const expected = told.nodes.map(({ title, state }) => `${title}: ${state}`).sort();
  const board = await workbench.webview('.segmented');
  // The graph draws what is in sight; the list has every step.
  await board.getByRole('button', { name: 'List' }).click();
  const rows = board.locator('.list tbody tr');
  const shown = () =>
    rows.evaluateAll((all) =>
      all
        .map((row) => `${row.querySelector('th')?.textContent}: ${/is-(\w+)/.exec(row.className)?.[1]}`)
        .sort(),
    );
  for (let tries = 0; tries < 50 && (await shown()).join() !== expected.join(); tries++) await pause(200);
  assert.deepEqual(await shown(), expected);
  await workbench.sideBar('Symphony');
  await runRow(workbench)
    .filter({ hasText: /complete/i })
    .waitFor({ timeout: 15_000 });
}

/** The same tree, each answer asked for once, no event lost or doubled, the user's repository untouched. */
async function isAsUndisturbed(job: Job, undisturbed: Undisturbed): Promise<void> {
  const { watcher, settings, root, before, outside } = job;
  assert.equal(treeOf(watcher), undisturbed.tree, 'the same final tree');
  assert.deepEqual(turnsOf(outside), undisturbed.asked, 'every answer is asked for once');
  const fresh = await WireClient.open(settings);
  fresh.close();
  assert.deepEqual(watcher.events, fresh.events, 'a client that stayed has what a fresh one is told');
  assert.deepEqual(
    fresh.events.map(({ position }) => position),
    fresh.events.map((_, index) => index + 1),
  );
  assert.deepEqual(userState(root), before, 'the user’s repository and files are untouched');
}

/** Accepts in the window that came back; exactly the proposed bytes must arrive. */
async function acceptAll({ workbench, watcher, root, before, run }: Job): Promise<void> {
  const { changesets } = await watcher.ask('reviewList', { open: true });
  const files = changesets.find((each) => each.run === run)!.files;
  await workbench.palette('Symphony: Accept All Changes');
  const arrived = () =>
    files.every(({ path: name, proposal }) => {
      const file = path.join(root, name);
      const hash = existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : null;
      return hash === proposal;
    });
  await until(arrived, 20_000, 'the accepted files');
  const after = userState(root);
  const differing = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
  assert.deepEqual(differing.sort(), files.map((file) => file.path).sort(), 'nothing else changed');
}

/** No process of the run, no way in and no worktree; only the server of the windows may live on. */
async function nothingIsLeft({ workbench, watcher, root }: Job): Promise<void> {
  const { endpoint, workspace } = watcher.attachment;
  const { server } = workbench;
  const alive = () =>
    [...server.processes(), ...processesOf(root)].filter(({ command }) => !command.includes('code-server'));
  await until(() => alive().length === 0, 10_000, 'processes to end').catch(() => undefined);
  assert.deepEqual(alive(), [], 'no process');
  assert.equal(existsSync(endpoint.address), false, 'no socket');
  assert.deepEqual(
    leftInHome(path.join(server.home, 'workspaces', workspace)),
    [],
    'no endpoint or worktree',
  );
}

/** Closes a window as a person does, so that its page says goodbye. */
async function closeWindow(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.close();
}

const hosts = (workbench: Workbench, count: number): Promise<void> =>
  until(() => workbench.server.extensionHosts().length === count, 30_000, `${count} extension hosts`);

const sidecarLives = ({ workbench, watcher }: Job): boolean =>
  workbench.server.processes().some(({ pid }) => pid === watcher.pid);

/** The tree of the integration that the run offers for review. */
function treeOf({ events }: WireClient): string {
  const offer = events
    .map(({ event }) => event)
    .find((event) => event.type === 'NodeCompleted' && event.node === 'offer');
  assert.ok(offer?.type === 'NodeCompleted', 'the run has offered its changes');
  return (offer.output as { tree: string }).tree;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
