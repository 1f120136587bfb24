import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256 } from '../../server/base/node';
import { ctx, dayMs, HandClock, openWorld } from '../unit/stale/world';

const runner = path.join(__dirname, 'staleRunner.ts');
const kills = process.env['SYMPHONY_TIER'] === 'long' ? 100 : 5;

describe('a Stale Manager whose process is killed', function () {
  this.timeout(kills * 10_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'symphony-stale-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A life that is killed `ms` after it first acknowledged something; what it acknowledged. */
  const live = (life: number, ms: number): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', 'tsx', runner, folder, String(life)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        if (said === '') setTimeout(() => child.kill('SIGKILL'), ms);
        said += chunk.toString();
      });
      child.once('error', reject);
      child.once('close', (_, signal) => {
        if (signal !== 'SIGKILL') return reject(new Error(`it ended by itself: ${said.slice(-200)}`));
        resolve(said.split('\n').slice(0, -1));
      });
    });

  it('loses nothing that was archived, removed or brought back', async () => {
    const acknowledged = new Set<string>();
    for (let life = 0; life < kills; life++) {
      // Spread over the work of a life by a fixed rule.
      for (const hash of await live(life, 5 + ((life * 97) % 700))) acknowledged.add(hash);
      const clock = new HandClock(Date.UTC(2026, 0, 1) + (life * 36 + 35) * dayMs);
      const world = await openWorld(folder, { clock });
      // The first work brings to an end what was interrupted.
      await world.stale.evaluate(ctx);
      assert.deepEqual(await world.artifacts.check(ctx), [], `life ${life}`);
      for (const hash of acknowledged) {
        const bytes = (await world.artifacts.get(hash)) ?? (await world.stale.recall(ctx, hash));
        assert.ok(bytes, `life ${life}: ${hash} is gone`);
        assert.equal(sha256(bytes), hash);
      }
      for (const { run } of world.stale.archived()) await world.stale.restore(ctx, run);
      assert.deepEqual(await world.artifacts.check(ctx), [], `life ${life}`);
      await world.close();
    }
    assert.ok(acknowledged.size > kills);
  });
});
