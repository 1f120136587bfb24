/** Repositories that are none, are odd, or change while a run works: one clear message, or simply working. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fixtureGit } from '../../fixtures/make';
import {
  answersStill,
  assertClear,
  completes,
  decide,
  edit,
  modelAt,
  put,
  refusalOf,
  startModel,
  treeState,
  World,
  type ScriptedProvider,
} from './badInputWorld';
import type { WireClient } from './client';

const ask = { path: 'a.txt', instruction: 'Change it.' };
const planning = {
  '.planning/ROADMAP.md': '# Roadmap: T\n\n## Phases\n\n- [ ] **Phase 1: One** - First\n',
  '.planning/phases/01-one/01-01-PLAN.md':
    '---\nphase: 01-one\nplan: 01\nwave: 1\ndepends_on: []\n---\n\n<objective>\nOne.\n</objective>\n',
};

describe('bad input: the repository', function () {
  this.timeout(60_000);
  let world: World;
  let model: ScriptedProvider;

  before(async () => {
    world = new World();
    model = await startModel({ ask: edit('a.txt', 'old', 'new'), '01-01': edit('a.txt', 'old', 'new') });
  });
  after(async () => {
    await world.end();
    await model.close();
  });

  const open = (root: string, env: Record<string, string> = {}): Promise<WireClient> =>
    world.open({ root, ...modelAt(model), env });

  /** Asks for a run that must be refused, with the tree as it was and the sidecar well. */
  async function checkRefused(
    root: string,
    code: Parameters<typeof assertClear>[1],
    env = {},
  ): Promise<void> {
    const client = await open(root, env);
    const before = treeState(root);
    assertClear(await refusalOf(client.ask('runAsk', ask)), code, code.endsWith('Missing') ? [] : [root]);
    await answersStill(client);
    assert.deepEqual((await client.ask('runList', {})).runs, []);
    assert.deepEqual(treeState(root), before);
  }

  /** Runs an agent there; the tree must be untouched until accept and hold exactly `expected` after. */
  async function checkWorks(root: string, expected: string): Promise<WireClient> {
    const client = await open(root);
    const before = treeState(root);
    const { run } = await client.ask('runAsk', ask);
    await completes(client, run);
    assert.deepEqual(treeState(root), before);
    assert.deepEqual(await decide(client, run), { 'a.txt': { result: 'written', problem: null } });
    assert.equal(readFileSync(path.join(root, 'a.txt'), 'utf8'), expected);
    return client;
  }

  it('is none', () => checkRefused(world.plain({ 'a.txt': 'old\n' }), 'workspace.notGit'));

  it('is none, and a phase is to be executed: the plans can still be looked at', async () => {
    const client = await open(world.plain({ 'a.txt': 'old\n', ...planning }));
    assert.equal((await client.ask('planningShow', {})).present, true);
    assertClear(await refusalOf(client.execute('1')), 'workspace.notGit', []);
    await answersStill(client);
  });

  it('becomes one while the sidecar runs', async () => {
    const root = world.plain({ 'a.txt': 'old\n' });
    const client = await open(root);
    assertClear(await refusalOf(client.ask('runAsk', ask)), 'workspace.notGit', [root]);
    fixtureGit(root, 'init', '--quiet');
    await checkWorks(root, 'new\n');
    assert.equal((await open(root)).pid, client.pid);
  });

  it('cannot be looked at without git', () =>
    checkRefused(world.repository({ 'a.txt': 'old\n' }), 'workspace.gitMissing', { PATH: '/nonexistent' }));

  it('is bare', async () => {
    const root = world.folder('bare');
    fixtureGit(root, 'init', '--quiet', '--bare');
    await checkRefused(root, 'workspace.bare');
  });

  it('is a shallow clone', async () => {
    const origin = world.repository({ 'a.txt': 'older\n' });
    put(origin, { 'a.txt': 'old\n' });
    fixtureGit(origin, 'commit', '--quiet', '--all', '--message', 'Second');
    const root = path.join(world.folder('clone'), 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${origin}`, root], { stdio: 'pipe' });
    assert.equal(fixtureGit(root, 'rev-parse', '--is-shallow-repository').trim(), 'true');
    await checkWorks(root, 'new\n');
  });

  it('has a detached HEAD', async () => {
    const root = world.repository({ 'a.txt': 'old\n' });
    fixtureGit(root, 'checkout', '--quiet', '--detach');
    await checkWorks(root, 'new\n');
    assert.throws(() => fixtureGit(root, 'symbolic-ref', '--quiet', 'HEAD'), 'HEAD is still detached');
  });

  it('has no commit yet', async () => {
    const root = world.plain({ 'a.txt': 'old\n' });
    fixtureGit(root, 'init', '--quiet');
    await checkWorks(root, 'new\n');
    assert.throws(() => fixtureGit(root, 'rev-parse', '--verify', 'HEAD'), 'there still is no commit');
  });

  it('holds uncommitted changes in the file an agent touches: they are in the base and stay', async () => {
    const root = world.repository({ 'a.txt': 'old\ntail\n' });
    put(root, { 'a.txt': 'mine\nold\ntail\n', 'staged.txt': 'staged\n' });
    fixtureGit(root, 'add', 'staged.txt');
    const index = fixtureGit(root, 'ls-files', '--stage');
    await checkWorks(root, 'mine\nnew\ntail\n');
    assert.equal(fixtureGit(root, 'ls-files', '--stage'), index, 'what was staged stays staged');
    assert.equal(fixtureGit(root, 'show', 'HEAD:a.txt'), 'old\ntail\n');
  });

  it('changes during the run: elsewhere is merged, in the same lines is refused and kept', async () => {
    const lines = (first: string, last: string) => `${first}\n2\n3\n4\n5\n6\n7\n8\n${last}\n`;
    for (const [mine, result, expected] of [
      [lines('old', 'mine'), 'merged', lines('new', 'mine')],
      [lines('old and mine', '9'), 'refused', lines('old and mine', '9')],
    ] as const) {
      const root = world.repository({ 'a.txt': lines('old', '9') });
      const client = await open(root);
      const { run } = await client.ask('runAsk', ask);
      await completes(client, run);
      put(root, { 'a.txt': mine });
      const decided = (await decide(client, run))['a.txt'];
      assert.equal(decided?.result, result);
      const code = result === 'merged' ? 'review.merged' : 'review.changedMeanwhile';
      assertClear(decided.problem, code, ['a.txt']);
      assert.equal(readFileSync(path.join(root, 'a.txt'), 'utf8'), expected);
      const [changeset] = (await client.ask('reviewList', { open: false })).changesets;
      assert.equal(changeset!.files[0]!.decision, result === 'merged' ? 'accepted' : 'undecided');
      await answersStill(client);
    }
  });
});
