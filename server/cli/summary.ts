import type { ClientRequests, PlanReport, ResultOf, RunSummary, Usage } from '../../schemas';
import type { Job } from './job';
import type { Sidecar } from './wire';

type Shown = ResultOf<ClientRequests['runShow']>;

const marks = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R' } as const;

/** What each plan changed, how it was verified and what it cost; then how to go on. */
export function summarise(job: Job, shown: Shown, options: { readonly reviewed: boolean }): void {
  const { print } = job;
  const { summary, plans } = shown;
  print.line({ type: 'summary', ...shown });
  print.say('summaryTitle', { title: summary.title, state: summary.state });
  for (const plan of plans) summarisePlan(job, plan);
  const milliseconds = (summary.endedAt ?? summary.createdAt) - summary.createdAt;
  print.say('summaryTotal', {
    tokens: tokens(summary.usage),
    cost: cost(summary.usage, print.text('costUnknown')),
    seconds: seconds(milliseconds),
  });
  if (summary.problem !== null) print.problem(summary.problem);
  if (summary.state !== 'completed') print.say('summaryResume', { run: summary.run });
  else if (summary.changeset !== null && !options.reviewed)
    print.say('summaryReview', { changeset: summary.changeset, root: job.root });
}

/** Accepts every file of the run's changeset; false when one was refused. */
export async function acceptAll(job: Job, sidecar: Sidecar, summary: RunSummary): Promise<boolean> {
  if (summary.changeset === null) return true;
  const { changeset } = summary;
  const { files } = await sidecar.call('reviewDecide', { changeset, decision: 'accept', dirty: [] });
  return showDecisions(job, files);
}

/** Says what became of each file; false when one was refused. */
export function showDecisions(job: Job, files: ResultOf<ClientRequests['reviewDecide']>['files']): boolean {
  job.print.line({ type: 'decided', files });
  for (const { path, result, problem } of files) {
    job.print.say('decided', { path, result });
    if (problem !== null) job.print.problem(problem);
  }
  return files.every(({ result }) => result !== 'refused');
}

function summarisePlan({ print }: Job, plan: PlanReport): void {
  print.say('summaryPlan', { plan: plan.plan, title: plan.title, state: plan.state });
  for (const { path, change, added, removed } of plan.files)
    print.say('summaryFile', { mark: marks[change], path, added, removed });
  for (const { command, exitCode, milliseconds } of plan.verified)
    print.say('summaryVerified', {
      mark: exitCode === 0 ? '✓' : '✗',
      command,
      seconds: seconds(milliseconds),
    });
  print.say('summaryCost', {
    turns: plan.turns,
    tokens: tokens(plan.usage),
    cost: cost(plan.usage, print.text('costUnknown')),
    seconds: seconds(plan.milliseconds),
  });
  if (plan.problem !== null) print.problem(plan.problem);
}

const tokens = (usage: Usage): string => (usage.inputTokens + usage.outputTokens).toLocaleString('en');
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
const cost = ({ usd }: Usage, unknown: string): string =>
  usd === undefined ? unknown : `$${usd.toFixed(4)}`;
