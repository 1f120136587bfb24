import { strict as assert } from 'node:assert';
import { Condition, type ResourceHealth } from '../../../server/pool/health';

/** The health after uses that took so long; a negative time is a failure. */
function check(
  uses: readonly number[],
  expected: ResourceHealth,
  [bytes, needs]: [number, number] = [0, 0],
): void {
  const condition = new Condition();
  for (const ms of uses) condition.add(ms >= 0, Math.abs(ms));
  assert.equal(condition.health(bytes, needs), expected);
}

const times = (count: number, ms: number): number[] => new Array<number>(count).fill(ms);

describe('the health of a resource', () => {
  it('is unknown before there is enough to tell', () => {
    check([], 'unknown');
    check(times(3, -10), 'unknown');
  });

  it('follows errors', () => {
    check(times(20, 10), 'healthy');
    check([...times(17, 10), ...times(3, -10)], 'degraded');
    check([...times(8, 10), ...times(12, -10)], 'unhealthy');
    check([...times(12, -10), ...times(20, 10)], 'healthy');
  });

  it('follows latency beside the usual one', () => {
    check([...times(100, 10), ...times(20, 25)], 'healthy');
    check([...times(100, 10), ...times(20, 50)], 'degraded');
    check(times(20, 5000), 'healthy');
  });

  it('follows memory beside what was set aside', () => {
    check(times(10, 1), 'healthy', [150, 100]);
    check(times(10, 1), 'degraded', [250, 100]);
    check(times(10, 1), 'healthy', [250, 0]);
  });
});
