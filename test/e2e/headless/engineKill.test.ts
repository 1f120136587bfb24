/**
 * A host of the engine with a pool of child processes is killed with SIGKILL at seeded random moments of runs of
 * 2,000 nodes. Nothing acknowledged is lost, nothing whose outcome is recorded is done again, no process stays
 * behind, and every run comes to what an undisturbed one comes to.
 */
import { strict as assert } from 'node:assert';
import { mulberry32 } from './aftermath';
import { killedRuns, type Life } from './engineKillWorld';

const isLong = process.env['SYMPHONY_TIER'] === 'long';
const seed = Number(process.env['SYMPHONY_SEED'] ?? 20261120);
const least = isLong ? { kills: 200, runs: 10 } : { kills: 20, runs: 1 };
const killsPerRun = least.kills / least.runs;

/** A recovery takes no longer, from the opening of the journal to the next node at work. */
const mostRecoveryMs = 1000;

describe('kill -9 of an engine with a pool of processes', function () {
  this.timeout(isLong ? 1_800_000 : 180_000);
  const begin = killedRuns();

  it(`loses nothing and repeats nothing at ${least.kills} moments (seed ${seed})`, async () => {
    const undisturbed = begin();
    const whole = await undisturbed.live(undefined);
    assert.ok(whole.isOver);
    const expected = undisturbed.result();
    assert.equal(expected['state'], 'completed');
    assert.ok(Object.keys(expected['nodes'] as object).length >= 2000);

    const random = mulberry32(seed);
    const lives: Life[] = [];
    let kills = 0;
    for (let count = 0; kills < least.kills || count < least.runs; count++) {
      const run = begin();
      for (let here = 0, isOver = false; !isOver; here++) {
        // On the average a life takes its share of the whole run, and the way there.
        const share = (whole.livedMs / (killsPerRun + 2)) * 2;
        const life = await run.live(here < killsPerRun ? random() * (share + 60) : undefined);
        ({ isOver } = life);
        lives.push(life);
        if (!isOver) kills++;
      }
      assert.deepEqual(run.result(), expected, `run ${count + 1} comes to the same`);
      run.remove();
    }
    report(kills, whole, lives);
    for (const { recoveredMs = 0 } of lives) assert.ok(recoveredMs < mostRecoveryMs, `${recoveredMs} ms`);
    assert.ok(
      lives.some(({ again }) => again > 0),
      'work without an outcome was done again: the kills met work',
    );
  });
});

function report(kills: number, whole: Life, lives: readonly Life[]): void {
  const times = lives.flatMap(({ recoveredMs }) => recoveredMs ?? []).sort((a, b) => a - b);
  const [median, most] = [times[times.length >> 1]!, times.at(-1)!].map(Math.round);
  const again = lives.reduce((sum, life) => sum + life.again, 0);
  console.log(
    `      ${kills} kills; recovered ${times.length} times, median ${median} ms, most ${most} ms; ` +
      `${again} pieces of work without an outcome done again; undisturbed ${Math.round(whole.livedMs)} ms`,
  );
}
