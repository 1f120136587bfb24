import type { Job } from './job';
import { summarise } from './summary';
import { exitCodes } from './texts';

export async function listRuns(job: Job): Promise<number> {
  const { runs } = await (await job.open()).call('runList', {});
  job.print.document({ runs });
  if (runs.length === 0) job.print.say('runsNone');
  for (const { run, state, title, nodes } of runs)
    job.print.say('runsLine', { run, state, title, completed: nodes.completed, total: nodes.total });
  return exitCodes.done;
}

export async function showRun(job: Job, run: string): Promise<number> {
  const shown = await (await job.open()).call('runShow', { run });
  summarise(job, shown, { reviewed: false });
  return shown.summary.state === 'waiting' ? exitCodes.waiting : exitCodes.done;
}

export async function commandRun(
  job: Job,
  run: string,
  command: 'pause' | 'resume' | 'cancel' | 'retry',
): Promise<number> {
  const { state } = await (await job.open()).call('runCommand', { run, command });
  job.print.document({ run, state });
  job.print.say('commandDone', { run, state });
  return exitCodes.done;
}

export async function answerRun(job: Job, run: string, question: string, answer: string): Promise<number> {
  const { state } = await (await job.open()).call('runAnswer', { run, question, answer });
  job.print.document({ run, state });
  job.print.say('commandDone', { run, state });
  return exitCodes.done;
}
