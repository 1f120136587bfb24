import { strict as assert } from 'node:assert';
import { codes, fillText, saidArgs, type CodeArgs } from '../../../schemas/codes';
import { sentences } from '../../../server/cli/output';

describe('arguments that are codes', () => {
  const check = (args: CodeArgs, expected: CodeArgs): void =>
    assert.deepEqual(
      saidArgs(args, (code) => fillText(codes[code].message, args)),
      expected,
    );

  it('are told as sentences, with the arguments beside them', () => {
    check({ run: 'r1', why: 'stale.keep.active' }, { run: 'r1', why: 'The run r1 has not ended.' });
  });

  it('are no plain words, numbers or names', () => {
    for (const args of [{ state: 'cancelled' }, { count: 3 }, { path: 'review.ts' }, { name: 'a.toString' }])
      check(args, args);
  });

  it('never reach a person as they are', () => {
    const said = sentences({ code: 'stale.runKept', args: { run: 'r1', why: 'stale.keep.open' } });
    assert.match(said, /^The run r1 cannot be archived: The run r1 offers changes/);
  });
});
