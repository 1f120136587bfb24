import { strict as assert } from 'node:assert';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../../../schemas/codes';
import type { Disposable } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { inspectUserRepository } from '../../../server/git';
import { watchRepository, type GitEvent } from '../../../server/triggers';
import { gitEvents, parseLog, type GitNews } from '../../../server/triggers/gitEvents';
import { fingerprint, freshFolder, git, makeRepository, removeFolders } from '../git/fixture';
import { ctx, until } from './support';

let top = '';
let watching: Disposable | undefined;
let events: GitEvent[] = [];
let broken: Problem[] = [];

async function watch(folder: string): Promise<void> {
  top = folder;
  events = [];
  broken = [];
  watching = await watchRepository(ctx, {
    clock: systemClock,
    user: await inspectUserRepository(ctx, folder),
    onEvents: (more) => events.push(...more),
    onBroken: (why) => broken.push(why),
    quietMs: 30,
    mostMs: 400,
  });
}

const seen = () => events.map(({ event, branch }) => `${event} ${branch ?? '-'}`);

/** Does something with git and expects just these events. */
async function check(act: () => void, expected: readonly string[]): Promise<void> {
  events = [];
  act();
  if (expected.length > 0) await until(() => seen().length >= expected.length, expected.join(', '));
  await new Promise((resolve) => setTimeout(resolve, 130));
  assert.deepEqual([seen(), broken], [expected, []]);
}

const run = (...args: string[]) => git(top, ...args);
const commit = (words: string) => run('commit', '-q', '--allow-empty', '-m', words);
const without = (words: string) =>
  run('-c', 'core.logAllRefUpdates=false', 'commit', '-q', '--allow-empty', '-m', words);

describe('watching git', function () {
  this.timeout(20_000);
  afterEach(() => {
    watching?.dispose();
    removeFolders();
  });

  it('tells commits, each of them, and where', async () => {
    await watch(makeRepository({ a: '1' }));
    await check(() => commit('two'), ['commit main']);
    const [event] = events;
    assert.deepEqual([event!.commit, event!.ref], [run('rev-parse', 'HEAD').trim(), 'refs/heads/main']);
    await check(() => {
      commit('three');
      commit('four');
      run('commit', '-q', '--amend', '--allow-empty', '-m', 'five');
    }, ['commit main', 'commit main', 'commit main']);
  });

  it('tells the first commit of all', async () => {
    const folder = path.join(freshFolder());
    git(folder, 'init', '-q', '-b', 'main');
    await watch(folder);
    await check(() => commit('first'), ['commit main']);
  });

  it('tells checkouts, also of a commit', async () => {
    await watch(makeRepository({ a: '1' }));
    await check(() => run('checkout', '-q', '-b', 'feature/deep/x'), ['checkout feature/deep/x']);
    await check(() => commit('two'), ['commit feature/deep/x']);
    await check(() => run('switch', '-q', 'main'), ['checkout main']);
    await check(() => run('checkout', '-q', '--detach'), ['checkout -']);
    await check(() => commit('three'), ['commit -']);
    await check(() => run('checkout', '-q', '--', 'a'), []);
  });

  it('tells merges: forward, true, and concluded after a conflict', async () => {
    await watch(makeRepository({ a: '1\n' }));
    run('checkout', '-q', '-b', 'other');
    commit('two');
    await check(() => run('checkout', '-q', 'main'), ['checkout other', 'commit other', 'checkout main']);
    await check(() => run('merge', '-q', '--ff-only', 'other'), ['merge main']);
    await check(() => {
      run('checkout', '-q', 'other');
      commit('x');
      run('checkout', '-q', 'main');
      commit('y');
    }, ['checkout other', 'commit other', 'checkout main', 'commit main']);
    await check(() => run('merge', '-q', '--no-edit', 'other'), ['merge main']);
    const edit = (text: string) => {
      writeFileSync(path.join(top, 'a'), text);
      run('commit', '-q', '-am', text);
    };
    await check(() => {
      run('checkout', '-q', 'other');
      edit('o\n');
      run('checkout', '-q', 'main');
      edit('m\n');
    }, ['checkout other', 'commit other', 'checkout main', 'commit main']);
    assert.throws(() => run('merge', '-q', 'other'));
    await check(() => run('commit', '-q', '-am', 'both'), ['merge main']);
  });

  it('tells pushes, and not what a fetch brings', async () => {
    const bare = path.join(freshFolder(), 'remote.git');
    const folder = makeRepository({ a: '1' });
    git(folder, 'init', '-q', '--bare', bare);
    git(folder, 'remote', 'add', 'origin', bare);
    await watch(folder);
    await check(() => run('push', '-q', '-u', 'origin', 'main'), ['push main']);
    const clone = path.join(freshFolder(), 'clone');
    git(path.dirname(clone), 'clone', '-q', '-b', 'main', bare, clone);
    git(clone, 'commit', '-q', '--allow-empty', '-m', 'theirs');
    git(clone, 'push', '-q', 'origin', 'main');
    await check(() => run('fetch', '-q'), []);
    await check(() => run('pull', '-q', '--ff-only'), ['merge main']);
    await check(() => {
      commit('mine');
      run('push', '-q', 'origin', 'HEAD:refs/heads/feature/x');
    }, ['commit main', 'push feature/x']);
  });

  it('tells tags, light and annotated', async () => {
    await watch(makeRepository({ a: '1' }));
    await check(() => run('tag', 'v1'), ['tag main']);
    assert.equal(events[0]!.ref, 'refs/tags/v1');
    await check(() => run('tag', '-a', 'v/2', '-m', 'two'), ['tag main']);
    await check(() => run('tag', '-d', 'v1'), []);
    // Packing takes the folder away in which the next tag is made.
    await check(() => run('pack-refs', '--all', '--prune'), []);
    await check(() => run('tag', 'v/3'), ['tag main']);
    await check(() => {
      run('pack-refs', '--all', '--prune');
      run('tag', 'v/4');
    }, ['tag main']);
    await check(() => run('tag', 'v/5'), ['tag main']);
  });

  it('is not misled by packed refs, resets, rebases, stashes and a look at the status', async () => {
    await watch(makeRepository({ a: '1' }));
    commit('two');
    run('tag', 'v1');
    await check(() => run('branch', 'other', 'HEAD~1'), ['commit main', 'tag main']);
    await check(() => run('pack-refs', '--all', '--prune'), []);
    await check(() => run('reset', '-q', '--hard', 'HEAD~1'), []);
    await check(() => commit('three'), ['commit main']);
    await check(() => run('rebase', '-q', '--force-rebase', 'other'), []);
    await check(() => {
      writeFileSync(path.join(top, 'a'), '2');
      run('status');
      run('add', 'a');
      run('stash', '-q');
      run('gc', '-q');
    }, []);
    await check(() => run('branch', 'deep/er/x'), []);
    await check(() => run('tag', 'v2'), ['tag main']);
  });

  it('is right about a linked worktree: its own HEAD, everybody’s tags', async () => {
    const folder = makeRepository({ a: '1' });
    const linked = path.join(freshFolder(), 'linked');
    git(folder, 'worktree', 'add', '-q', '-b', 'linked', linked);
    await watch(linked);
    await check(() => commit('here'), ['commit linked']);
    await check(() => git(folder, 'commit', '-q', '--allow-empty', '-m', 'there'), []);
    await check(() => git(folder, 'tag', 'v1'), ['tag linked']);
  });

  it('does what it can where git keeps no log', async () => {
    const folder = makeRepository({ a: '1' });
    git(folder, 'config', 'core.logAllRefUpdates', 'false');
    rmSync(path.join(folder, '.git/logs'), { recursive: true });
    await watch(folder);
    await check(() => without('two'), ['commit main']);
    await check(() => run('checkout', '-q', '-b', 'other'), ['checkout other']);
    await check(() => without('three'), ['commit other']);
    await check(() => run('checkout', '-q', 'main'), ['checkout main']);
    await check(() => run('merge', '-q', '--no-ff', '--no-edit', 'other'), ['merge main']);
    await check(() => run('reset', '-q', '--hard', 'HEAD~1'), []);
    assert.ok(!existsSync(path.join(folder, '.git/logs/HEAD')));
  });

  it('writes nothing into the repository', async () => {
    const folder = makeRepository({ a: '1' });
    const before = fingerprint(path.join(folder, '.git'));
    await watch(folder);
    await check(() => writeFileSync(path.join(folder, '.git/HEAD'), 'ref: refs/heads/main\n'), []);
    assert.deepEqual(fingerprint(path.join(folder, '.git')), before);
  });
});

