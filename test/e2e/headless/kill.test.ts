/**
 * The sidecar is killed with SIGKILL at seeded random moments of the main job. Every time the run must end
 * with the tree of an undisturbed one, without asking the model again for what it had answered, and without
 * leaving anything behind.
 */
import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startScriptedModel, type ScriptedModel } from '../../../server/llm';
import { silentLog } from '../../../server/base';
import { fixtureScript, makeFixtureRepository } from '../../fixtures/make';
import { copyOf, leftInHome, mulberry32, processesIn, until, userState } from './aftermath';
import { WireClient, type WireSettings } from './client';

const kills = process.env['SYMPHONY_TIER'] === 'long' ? 30 : 3;
const seed = Number(process.env['SYMPHONY_SEED'] ?? 20261120);

interface Asked {
  readonly plan: string;
  readonly turn: number;
  readonly at: number;
}

describe('kill -9 of the sidecar', function () {
  this.timeout(kills * 120_000 + 300_000);
  let pristine: string;
  let undisturbed: { tree: string; milliseconds: number };
  const folders: string[] = [];

  before(async () => {
    pristine = makeFixtureRepository('shop', { install: true });
    folders.push(pristine);
    const begin = performance.now();
    const run = await mainJob(copyOf(pristine, folders), []);
    undisturbed = { tree: run.tree, milliseconds: performance.now() - begin };
  });

  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  const random = mulberry32(seed);
  for (let round = 1; round <= kills; round++) {
    const moments = [random(), ...(round % 3 === 0 ? [random()] : [])];
    it(`at ${moments.map((moment) => `${Math.round(moment * 100)} %`).join(' and ')} of the job (seed ${seed}, round ${round})`, async () => {
      const root = copyOf(pristine, folders);
      const before = userState(root);
      const run = await mainJob(
        root,
        moments.map((moment) => moment * undisturbed.milliseconds),
      );
      assert.equal(run.tree, undisturbed.tree, 'the same final tree');
      assert.deepEqual(run.askedAgain, [], 'no recorded answer is asked for again');
      assert.deepEqual(run.leftovers, [], 'nothing is left behind');
      assert.deepEqual(userState(root), before, 'the user’s repository and files are untouched');
      assert.deepEqual(run.gaps, [], 'clients saw every event once, in order');
    });
  }
});

interface Ended {
  /** The tree of the integration. */
  readonly tree: string;
  /** Requests sent although their answer was recorded. */
  readonly askedAgain: string[];
  readonly leftovers: string[];
  readonly gaps: number[];
}

/** Runs the sample's phase to its end, killing the sidecar at the given milliseconds after the start. */
async function mainJob(root: string, killAfter: readonly number[]): Promise<Ended> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'symphony-state-'));
  const asked: Asked[] = [];
  const model = await startScriptedModel({
    script: JSON.parse(readFileSync(fixtureScript('shop'), 'utf8')),
    log: silentLog,
    onRequest: ({ plan, turn }) => asked.push({ plan, turn, at: Date.now() }),
  });
  const settings = wireSettings(root, state, model);
  try {
    let client = await WireClient.open(settings);
    const run = await client.execute('1');
    for (const milliseconds of killAfter) {
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, milliseconds)),
        client.until(run, ['completed', 'failed']),
      ]);
      const seen = client.events.slice();
      process.kill(client.pid, 'SIGKILL');
      client.close();
      client = await WireClient.open(settings, seen.at(-1)?.position ?? 0);
      client.events.unshift(...seen);
    }
    const end = await client.until(run, ['completed', 'failed', 'waiting', 'cancelled']);
    const why = client.events.filter(
      ({ event }) => event.type === 'NodeFailed' || event.type === 'RunFailed',
    );
    assert.equal(end, 'completed', JSON.stringify(why));
    const offer = client.events
      .map(({ event }) => event)
      .find((event) => event.type === 'NodeCompleted' && event.node === 'offer');
    assert.ok(offer?.type === 'NodeCompleted');
    const { tree } = offer.output as { tree: string };
    const recordedAt = new Map(
      client.events.flatMap(({ event, at }) =>
        event.type === 'StepRecorded' ? [[`${event.node} ${event.key}`, at] as const] : [],
      ),
    );
    const workspace = path.join(state, 'workspaces', client.attachment.workspace);
    await client.ask('sidecarStop', {});
    client.close();
    await until(() => !isAlive(client.pid));
    return {
      tree,
      askedAgain: asked
        .filter(({ plan, turn, at }) => at > (recordedAt.get(`agent:${plan} model:${turn + 1}`) ?? Infinity))
        .map(({ plan, turn }) => `${plan} turn ${turn}`),
      leftovers: await leftovers(state, workspace, root),
      gaps: client.events.map(({ position }) => position).filter((position, index) => position !== index + 1),
    };
  } finally {
    await model.close();
    rmSync(state, { recursive: true, force: true });
  }
}

const wireSettings = (root: string, state: string, model: ScriptedModel): WireSettings => ({
  root,
  state,
  model: 'test/scripted',
  providers: [{ name: 'test', baseUrl: model.baseUrl }],
  keys: [{ provider: 'test', key: model.key }],
});

/** Processes, sockets, endpoints and worktrees that outlived their owner. */
async function leftovers(state: string, workspace: string, root: string): Promise<string[]> {
  await until(() => processesIn([state, root]).length === 0).catch(() => undefined);
  return [...processesIn([state, root]), ...leftInHome(workspace)];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
