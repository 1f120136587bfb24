import { strict as assert } from 'node:assert';
import { lutimesSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { ctx, git, makeRepository, open, removeFolders, write } from './fixture';

describe('a link replaced by another of equal size and time', function () {
  this.timeout(60_000);
  after(removeFolders);

  it('is seen although other files went in the same look, a second later', async () => {
    const top = makeRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
    write(top, { link: { link: 'to-4' } });
    const { repository, home } = await open(top);
    await repository.snapshot(ctx, 'refs/symphony/one', 'one');
    const link = path.join(top, 'link');
    const index = path.join(home, 'repository.git/symphony/user.index');
    const same = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
    // As if index and both links were of one second: their times are too close to tell.
    rmSync(link);
    symlinkSync('to-4', link);
    lutimesSync(link, same, same);
    await repository.snapshot(ctx, 'refs/symphony/one', 'one');
    utimesSync(index, same, same);
    rmSync(link);
    symlinkSync('to-0', link);
    lutimesSync(link, same, same);
    rmSync(path.join(top, 'b.txt'));
    git(top, 'rm', '-q', '--cached', 'b.txt');
    const { tree } = await repository.snapshot(ctx, 'refs/symphony/two', 'two');
    assert.equal(git(repository.gitDir, 'cat-file', 'blob', `${tree}:link`), 'to-0');
  });
});