describe('git’s log', () => {
  const one = '1'.repeat(40);
  const news = (words: readonly string[]): GitNews => ({
    head: words.map((text) => ({ commit: one, words: text })),
    remote: new Map(),
    isMerge: false,
    wentBack: false,
  });
  const look = { branch: 'main', refs: new Map([['refs/heads/main', one]]) };

  it('is read in the words git writes', () => {
    for (const [words, expected] of [
      ['commit (initial): x', 'commit'],
      ['commit (merge): x', 'merge'],
      ['commit (amend): merge x: y', 'commit'],
      ['cherry-pick: x', 'commit'],
      ['revert: Revert "x"', 'commit'],
      ['am: x', 'commit'],
      ['merge other: Fast-forward', 'merge'],
      ['pull: Fast-forward', 'merge'],
      ["pull --no-rebase origin main: Merge made by the 'ort' strategy.", 'merge'],
      ['pull --rebase (start): checkout 123', ''],
      ['rebase (pick): commit: x', ''],
      ['rebase (finish): returning to refs/heads/main', ''],
      ['reset: moving to HEAD~1', ''],
      ['checkout: moving from main to main', ''],
      ['Branch: renamed refs/heads/a to refs/heads/b', ''],
      ['', ''],
    ] as const)
      assert.equal(
        gitEvents(look, look, news([words]))
          .map(({ event }) => event)
          .join(),
        expected,
        words,
      );
  });

  it('is read past lines that are none', () => {
    const line = `${'0'.repeat(40)} ${one} A B <a@b> 1700000000 +0100\tcommit: x`;
    assert.deepEqual(parseLog(`${line}\nrubbish\n\n${line.split('\t')[0]!}\n`), [
      { commit: one, words: 'commit: x' },
      { commit: one, words: '' },
    ]);
  });
});
