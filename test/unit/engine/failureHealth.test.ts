import { strict as assert } from 'node:assert';
import { defaultFailureTables, healthOf, healthScore, isModelFault } from '../../../server/engine/failure';

const table = defaultFailureTables.health;

describe('failure policy: how far a model can be relied on', () => {
  /** Outcomes as text: + is a success, - a failure. */
  const fold = (outcomes: string) =>
    healthOf(
      [...outcomes].map((one) => one === '+'),
      table,
    );
  const check = (outcomes: string, health: string, scope = 'none'): void => {
    const found = fold(outcomes);
    assert.deepEqual([found.health, found.scope], [health, scope], outcomes);
  };
  const toStable = '--';
  const toUnstable = `${toStable}---`;
  const toCritical = `${toUnstable}---`;
  const toBlacklisted = `${toCritical}-----`;
  const well = (times: number): string => '+'.repeat(times);

  it('degrades by the counts of the table, within their windows', () => {
    check('', 'healthy');
    check('-', 'healthy');
    check(`-${well(18)}-`, 'stable');
    check(`-${well(19)}-`, 'healthy');
    check(toStable, 'stable');
    check(`${toStable}-${well(6)}-+-`, 'unstable');
    check(toUnstable, 'unstable');
    check(toCritical, 'critical');
    check(toBlacklisted, 'blacklisted', 'session');
  });

  it('recovers by the counts of the table', () => {
    check(`${toStable}${well(7)}`, 'stable');
    check(`${toStable}${well(8)}`, 'healthy');
    check(`${toStable}--${well(8)}`, 'healthy');
    check(`${toUnstable}${well(10)}`, 'stable');
    check(`${toCritical}${well(15)}`, 'unstable');
    check(`${toBlacklisted}${well(19)}`, 'blacklisted', 'session');
    check(`${toBlacklisted}${well(20)}`, 'critical', 'session');
    check(`${toBlacklisted}${well(10)}-${well(19)}`, 'blacklisted', 'session');
    check(`${toBlacklisted}${well(10)}-${well(20)}`, 'critical', 'session');
  });

  it('goes back to the blacklist, now for ever, at the first degradation of the probation', () => {
    const back = `${toBlacklisted}${well(20)}`;
    check(`${back}-----`, 'blacklisted', 'global');
    // 15 successes lead to unstable, 10 more to stable, 8 more to healthy; 33 of the 50 attempts are over.
    check(`${back}${well(33)}--`, 'blacklisted', 'global');
    check(`${back}${well(50)}--`, 'stable', 'session');
  });

  it('says how many of 100 succeed', () => {
    assert.equal(healthScore(fold('')), 100);
    assert.equal(healthScore(fold(`-${well(3)}`)), 75);
  });

  it('blames the model only for what is its own', () => {
    const codes = ['model.silent', 'model.serverError', 'model.noKey', 'verify.failed', 'cancelled'] as const;
    assert.deepEqual(
      codes.map((code) => isModelFault({ code, args: {} })),
      [true, true, false, false, false],
    );
  });
});
