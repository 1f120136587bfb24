import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { compareBuilds, shouldAskHandOver } from '../../../schemas/link';

const version = fc.oneof(
  fc.constantFrom(
    '0.1.0',
    '0.2.0',
    '0.10.0',
    '1.0.0',
    '1.0.0-rc.1',
    '1.0.0-rc.2',
    '1.0.0-rc.10',
    '1.0.0-beta',
  ),
  fc.constantFrom('1.0.0+a', '1.0.0+b', 'rubbish', '', '1.0'),
  fc.string({ maxLength: 8 }),
);
const build = fc.record({ version, stamp: fc.integer({ min: 0, max: 3 }) });

describe('order of builds', () => {
  it('is total: antisymmetric, transitive, and equal for equal builds alone', () => {
    fc.assert(
      fc.property(build, build, build, (a, b, c) => {
        assert.equal(compareBuilds(a, b), -compareBuilds(b, a) + 0);
        if (compareBuilds(a, b) <= 0 && compareBuilds(b, c) <= 0) assert.ok(compareBuilds(a, c) <= 0);
        if (compareBuilds(a, b) === 0) assert.deepEqual({ ...a }, { ...b });
      }),
      { numRuns: 2000 },
    );
  });

  it('never lets two builds ask each other', () => {
    fc.assert(
      fc.property(build, build, (a, b) => !(shouldAskHandOver(a, b) && shouldAskHandOver(b, a))),
      { numRuns: 2000 },
    );
  });

  it('follows semantic versions, then the moment a build was made', () => {
    const ascending = ['1.0.0-beta', '1.0.0-rc.2', '1.0.0-rc.10', '1.0.0', '1.2.0', '1.10.0'];
    for (let i = 1; i < ascending.length; i++) {
      const [older, newer] = [ascending[i - 1]!, ascending[i]!];
      assert.ok(compareBuilds({ version: older, stamp: 9 }, { version: newer, stamp: 1 }) < 0, newer);
    }
    assert.equal(shouldAskHandOver({ version: '1.0.0', stamp: 2 }, { version: '1.0.0', stamp: 1 }), true);
    assert.equal(shouldAskHandOver({ version: '1.0.0', stamp: 1 }, { version: '1.0.0', stamp: 1 }), false);
    assert.equal(shouldAskHandOver({ version: '9.0.0', stamp: 0 }, { version: '1.0.0', stamp: 1 }), false);
  });
});
