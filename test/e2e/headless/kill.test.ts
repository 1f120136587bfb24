/**
 * The sidecar is killed with SIGKILL at seeded random moments of the main job. Every time the run must end
 * with the tree of an undisturbed one, without asking the model again for what it had answered, and without
 * leaving anything behind.
 */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startScriptedModel, type ScriptedModel } from '../../../server/llm';
import { silentLog } from '../../../server/base';
import { fixtureScript, makeFixtureRepository } from '../../fixtures/make';
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
    assert.equal(await client.until(run, ['completed', 'failed', 'waiting', 'cancelled']), 'completed');
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
  const worktrees = path.join(workspace, 'worktrees');
  const runs = existsSync(worktrees) ? readdirSync(worktrees) : [];
  return [
    ...processesIn([state, root]),
    ...runs.flatMap((run) => readdirSync(path.join(worktrees, run)).map((name) => `worktree ${run}/${name}`)),
    ...readdirSync(workspace).filter((name) => name === 'endpoint.json' || name.endsWith('.sock')),
    ...execFileSync(
      'git',
      ['--git-dir', path.join(workspace, 'repository.git'), 'worktree', 'list', '--porcelain'],
      { encoding: 'utf8' },
    )
      .split('\n\n')
      .filter((entry) => entry.startsWith('worktree ') && !entry.includes('bare')),
  ];
}

/** Command lines of living processes that work in one of the folders or name it. */
function processesIn(folders: readonly string[]): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        const place = readlinkSync(`/proc/${pid}/cwd`);
        return folders.some((folder) => command.includes(folder) || place.startsWith(folder))
          ? [`process ${pid} ${command}`]
          : [];
      } catch {
        return [];
      }
    });
}

/** Everything of the user's that a run must not touch: each file's bytes and mode, `.git` included. */
function userState(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (path.relative(root, file) !== 'node_modules') visit(file);
      } else if (entry.isFile()) {
        const mode = statSync(file).mode.toString(8);
        found[path.relative(root, file)] =
          `${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
      }
    }
  };
  visit(root);
  return found;
}

function copyOf(pristine: string, folders: string[]): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'symphony-kill-')));
  folders.push(folder);
  cpSync(pristine, folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A small seeded generator (Mulberry32), so that a failing round can be repeated. */
function mulberry32(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
