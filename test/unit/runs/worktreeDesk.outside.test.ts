import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ProblemError } from '../../../server/base';
import type { RunFold } from '../../../server/engine';
import { WorktreeDesk } from '../../../server/runs/worktreeDesk';
import { openWorktree } from '../../../server/runs/worktree';
import type { RunWorld } from '../../../server/runs';
import { ctx, git, makeRepository, removeFolders, write } from '../git/fixture';
import { openCheckpoints } from '../checkpoints/fixture';

describe('worktrees of agents', function () {
  this.timeout(60_000);
  after(removeFolders);

  async function made(state: RunFold['state'], offered: { commit: string; tree: string } | null = null) {
    const top = makeRepository({ 'a.txt': 'committed\n', '.gitignore': 'out/\n' });
    write(top, { 'a.txt': 'edited, not committed\n', 'new.txt': 'new\n' });
    const opened = await openCheckpoints(top);
    const { repository, checkpoints, home } = opened;
    const base = await repository.snapshot(ctx, 'refs/symphony/runs/run-1/base', 'base');
    const folders = { worktrees: path.join(home, 'worktrees'), homes: path.join(home, 'homes') };
    const world = {
      repository: () => Promise.resolve(repository),
      prepareDependencies: () => Promise.resolve(),
      folders: { ...folders, root: top, prefix: '' },
    } as unknown as RunWorld;
    const place = await openWorktree(ctx, world, 'run-1', '01-01', base.commit);
    const output = offered && { changeset: 'cs', blob: 'x', files: 1, ...offered };
    const node = { state: 'completed', output, endedAt: 1 };
    const run = { run: 'run-1', state, nodes: new Map(output === null ? [] : [['offer', node]]) };
    const desk = new WorktreeDesk({
      ...{ world, checkpoints },
      runs: () => [run as unknown as RunFold],
      open: () => Promise.resolve([]),
    });
    const refused = (code: string) =>
      assert.rejects(
        desk.worktreeRemove(ctx, { folder: place.top, evenIfDirty: false }),
        (thrown) => thrown instanceof ProblemError && thrown.problem.code === code,
      );
    const kept = async () => (await desk.worktreeList(ctx)).worktrees[0]?.keptBecause;
    return { ...opened, base, place, desk, refused, kept, run };
  }

  it('begin as the user’s tree is, edits and new files with it, not as a branch somewhere is', async () => {
    const { top, place, kept } = await made('running');
    assert.equal(git(place.top, 'show', 'HEAD:a.txt'), 'edited, not committed\n');
    assert.equal(git(place.top, 'show', 'HEAD:new.txt'), 'new\n');
    assert.equal(
      git(top, 'worktree', 'list').trim().split('\n').length,
      1,
      'the user’s git lists none of ours',
    );
    assert.deepEqual(await kept(), ['active']);
  });

  it('are never removed while somebody works in them', async () => {
    const { place, refused } = await made('waiting');
    await refused('worktree.active');
    assert.ok(existsSync(place.top));
  });

  it('are removed with work in them only by explicit wish, and that work stays', async () => {
    const { place, desk, refused, kept, checkpoints, top } = await made('cancelled');
    write(place.top, { 'a.txt': 'work of an hour\n', 'more.txt': 'm\n' });
    assert.deepEqual(await kept(), ['dirty', 'unmerged']);
    await refused('worktree.dirty');
    assert.ok(existsSync(place.top));
    const { recovery } = await desk.worktreeRemove(ctx, { folder: place.top, evenIfDirty: true });
    assert.equal(existsSync(place.top), false);
    const wish = { checkpoint: recovery!.checkpoint, paths: ['more.txt'] };
    const { from } = await checkpoints.preview(ctx, wish);
    await checkpoints.restore(ctx, { ...wish, from, dirty: [] });
    assert.ok(existsSync(path.join(top, 'more.txt')));
    await assert.rejects(desk.worktreeRemove(ctx, { folder: place.top, evenIfDirty: true }));
    await assert.rejects(desk.worktreeRemove(ctx, { folder: top, evenIfDirty: true }));
  });

  it('say that their commit is in nothing that was offered, and that a failed run may go on in them', async () => {
    const { place, repository, base, kept, desk, run } = await made('failed');
    write(place.top, { 'a.txt': 'committed by the agent\n' });
    const tree = await repository.writeTree(ctx, place.top);
    const ref = 'refs/symphony/runs/run-1/plans/01-01';
    const commit = await repository.commit(ctx, tree, [base.commit], 'work', 0, ref);
    assert.deepEqual(await kept(), ['unmerged', 'referenced']);
    const offer = { changeset: 'cs', blob: 'x', files: 1, ...commit };
    (run.nodes as Map<string, unknown>).set('offer', { state: 'completed', output: offer, endedAt: 1 });
    Object.assign(run, { state: 'completed' });
    assert.deepEqual(await kept(), []);
    const { recovery } = await desk.worktreeRemove(ctx, { folder: place.top, evenIfDirty: false });
    assert.equal(recovery, null);
  });
});
