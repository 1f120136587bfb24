import { parseArgs } from 'node:util';
import { loadSimulation } from './bundle';

const usage = 'npm run simulate -- [--seeds N] [--from S] | --seed S [--trace]';

/** The command line of the simulation; prints one line per failing seed. Returns the exit code. */
async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  const [seeds, from, seed] = [values.seeds, values.from, values.seed ?? '0'].map(Number);
  if (![seeds, from, seed].every((value) => Number.isSafeInteger(value) && value! >= 0)) {
    console.error(usage);
    return 2;
  }
  const simulation = await loadSimulation();
  if (values.seed !== undefined) {
    const result = await simulation.playTraced(
      seed!,
      values.trace ? (line) => console.log(line) : () => undefined,
    );
    console.log(
      result.violation
        ? lineOf(result.seed, result.violation)
        : `seed ${seed} holds: ${result.events} events`,
    );
    return result.violation ? 1 : 0;
  }
  const { failures, totals, seconds, cpuSeconds } = await simulation.playRange({
    from: from!,
    seeds: seeds!,
  });
  for (const { seed: failed, violation } of failures) console.log(lineOf(failed, violation!));
  const rate = (of: number): number => Math.round(totals.seeds / of);
  console.log(`${totals.seeds} seeds, ${failures.length} failed`);
  console.log(`  ${totals.events} events, ${totals.deaths} deaths of a process, ${totals.steps} steps`);
  console.log(
    `  ${seconds.toFixed(1)} s: ${rate(seconds)} seeds/s, ${rate(cpuSeconds)} a second of processor time`,
  );
  return failures.length === 0 ? 0 : 1;
}

const lineOf = (seed: number, { rule, detail }: { rule: string; detail: string }): string =>
  `seed ${seed}: ${rule}: ${detail}\n  npm run simulate -- --seed ${seed} --trace`;

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
