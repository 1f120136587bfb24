import { strict as assert } from 'node:assert';
import { forecast, type WriteSet } from '../../../server/arbitration';

/** `path` was changed; `from>to` was renamed. */
const set = (id: string, declared: string[], written: string[] = []): WriteSet => ({
  ...{ id, declared },
  observed: written.map((text) => {
    const [first, second] = text.split('>');
    return second === undefined ? { path: first!, from: null } : { path: second, from: first! };
  }),
});

function check(sets: WriteSet[], expected: string[]): void {
  const found = forecast(sets).map(
    ({ first, second, kind, paths, advice }) => `${first}+${second} ${kind} ${paths.join(' ')}: ${advice}`,
  );
  assert.deepEqual(found, expected);
}

describe('the forecast of collisions', () => {
  it('sees nothing where agents write apart', () => {
    check([set('a', ['src/a.ts']), set('b', ['src/b.ts'], ['src/b/c.ts'])], []);
  });

  it('lets one wait while it has not written, and rebases where both have', () => {
    check([set('a', ['src/a.ts']), set('b', ['./src/a.ts'])], ['a+b sameFile src/a.ts: serialise']);
    check([set('a', ['x'], ['x']), set('b', ['x'])], ['a+b sameFile x: serialise']);
    check([set('a', [], ['x']), set('b', [], ['x', 'y'])], ['a+b sameFile x: rebase']);
  });

  it('names two renames of one file, a rename of what another writes, and one name for two', () => {
    check([set('a', [], ['x>y']), set('b', [], ['x>z'])], ['a+b sameRename x y z: rebase']);
    check([set('a', [], ['x>y']), set('b', [], ['x'])], ['a+b sameFile x: rebase']);
    check([set('a', [], ['x>z']), set('b', [], ['y>z'])], ['a+b sameFile z: rebase']);
  });

  it('sees a file where another needs a folder', () => {
    check(
      [set('a', [], ['src/lib']), set('b', [], ['src/lib/x/y.ts'])],
      ['a+b folderAndFile src/lib: rebase'],
    );
    check([set('b', ['lib/y']), set('a', ['lib'])], ['b+a folderAndFile lib: serialise']);
  });

  it('sees names that differ by letter case or spelling alone', () => {
    check(
      [set('a', [], ['Readme.md']), set('b', [], ['README.md'])],
      ['a+b caseTwins Readme.md README.md: rebase'],
    );
    check(
      [set('a', [], ['e\u0301.md']), set('b', [], ['\u00e9.md'])],
      ['a+b caseTwins e\u0301.md \u00e9.md: rebase'],
    );
  });

  it('leaves wide declarations until somebody writes', () => {
    check([set('a', ['src/']), set('b', ['src/x.ts'])], ['a+b sameFile src/: leave']);
    check([set('a', ['src/**/*.ts']), set('b', ['src/lib/'])], ['a+b sameFile src/lib/ src/: leave']);
    check([set('a', ['docs/*']), set('b', ['src/'])], []);
  });

  it('looks at every pair', () => {
    check(
      [set('a', ['x']), set('b', ['x']), set('c', ['x'])],
      ['a+b sameFile x: serialise', 'a+c sameFile x: serialise', 'b+c sameFile x: serialise'],
    );
  });
});
