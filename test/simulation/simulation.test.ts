import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadSimulation } from '../../simulation/bundle';
import { bugs } from './bugs';

/** A planted bug must be found among as many seeds as the product is known to pass. */
const seeds = 2_000;
const isLong = process.env['SYMPHONY_TIER'] === 'long';

const line = ({
  seed,
  violation,
}: {
  seed: number;
  violation: { rule: string; detail: string } | undefined;
}) => `seed ${seed}: ${violation?.rule}: ${violation?.detail} (npm run simulate -- --seed ${seed} --trace)`;

describe('simulation', function () {
  this.timeout(isLong ? 1_200_000 : 300_000);

  it(`holds in the histories of ${isLong ? 20_000 : seeds} seeds`, async () => {
    const { playRange } = await loadSimulation();
    const { failures, totals, seconds } = await playRange({ from: 1, seeds: isLong ? 20_000 : seeds });
    assert.deepEqual(failures.map(line), []);
    // A world in which nothing happens would hold as well.
    assert.ok(totals.deaths > totals.seeds, `${totals.deaths} processes died`);
    assert.ok(totals.events > 5 * totals.seeds, `${totals.events} events were recorded`);
    console.log(`      ${Math.round(totals.seeds / seconds)} seeds/s`);
  });

  it('holds in the histories of the seeds that failed once', async () => {
    const { playTraced } = await loadSimulation();
    const known = readFileSync(path.join(__dirname, 'seeds.json'), 'utf8');
    for (const seed of JSON.parse(known) as readonly number[]) {
      const result = await playTraced(seed, () => undefined);
      assert.equal(result.violation, undefined, line(result));
    }
  });

  for (const bug of bugs)
    it(`finds a planted bug: ${bug.name}`, async () => {
      const { playRange } = await loadSimulation(bug.name.replaceAll(' ', '-'), bug.changes);
      const { failures, totals } = await playRange({ from: 1, seeds, untilFound: true });
      assert.equal(failures.length, 1, `${bug.name} was not noticed in ${totals.seeds} seeds`);
      const { violation, seed } = failures[0]!;
      assert.ok(
        bug.breaks.includes(violation!.rule),
        `seed ${seed}: ${violation!.rule}: ${violation!.detail}`,
      );
      console.log(`      seed ${seed}: ${violation!.rule}`);
    });
});
