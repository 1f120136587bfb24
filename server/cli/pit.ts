import type { PitServiceStatus } from '../../schemas';
import type { Job } from './job';
import { sentences } from './output';
import { exitCodes } from './texts';

export async function showPit(job: Job): Promise<number> {
  const { services } = await (await job.open()).call('pitStatus', {});
  return show(job, services);
}

export async function restartPit(job: Job): Promise<number> {
  const { services } = await (await job.open()).call('pitRestart', {});
  return show(job, services);
}

/** A line per service, then its rows; ends with `failed` where one does not run. */
function show({ print }: Job, services: readonly PitServiceStatus[]): number {
  print.document({ services });
  for (const { name, state, problem, totals, rows } of services) {
    print.say('pitService', { name, state, totals: factsText(totals) });
    if (problem !== null) print.raw(`    ${sentences(problem).split('\n')[0]!}\n`);
    for (const row of rows) print.say('pitRow', { ...row, facts: factsText(row.facts) });
  }
  return services.every(({ state }) => state === 'running') ? exitCodes.done : exitCodes.failed;
}

const factsText = (facts: Readonly<Record<string, string | number | null>>): string =>
  Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
