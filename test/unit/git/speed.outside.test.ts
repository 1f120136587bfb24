import { strict as assert } from 'node:assert';
import { counting, ctx, makeRepository, open, removeFolders, write } from './fixture';

describe('a repository of 2,000 files', () => {
  after(removeFolders);

  it('is looked at again with few calls of git', async () => {
    const many: Record<string, string> = {};
    for (let i = 0; i < 2000; i++) many[`src/${i % 50}/file${i}.ts`] = `export const n = ${i};\n`.repeat(20);
    const top = makeRepository(many);
    const opened = await open(top);
    const { repository, worktree } = opened;
    const time = async (work: (inner: typeof ctx) => Promise<unknown>) => {
      const counted = counting();
      const start = performance.now();
      await work(counted.ctx);
      return {
        ms: Math.round(performance.now() - start),
        spawns: counted.commands.length,
        commands: counted.commands.join(' '),
      };
    };
    const cold = await time((inner) => repository.snapshot(inner, 'refs/symphony/s', 's'));
    // Files written in the second of the index are read again; wait as a person would.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    write(top, { 'src/1/file1.ts': 'changed\n' });
    await repository.snapshot(ctx, 'refs/symphony/s', 's');
    const looks = [];
    for (let i = 0; i < 3; i++) {
      looks.push(await time((inner) => repository.snapshot(inner, 'refs/symphony/s', 's')));
    }
    const warm = looks.reduce((best, look) => (look.ms < best.ms ? look : best));
    const { commit } = await repository.snapshot(ctx, 'refs/symphony/s', 's');
    const checkout = await time((inner) => repository.ensureWorktree(inner, worktree('w'), commit));
    const ensured = await time((inner) => repository.ensureWorktree(inner, worktree('w'), commit));
    await repository.writeTree(ctx, worktree('w'));
    const wrote = await time((inner) => repository.writeTree(inner, worktree('w')));
    if (process.env.SHOW_TIMES) console.log({ cold, warm, checkout, ensured, wrote });
    assert.ok(warm.spawns <= 8 && wrote.spawns <= 4, `${warm.commands} | ${wrote.commands}`);
  }).timeout(90_000);
});
