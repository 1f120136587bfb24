import { strict as assert } from 'node:assert';
import { AgentTurns } from '../../../server/checkpoints';
import { counting, ctx, git, makeRepository, removeFolders, write } from '../git/fixture';
import { openCheckpoints } from './fixture';

describe('checkpoints around the turns of an agent', function () {
  this.timeout(60_000);
  after(removeFolders);

  it('are there once, whether the turns happen or are replayed, and lead back file by file', async () => {
    const top = makeRepository({ 'a.txt': 'a\n' });
    const refs = git(top, 'for-each-ref');
    const { repository, checkpoints, worktree } = await openCheckpoints(top);
    const start = await repository.snapshot(ctx, 'refs/symphony/runs/run-1/base', 'base');
    const folder = worktree('run-1/plan');
    await repository.ensureWorktree(ctx, folder, start.commit);
    const turns = () =>
      new AgentTurns({
        ...{ repository, start, run: 'run-1', node: 'agent:01-01', attempt: 1, label: 'Plan' },
        now: () => 1_700_000_000_000,
      });
    write(folder, { 'a.txt': 'one\n' });
    const one = await repository.writeTree(ctx, folder);
    write(folder, { 'b.txt': 'two\n' });
    const two = await repository.writeTree(ctx, folder);
    const play = async (inner: typeof ctx) => {
      const taken = turns();
      for (const [number, before, after] of [
        [1, null, one],
        [2, one, one],
        [3, one, two],
      ] as const) {
        await taken.took(inner, { number, side: 'before', tree: before });
        await taken.took(inner, { number, side: 'after', tree: after });
      }
    };
    await play(ctx);
    const { ctx: counted, commands } = counting();
    await play(counted);
    assert.deepEqual(commands, ['for-each-ref'], 'a replay finds them');
    const listed = await checkpoints.list(ctx, { run: 'run-1' });
    const names = listed.map(({ turn, tree }) => [turn?.number, turn?.side, tree]);
    assert.deepEqual(
      names.sort(),
      [
        [1, 'after', one],
        [1, 'before', start.tree],
        [2, 'after', one],
        [2, 'before', one],
        [3, 'after', two],
        [3, 'before', one],
      ].sort(),
    );
    const third = listed.find(({ turn }) => turn?.number === 3 && turn.side === 'after')!;
    const wish = { checkpoint: third.checkpoint, paths: ['b.txt'] };
    const { from } = await checkpoints.preview(ctx, wish);
    const { files } = await checkpoints.restore(ctx, { ...wish, from, dirty: [] });
    assert.deepEqual(files, [{ path: 'b.txt', change: 'added', problem: null }]);
    assert.equal(git(top, 'for-each-ref'), refs, 'the user’s repository knows nothing of it');
  });
});
