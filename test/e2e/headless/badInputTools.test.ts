/** Agents that reach for what is not theirs, or call tools wrongly: they are told, and the work goes on. */
import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fixtureGit } from '../../fixtures/make';
import type { Said } from '../../unit/llm/servers';
import {
  answersStill,
  assertClear,
  call,
  completes,
  dataFolder,
  decide,
  failureOf,
  finish,
  modelAt,
  startModel,
  treeState,
  World,
  worktreesOf,
} from './badInputWorld';

describe('bad input: the tools', function () {
  this.timeout(60_000);
  let world: World;
  let secret: string;

  before(() => {
    world = new World();
    secret = world.plain({ 'secret.txt': 'TOP SECRET' });
  });
  after(() => world.end());

  /** Runs an agent that makes one call; what the model was told. The run must complete, the world be as it was. */
  async function check(said: Said, told: RegExp): Promise<void> {
    const root = world.repository({ 'a.txt': 'old\n' });
    symlinkSync(secret, path.join(root, 'out'));
    fixtureGit(root, 'add', '--all');
    fixtureGit(root, 'commit', '--quiet', '--message', 'A link that leads out');
    const model = await startModel({
      ask: [said, call('write_file', { path: 'proof.txt', content: 'went on\n' }), finish()],
    });
    try {
      const client = await world.open({ root, ...modelAt(model) });
      const before = [treeState(root), treeState(secret)];
      const { run } = await client.ask('runAsk', { path: 'a.txt', instruction: 'Try it.' });
      await completes(client, run);
      assert.match(model.results()[0]!, told);
      assert.doesNotMatch(JSON.stringify(model.seen.map(({ body }) => body)), /TOP SECRET/);
      assert.deepEqual([treeState(root), treeState(secret)], before);
      assert.deepEqual(await decide(client, run), { 'proof.txt': { result: 'written', problem: null } });
      assert.equal(readFileSync(path.join(root, 'proof.txt'), 'utf8'), 'went on\n');
      await answersStill(client);
    } finally {
      await model.close();
    }
  }

  it('a path that climbs out', () =>
    check(call('read_files', { files: [{ path: '../../secret.txt' }] }), /outside the agent’s worktree/));
  it('an absolute path', () =>
    check(
      call('write_file', { path: `${secret}/secret.txt`, content: 'x' }),
      /outside the agent’s worktree/,
    ));
  it('a link that leads out', () =>
    check(call('write_file', { path: 'out/secret.txt', content: 'x' }), /a link that leads out/));
  it('git’s own folder', () =>
    check(
      call('write_file', { path: '.git/hooks/post-commit', content: 'x' }),
      /outside the agent’s worktree/,
    ));
  it('an unknown tool', () =>
    check(call('rm_rf', { path: '/' }), /There is no tool rm_rf\. Tools: read_files/));
  it('input that is no JSON', () => check(call('replace', '{"path": "a.txt", '), /not a JSON object/));
  it('input of another shape', () =>
    check(call('replace', { path: 7 }), /input of replace is not valid: path/));
  it('a command that reaches out', () =>
    check(
      call('run_command', { command: `cat ${secret}/secret.txt || echo x > ${secret}/new.txt` }),
      /Exit code [^0]/,
    ));

  it('a repository made inside the worktree, with a program for git to run: it never runs', async () => {
    const root = world.repository({ 'a.txt': 'old\n' });
    const trap = [
      'git init -q nested && cd nested && echo x > f && git add f',
      `printf '#!/bin/sh\\ntouch "$(dirname "$0")/../ran"\\n' > payload && chmod +x payload`,
      'git config core.fsmonitor "$PWD/payload"',
    ].join(' && ');
    const model = await startModel({ ask: [call('run_command', { command: trap }), finish()] });
    const client = await world.open({ root, ...modelAt(model) });
    const before = treeState(root);
    const { run } = await client.ask('runAsk', { path: 'a.txt', instruction: 'Try it.' });
    assertClear(await failureOf(client, run), 'git.nested', ['ask', 'nested/.git']);
    assert.deepEqual(treeState(root), before);
    const worktree = path.join(dataFolder(world.state, client), 'worktrees', run, 'ask');
    assert.ok(
      existsSync(path.join(worktree, 'nested/payload')),
      'the agent’s folder is kept to be looked at',
    );
    assert.ok(!existsSync(path.join(worktree, 'ran')), 'nothing was run');
    await answersStill(client);

    // Doing what the message says mends it: the folder goes, the agent is run again.
    rmSync(path.join(worktree, 'nested'), { recursive: true });
    model.trouble.clear();
    const tame = await startModel({ ask: [finish()] });
    await client.ask('settingsProvide', {
      ...modelAt(tame),
      providers: modelAt(tame).providers!,
      limits: { turns: 30, tokens: 1_000_000, usd: 5, minutes: 10, parallel: 2 },
    });
    await client.ask('runCommand', { run, command: 'retry' });
    await completes(client, run);
    assert.deepEqual(worktreesOf(world.state, client, run), []);
    await Promise.all([model.close(), tame.close()]);
  });
});
