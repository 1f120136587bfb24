import type { NodeDetail, RunProgressView } from '../../schemas';
import { problem } from '../base';
import type { Job } from './job';
import { sentences } from './output';
import { summarise } from './summary';
import { exitCodes } from './texts';
import type { Sidecar } from './wire';

export async function listRuns(job: Job): Promise<number> {
  const { runs } = await (await job.open()).call('runList', {});
  job.print.document({ runs });
  if (runs.length === 0) job.print.say('runsNone');
  for (const { run, state, title, nodes } of runs)
    job.print.say('runsLine', { run, state, title, completed: nodes.completed, total: nodes.total });
  return exitCodes.done;
}

export async function showRun(
  job: Job,
  given: string,
  options: { readonly nodes?: boolean },
): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  const shown = await sidecar.call('runShow', { run });
  summarise(job, shown, { reviewed: false });
  const detail = await sidecar.call('runDetail', { run });
  job.print.line({ type: 'detail', ...detail });
  if (options.nodes === true || shown.summary.kind === 'melody')
    for (const node of detail.nodes) sayNode(job, node);
  sayProgress(job, detail.progress);
  for (const { node, question } of detail.questions) {
    job.print.say('question', { text: sentences(question.problem) });
    if (question.kind === 'input') job.print.say('inputHow', { run, node });
    else job.print.say('questionHow', { run, question: question.id, choices: question.choices.join(' | ') });
  }
  return shown.summary.state === 'waiting' ? exitCodes.waiting : exitCodes.done;
}

export async function commandRun(
  job: Job,
  given: string,
  command: 'pause' | 'resume' | 'cancel',
  options: { readonly reason?: string },
): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  return sayState(job, run, await sidecar.call('runCommand', { run, command, ...reason }));
}

export async function answerRun(job: Job, given: string, question: string, answer: string): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  return sayState(job, run, await sidecar.call('runAnswer', { run, question, answer }));
}

/** Says where a run stands after something was done to it. */
export function sayState(job: Job, run: string, now: { readonly state: string }): number {
  job.print.document({ run, ...now });
  job.print.say('commandDone', { run, state: now.state });
  return exitCodes.done;
}

/**
 * The run that is meant by an id or an unmistakable beginning of one, with `run-` or without. What fits none is
 * given back as it is, so that the sidecar says so. Throws `run.ambiguous`.
 */
export async function runNamed(sidecar: Sidecar, given: string): Promise<string> {
  const { runs } = await sidecar.call('runList', {});
  const ids = runs.map(({ run }) => run);
  if (ids.includes(given)) return given;
  const fitting = ids.filter((id) => id.startsWith(given) || id.startsWith(`run-${given}`));
  if (fitting.length > 1) {
    const matches = fitting.slice(0, 5).join(', ');
    throw problem('run.ambiguous', { run: given, count: fitting.length, matches });
  }
  return fitting[0] ?? given;
}

function sayProgress({ print }: Job, progress: RunProgressView): void {
  const { percentage, completed, skipped, total, running, queued, waiting, failed, etaMs } = progress;
  print.say('progressLine', {
    percentage,
    done: completed + skipped,
    total,
    running,
    queued,
    waiting,
    failed,
  });
  if (etaMs !== null && etaMs > 0)
    print.say('progressEta', { eta: duration(etaMs), most: duration(progress.etaMostMs ?? etaMs) });
}

function sayNode({ print }: Job, node: NodeDetail): void {
  const { id, state, attempts, startedAt, endedAt, skipped, problem: why } = node;
  const took = startedAt === null || endedAt === null ? '' : duration(endedAt - startedAt - node.waitedMs);
  const note = skipped === null ? took : `(${skipped})`;
  print.say('nodeLine', { state, id, title: node.title, attempts, note });
  if (why !== null && state === 'failed') print.raw(`      ${sentences(why).split('\n')[0]!}\n`);
}

/** `95000` as `1 min 35 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
