import { strict as assert } from 'node:assert';
import { judgePlace, type Place, type PlacesPort } from '../../../server/stale';
import { problemFrom, temporaryFolder } from '../storage/support';
import { ctx, openWorld } from './world';

const free: Place = {
  ...{
    kind: 'worktree',
    name: '/home/worktrees/run/01',
    commit: 'c'.repeat(40),
    run: 'run',
    usedAt: 1,
    bytes: 10,
  },
  ...{ isReferenced: false, isDirty: false, isMerged: true, isHistory: false },
};

function check(change: Partial<Place>, expected: string): void {
  const { removable, reasons } = judgePlace({ ...free, ...change });
  assert.equal(
    [removable, ...reasons.map(({ code }) => code.replace('stale.worktree.', ''))].join(' '),
    expected,
  );
}

describe('worktrees and refs', () => {
  const folder = temporaryFolder();

  it('can be removed when nothing speaks against it, and everything that does is told', () => {
    check({}, 'true free');
    check({ isDirty: true }, 'false dirty');
    check({ isReferenced: true, isMerged: false }, 'false referenced unmerged');
    check({ kind: 'ref', isHistory: true }, 'false held');
  });

  it('are removed by explicit wish alone, after a recovery ref, as they are now', async () => {
    const did: string[] = [];
    const there = new Map([free, { ...free, name: 'dirty', isDirty: true }].map((one) => [one.name, one]));
    const places: PlacesPort = {
      list: () => Promise.resolve([...there.values()]),
      secure: (_ctx, { name }) => Promise.resolve(did.push(`secure ${name}`)).then(() => 'refs/recovery'),
      remove: (_ctx, { name }) =>
        Promise.resolve(did.push(`remove ${name}`)).then(() => void there.delete(name)),
    };
    const { stale, close } = await openWorld(folder.at('home'), { places });
    assert.deepEqual(
      (await stale.places(ctx)).map(({ removable }) => removable),
      [true, false],
    );
    await stale.evaluate(ctx);
    assert.deepEqual(did, []);
    await problemFrom('stale.worktreeKept', () => stale.removePlace(ctx, 'dirty'));
    assert.equal(await stale.removePlace(ctx, free.name), 'refs/recovery');
    assert.deepEqual(did, [`secure ${free.name}`, `remove ${free.name}`]);
    await problemFrom('stale.worktreeUnknown', () => stale.removePlace(ctx, free.name));
    await close();
  });
});
