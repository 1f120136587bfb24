import { strict as assert } from 'node:assert';
import { codes } from '../../../schemas/codes';
import {
  defaultFailureTables,
  dispatchProblem,
  isLoopProblem,
  resumptionProblem,
  roundsProblem,
  withRound,
  type Rounds,
} from '../../../server/engine/failure';

const table = { ...defaultFailureTables.loops, mostAttempts: 4, mostResumptions: 2, sameRounds: 3 };

describe('failure policy: going round in circles', () => {
  /** After how many rounds a loop ends that comes to these outcomes, one letter each; 0 when it never does. */
  function check(outcomes: string, expected: number): void {
    let rounds: Rounds = [];
    let ended = 0;
    for (const [at, outcome] of [...outcomes].entries()) {
      rounds = withRound(rounds, outcome, table);
      if (roundsProblem('loop', rounds, table) === undefined) continue;
      ended = at + 1;
      break;
    }
    assert.equal(ended, expected, outcomes);
    assert.ok(rounds.length <= table.sameRounds * table.longestCycle);
  }

  it('ends a loop whose rounds come to the same', () => {
    check('aaaa', 3);
    check('abcddd', 6);
    check('aabb', 0);
    check('aabaabab', 0);
  });

  it('ends a loop that alternates between a few outcomes', () => {
    check('ababab', 6);
    check('xxabcabcabc', 11);
    check('abcdabcdabcdabcd', 0);
  });

  it('lets a loop go on that comes to something new', () => {
    check('abcdefghijklmnopqrstuvwxyz', 0);
  });

  it('caps attempts of a node and resumptions of an attempt', () => {
    assert.equal(dispatchProblem('n', 3, table), undefined);
    assert.deepEqual(dispatchProblem('n', 4, table), {
      code: 'run.dispatchCap',
      args: { node: 'n', times: 4 },
    });
    assert.equal(resumptionProblem('n', 1, table), undefined);
    assert.deepEqual(resumptionProblem('n', 2, table), {
      code: 'run.crashLoop',
      args: { node: 'n', times: 2 },
    });
  });

  it('explains itself: every argument of a sentence is given', () => {
    const found = [
      dispatchProblem('n', 4, table)!,
      resumptionProblem('n', 2, table)!,
      roundsProblem('n', ['a', 'a', 'a'], table)!,
    ];
    for (const { code, args } of found) {
      const { message, fix } = codes[code];
      const named = [...`${message} ${fix}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      assert.deepEqual(named.sort(), Object.keys(args).sort(), code);
      assert.ok(isLoopProblem({ code, args }));
    }
    assert.equal(isLoopProblem({ code: 'run.unknown', args: {} }), false);
  });
});
