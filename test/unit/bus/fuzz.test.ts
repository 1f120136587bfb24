import { strict as assert } from 'node:assert';
import { fuzzFrames } from '../../fuzz/frames';

describe('mutated frames', () => {
  it('make the bus neither throw nor hang, and keep nobody else from being served', async function () {
    this.timeout(600_000);
    const count = process.env['SYMPHONY_TIER'] === 'long' ? 1_000_000 : 50_000;
    const { frames, passed, closed, violations } = await fuzzFrames({ seed: 1, count });
    assert.equal(frames, count);
    // They must reach the depths: enough pass, and those that do not fail in many ways.
    assert.ok(passed > count / 5, `${passed} passed`);
    assert.ok(closed > count / 10, `${closed} closed`);
    assert.ok(Object.keys(violations).length > 15, Object.keys(violations).join());
  });
});
