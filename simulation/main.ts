import { openSimulator, type SeedResult } from '.';

/** Every how many seeds a history is played twice. */
const twiceEvery = 10;

export interface Range {
  readonly from: number;
  readonly seeds: number;
  /** Ends at the first violation. */
  readonly untilFound?: boolean;
}

/** Plays the histories of a range of seeds; what failed is in the result. */
export async function playRange({ from, seeds, untilFound = false }: Range) {
  const simulator = await openSimulator();
  const failures: SeedResult[] = [];
  const totals = { seeds: 0, events: 0, deaths: 0, steps: 0 };
  const [began, busy] = [performance.now(), process.cpuUsage()];
  for (let seed = from; seed < from + seeds; seed++) {
    const result = seed % twiceEvery === 0 ? await simulator.playTwice(seed) : await simulator.play(seed);
    totals.seeds++;
    totals.events += result.events;
    totals.deaths += result.deaths;
    totals.steps += result.steps;
    if (!result.violation) continue;
    failures.push(result);
    if (untilFound) break;
  }
  const { user, system } = process.cpuUsage(busy);
  return {
    failures,
    totals,
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** Plays one history and tells it line by line. */
export async function playTraced(seed: number, tell: (line: string) => void): Promise<SeedResult> {
  return (await openSimulator()).play(seed, tell);
}
