import type { FiringView } from '../../schemas';
import type { Job } from './job';
import { sentences } from './output';
import { belowRoot } from './settings';
import { exitCodes } from './texts';
import { valuesOf } from './values';

export async function listTriggers(job: Job): Promise<number> {
  const { triggers } = await (await job.open()).call('triggerList', {});
  job.print.document({ triggers });
  if (triggers.length === 0) job.print.say('triggersNone');
  for (const { melody, trigger, on, state, nextDue, problem } of triggers) {
    const next = nextDue === null ? '' : job.print.text('triggerNext', { time: timeOf(nextDue) });
    job.print.say('triggerLine', { melody, trigger, on: on ?? '–', state, next });
    if (problem !== null) job.print.raw(`    ${sentences(problem).split('\n')[0]!}\n`);
  }
  return exitCodes.done;
}

export async function armTrigger(job: Job, file: string, trigger: string): Promise<number> {
  const melody = belowRoot(job, file);
  const armed = await (await job.open()).call('triggerArm', { melody, trigger });
  job.print.document(armed);
  job.print.say('triggerArmed', { melody, trigger });
  if (armed.webhook !== null) job.print.say('triggerWebhook', armed.webhook);
  return exitCodes.done;
}

export async function disarmTrigger(job: Job, file: string, trigger: string): Promise<number> {
  const melody = belowRoot(job, file);
  await (await job.open()).call('triggerDisarm', { melody, trigger });
  job.print.document({ melody, trigger, state: 'disarmed' });
  job.print.say('triggerDisarmed', { melody, trigger });
  return exitCodes.done;
}

export async function fireTrigger(
  job: Job,
  file: string,
  trigger: string,
  options: { readonly input?: readonly string[] },
): Promise<number> {
  const melody = belowRoot(job, file);
  const inputs = valuesOf(options.input ?? [], () => undefined);
  const { firing } = await (await job.open()).call('triggerFire', { melody, trigger, inputs });
  job.print.document({ firing });
  if (firing.run !== null) job.print.say('started', { run: firing.run });
  return exitCodes.done;
}

export async function triggerHistory(job: Job): Promise<number> {
  const { firings } = await (await job.open()).call('triggerHistory', { limit: 100 });
  job.print.document({ firings });
  if (firings.length === 0) job.print.say('firingsNone');
  for (const one of firings) sayFiring(job, one);
  return exitCodes.done;
}

function sayFiring({ print }: Job, { at, melody, trigger, state, run, problem, missed }: FiringView): void {
  const what = run ?? (problem === null ? '' : sentences(problem).split('\n')[0]!);
  const more = missed === 0 ? '' : print.text('firingMissed', { missed });
  print.say('firingLine', { time: timeOf(at), melody, trigger, state, what, more });
}

const timeOf = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 16);
