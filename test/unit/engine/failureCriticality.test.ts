import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { failureSettings, failureTables, type CriticalityLevel } from '../../../schemas/failure';
import {
  alignmentOf,
  classOf,
  criticalityOf,
  defaultFailureTables,
  failureTablesWith,
  levelOf,
  type NodeStanding,
} from '../../../server/engine/failure';

const table = defaultFailureTables.criticality;

describe('failure policy: how much depends on a node', () => {
  function check(standing: NodeStanding, score: number, level: CriticalityLevel): void {
    const found = criticalityOf(standing, table);
    assert.deepEqual([found, levelOf(found, table)], [score, level]);
  }

  it('gives the worked examples their scores', () => {
    // code generator: 90 × 1.0 + 20 + 15 = 125, cut off at 100
    check({ alignment: 90, root: true, alternatives: 'none' }, 100, 'essential');
    // styler: 70 − 10
    check({ alignment: 70, alternatives: 'many' }, 60, 'recommended');
    // formatter: 20 − 15
    check({ alignment: 20, presentationOnly: true }, 5, 'optional');
    // security validator: 60 + 10
    check({ alignment: 60, qualityGate: true }, 70, 'recommended');
  });

  it('multiplies by complexity, adds the larger dependency once, and is cut off at zero', () => {
    check({ alignment: 50, complexity: 'low' }, 45, 'recommended');
    check({ alignment: 50, complexity: 'high' }, 60, 'recommended');
    check({ alignment: 50, criticalPath: true }, 60, 'recommended');
    check({ alignment: 50, root: true, criticalPath: true }, 70, 'recommended');
    check({ alignment: 0, presentationOnly: true }, 0, 'optional');
  });

  it('draws the lines of the levels where they belong', () => {
    check({ alignment: 75 }, 75, 'essential');
    check({ alignment: 74 }, 74, 'recommended');
    check({ alignment: 45 }, 45, 'recommended');
    check({ alignment: 44 }, 44, 'optional');
  });

  it('tells the class of a request by its first known verb, in any form', () => {
    const classes = Object.entries({
      'Build a login page': 'creation',
      'Please review what was generated': 'analysis',
      'the parser is refactored, then tested': 'modification',
      'Fixes the bug': 'modification',
      'writing documents': 'creation',
      'Planning stops; stopping helps nobody': 'other',
      'running the linting step': 'maintenance',
      'a builder of testaments': 'other',
      '': 'other',
    });
    for (const [text, expected] of classes) assert.equal(classOf(text, table), expected, text);
  });

  it('takes the alignment from the verbs where nobody states it', () => {
    assert.equal(alignmentOf('Create a shop', 'Generate the code', table), 90);
    assert.equal(alignmentOf('Create a shop', 'Validate inputs', table), 60);
    check({ request: 'Create a shop', work: 'Generate the code', root: true }, 100, 'essential');
    check({ request: 'Explain the parser', work: 'Generate the code' }, 30, 'optional');
  });

  it('stays between 0 and 100 whatever stands in the table', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), number, number, (alignment, factor, points) => {
        const wild = {
          ...table,
          complexity: { low: factor, medium: factor, high: factor },
          dependency: { root: points, criticalPath: points },
        };
        const score = criticalityOf({ alignment, root: true }, wild);
        assert.ok(score >= 0 && score <= 100);
      }),
    );
  });
});

describe('failure policy: its tables', () => {
  it('are valid by their own schema', () => {
    assert.deepEqual(failureTables.parse(defaultFailureTables), defaultFailureTables);
  });

  it('can be replaced one by one by settings, and refuse what makes no sense', () => {
    const loops = { ...defaultFailureTables.loops, mostAttempts: 7 };
    const settings = failureSettings.parse({ loops });
    assert.deepEqual(failureTablesWith(settings), { ...defaultFailureTables, loops });
    for (const wrong of [
      { loops: { ...loops, mostAttempts: 0 } },
      { loops: { mostAttempts: 7 } },
      { loops: { ...loops, surprise: 1 } },
      { unknown: {} },
    ])
      assert.equal(failureSettings.safeParse(wrong).success, false, JSON.stringify(wrong));
  });
});
