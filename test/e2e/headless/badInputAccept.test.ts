/** Accepting writes exact bytes and nothing else; pausing and cancelling leave no process and lose no work. */
import { strict as assert } from 'node:assert';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fixtureGit } from '../../fixtures/make';
import {
  answersStill,
  assertClear,
  call,
  completes,
  dataFolder,
  decide,
  edit,
  eventually,
  failureOf,
  finish,
  modelAt,
  processesIn,
  refusalOf,
  startModel,
  treeState,
  World,
  worktreesOf,
} from './badInputWorld';
import { fails, says, type Said } from '../../unit/llm/servers';
import type { WireClient } from './client';

const ask = { path: 'a.txt', instruction: 'Change it.' };
const bom = Buffer.from([0xef, 0xbb, 0xbf]);
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('bad input: accepting, pausing, cancelling', function () {
  this.timeout(60_000);
  let world: World;
  const closing: (() => Promise<void>)[] = [];

  before(() => (world = new World()));
  after(async () => {
    await world.end();
    for (const close of closing) await close();
  });

  async function begin(
    files: Record<string, string | Buffer>,
    turns: readonly Said[],
    arrange: (root: string) => void = () => undefined,
  ): Promise<{
    root: string;
    client: WireClient;
    run: string;
    model: Awaited<ReturnType<typeof startModel>>;
  }> {
    const root = world.repository(files);
    arrange(root);
    fixtureGit(root, 'add', '--all');
    fixtureGit(root, 'commit', '--quiet', '--allow-empty', '--message', 'Arranged');
    const model = await startModel({ ask: turns });
    closing.push(() => model.close());
    const client = await world.open({ root, ...modelAt(model) });
    const { run } = await client.ask('runAsk', ask);
    return { root, client, run, model };
  }

  it('keeps line endings, byte order marks, encodings and modes, and creates, renames, removes', async () => {
    const files = {
      'a.txt': 'old\n',
      'crlf.txt': 'one\r\nold\r\nthree\r\n',
      'bom.txt': Buffer.concat([bom, Buffer.from('old\r\nno end')]),
      'latin.txt': latin1('h\xf6flich old\n'),
      'tool.sh': '#!/bin/sh\necho old\n',
      'gone.txt': 'gone\n',
      'from.txt': 'a name of its own\nand lines\nenough to be known again\n',
    };
    const edits = ['crlf.txt', 'bom.txt', 'latin.txt', 'tool.sh'];
    const { root, client, run } = await begin(
      files,
      [
        call('read_files', { files: edits.map((name) => ({ path: name })) }),
        {
          calls: edits.flatMap(
            (name) => call('replace', { path: name, edits: [{ find: 'old', replace: 'new' }] }).calls!,
          ),
        },
        call('run_command', {
          command:
            'rm gone.txt && mv from.txt to.txt && printf "#!/bin/sh\\n" > made.sh && chmod +x made.sh && ln -s a.txt link',
        }),
        finish(),
      ],
      (folder) => chmodSync(path.join(folder, 'tool.sh'), 0o755),
    );
    const before = treeState(root);
    await completes(client, run);
    assert.deepEqual(treeState(root), before, 'untouched until accept');
    const decided = await decide(client, run);
    assert.ok(
      Object.values(decided).every(({ result }) => result === 'written'),
      JSON.stringify(decided),
    );
    const bytes = (name: string): string => readFileSync(path.join(root, name)).toString('latin1');
    assert.equal(bytes('crlf.txt'), 'one\r\nnew\r\nthree\r\n');
    assert.equal(bytes('bom.txt'), '\xef\xbb\xbfnew\r\nno end');
    assert.equal(bytes('latin.txt'), 'h\xf6flich new\n');
    assert.equal(bytes('tool.sh'), '#!/bin/sh\necho new\n');
    assert.equal(statSync(path.join(root, 'tool.sh')).mode & 0o777, 0o755);
    assert.equal(statSync(path.join(root, 'made.sh')).mode & 0o111, 0o111);
    assert.equal(bytes('to.txt'), files['from.txt']);
    assert.ok(!existsSync(path.join(root, 'from.txt')) && !existsSync(path.join(root, 'gone.txt')));
    const after = treeState(root);
    assert.equal(after['link'], '→ a.txt');
    // Nothing else has changed: git's own folder, and every file no agent touched.
    for (const name of Object.keys(before).filter((one) => one.startsWith('.git/') || one === 'a.txt'))
      assert.equal(after[name], before[name], name);
    assert.deepEqual(
      Object.keys(after).filter((name) => name.includes('.symphony')),
      [],
    );
  });

  it('a rejected file leaves the tree; unsaved, linked and decided ones are refused', async () => {
    const { root, client, run } = await begin({ 'a.txt': 'old\n', 'b/c.txt': 'old\n', 'd.txt': 'old\n' }, [
      call('run_command', { command: 'echo new > a.txt; echo new > b/c.txt; echo new > d.txt' }),
      finish(),
    ]);
    await completes(client, run);
    const before = treeState(root);
    assert.deepEqual(await decide(client, run, 'reject', ['a.txt']), {
      'a.txt': { result: 'rejected', problem: null },
    });
    assert.deepEqual(treeState(root), before);

    const { changeset } = (await client.ask('runShow', { run })).summary;
    const dirty = { changeset: changeset!, paths: ['d.txt'], decision: 'accept' as const, dirty: ['d.txt'] };
    const [unsaved] = (await client.ask('reviewDecide', dirty)).files;
    assert.equal(unsaved!.result, 'refused');
    assertClear(unsaved!.problem, 'review.dirtyBuffer', ['d.txt']);

    const elsewhere = world.plain({ 'c.txt': 'old\n' });
    rmSync(path.join(root, 'b'), { recursive: true });
    symlinkSync(elsewhere, path.join(root, 'b'));
    const behind = (await decide(client, run, 'accept', ['b/c.txt']))['b/c.txt']!;
    assert.equal(behind.result, 'refused');
    assertClear(behind.problem, 'review.link', ['b/c.txt']);
    assert.equal(readFileSync(path.join(elsewhere, 'c.txt'), 'utf8'), 'old\n');

    assert.equal((await decide(client, run, 'accept', ['d.txt']))['d.txt']!.result, 'written');
    const taken = (await decide(client, run, 'reject', ['d.txt']))['d.txt']!;
    assertClear(taken.problem, 'review.accepted', ['d.txt']);
    assertClear(
      await refusalOf(client.ask('reviewDecide', { changeset: 'none', decision: 'accept', dirty: [] })),
      'review.unknown',
      ['none'],
    );
    await answersStill(client);
  });

  /** Processes of the run other than the sidecar. */
  const strays = (client: WireClient, run: string): string[] =>
    processesIn([path.join(dataFolder(world.state, client), 'worktrees', run)], [client.pid]);

  const endless = call('run_command', { command: 'sleep 600 & sleep 600', timeoutSeconds: 900 });

  it('cancelled in the middle of a command: no process is left, and the tree is untouched', async () => {
    const { root, client, run } = await begin({ 'a.txt': 'old\n' }, [endless, finish()]);
    const before = treeState(root);
    await eventually(() => strays(client, run).length > 0, 'the command runs');
    await client.ask('runCommand', { run, command: 'cancel' });
    assert.equal(await client.until(run, ['cancelled']), 'cancelled');
    await eventually(() => strays(client, run).length === 0, 'nothing of it is left');
    assert.deepEqual(
      worktreesOf(world.state, client, run).filter((name) => name !== 'ask'),
      [],
      'no worktree but the one the run records',
    );
    assert.deepEqual(treeState(root), before);
    // What was cancelled can be done again; nothing else can be asked of it.
    for (const command of ['resume', 'pause', 'cancel'] as const)
      assertClear(await refusalOf(client.ask('runCommand', { run, command })), 'run.wrongState', [
        'cancelled',
      ]);
    await answersStill(client);
  });

  it('paused: what is at work ends, nothing new begins, and it goes on where it was', async () => {
    const root = world.repository({ 'a.txt': 'old\n' });
    const model = await startModel({ ask: edit('a.txt', 'old', 'new') });
    closing.push(() => model.close());
    const client = await world.open({ root, ...modelAt(model) });
    let answer = (): void => assert.fail('not asked');
    model.trouble.set('ask 1', (response, seen) => {
      answer = () => says('compatible', edit('a.txt', 'old', 'new')[1]!)(response, seen);
    });
    const { run } = await client.ask('runAsk', ask);
    await eventually(() => model.asked.includes('ask 1'), 'the agent is at work');
    assert.equal((await client.ask('runCommand', { run, command: 'pause' })).state, 'paused');
    answer();
    await eventually(
      async () => (await client.ask('runShow', { run })).summary.nodes.completed === 1,
      'the agent ends its work',
    );
    const { summary } = await client.ask('runShow', { run });
    assert.deepEqual([summary.state, summary.nodes.running, summary.changeset], ['paused', 0, null]);
    assert.deepEqual(strays(client, run), []);
    await client.ask('runCommand', { run, command: 'resume' });
    await completes(client, run);
    assert.deepEqual(model.asked, ['ask 0', 'ask 1', 'ask 2']);
    assert.deepEqual(worktreesOf(world.state, client, run), []);
  });

  it('failed: its worktree stays while a retry is possible, and goes when that has completed', async () => {
    const root = world.repository({ 'a.txt': 'old\n' });
    const model = await startModel({ ask: edit('a.txt', 'old', 'new') });
    closing.push(() => model.close());
    model.trouble.set('ask 2', fails(401, 'authentication_error', 'who?'));
    const client = await world.open({ root, ...modelAt(model) });
    const { run } = await client.ask('runAsk', ask);
    assertClear(await failureOf(client, run), 'model.unauthorized', ['test']);
    assert.deepEqual(worktreesOf(world.state, client, run), ['ask']);
    const worktree = path.join(dataFolder(world.state, client), 'worktrees', run, 'ask');
    assert.equal(readFileSync(path.join(worktree, 'a.txt'), 'utf8'), 'new\n', 'the work done is there');
    model.trouble.clear();
    await client.ask('runCommand', { run, command: 'retry' });
    await completes(client, run);
    assert.deepEqual(worktreesOf(world.state, client, run), []);
  });
});
