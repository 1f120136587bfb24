import type { ClientRequests, ResultOf } from '../../schemas';
import { follow } from './follow';
import { problem } from '../base';
import type { Job } from './job';
import { belowRoot, linesOf, provide, type ModelOptions } from './settings';
import { acceptAll, summarise } from './summary';
import { exitCodes } from './texts';
import type { Sidecar } from './wire';

type Preview = ResultOf<ClientRequests['runPreview']>;

export interface ExecuteOptions extends ModelOptions {
  readonly approve?: readonly string[];
  readonly approveAllShown?: boolean;
  readonly yes?: boolean;
  readonly accept?: boolean;
}

/** Previews a phase, gets the commands approved, starts the run and follows it to its end. */
export async function execute(job: Job, phase: string, options: ExecuteOptions): Promise<number> {
  const looking = await openProvided(job, options);
  const preview = await looking.call('runPreview', { phase });
  show(job, preview, options.model);
  const approved = await approvals(job, preview.commands, options);
  if (approved === undefined) return exitCodes.done;
  const model = options.model === undefined ? {} : { model: options.model };
  looking.close();
  return accompany(job, options, (sidecar) =>
    sidecar.call('runExecute', { phase: preview.phase, approved, ...model }),
  );
}

export interface AskOptions extends ModelOptions {
  readonly lines?: string;
  readonly accept?: boolean;
}

/** Starts an agent on a file and follows it to its end. */
export async function ask(job: Job, file: string, instruction: string, options: AskOptions): Promise<number> {
  const lines = linesOf(options.lines);
  const path = belowRoot(job, file);
  const model = options.model === undefined ? {} : { model: options.model };
  return accompany(job, options, (sidecar) =>
    sidecar.call('runAsk', { path, instruction, ...(lines === undefined ? {} : { lines }), ...model }),
  );
}

/** Attaches and hands over what only this command line knows: providers and API keys. */
export async function openProvided(job: Job, options: ModelOptions): Promise<Sidecar> {
  const sidecar = await job.open();
  await provide(job, sidecar, options);
  return sidecar;
}

/** Starts a run, follows it to its end and says what came of it. */
export async function accompany(
  job: Job,
  options: ModelOptions & { readonly accept?: boolean },
  start: (sidecar: Sidecar) => Promise<{ run: string }>,
): Promise<number> {
  const end = await follow(job, () => openProvided(job, options), start);
  if (end.kind === 'detached') return exitCodes.interrupted;
  const shown = await end.sidecar.call('runShow', { run: end.run });
  if (end.kind === 'waiting') {
    job.print.line({ type: 'waiting', questions: shown.summary.questions });
    return exitCodes.waiting;
  }
  const good = shown.summary.state === 'completed';
  const accepted = good && options.accept === true ? await acceptAll(job, end.sidecar, shown.summary) : true;
  summarise(job, shown, { reviewed: options.accept === true });
  return good && accepted ? exitCodes.done : exitCodes.failed;
}

function show(job: Job, preview: Preview, model: string | undefined): void {
  const { print } = job;
  print.line({ type: 'preview', preview });
  print.say('previewTitle', { phase: preview.phase, title: preview.title });
  const chosen = model ?? preview.model;
  if (chosen === null) print.say('previewNoModel');
  else print.say('previewModel', { model: chosen });
  for (const wave of [...new Set(preview.plans.map((plan) => plan.wave))].sort((a, b) => a - b)) {
    print.say('previewWave', { wave });
    for (const plan of preview.plans.filter((one) => one.wave === wave))
      print.say('previewPlan', { plan: plan.id, title: plan.title });
  }
  if (preview.commands.length > 0) print.say('previewCommands');
  for (const { plan, command, hash, approved } of preview.commands)
    print.say('previewCommand', { mark: approved ? '✓' : '?', plan, command, hash });
  for (const found of preview.problems) print.problem(found);
}

/** The approved hashes, or undefined when the person rather starts nothing. */
export async function approvals(
  job: Job,
  commands: readonly { readonly hash: string; readonly approved: boolean }[],
  options: ExecuteOptions,
): Promise<string[] | undefined> {
  const { terminal, signal } = job.host;
  const given = new Set(options.approve ?? []);
  const missing = commands.filter(({ hash, approved }) => !approved && !given.has(hash));
  const approved = [...given];
  if (missing.length > 0) {
    if (options.approveAllShown !== true) {
      if (!terminal.interactive || job.print.json)
        throw problem('run.notApproved', { count: missing.length });
      const answer = await terminal.question(
        job.print.text('approveQuestion', { count: missing.length }),
        signal,
      );
      if (!/^y(es)?$/i.test(answer.trim())) throw problem('run.notApproved', { count: missing.length });
    }
    approved.push(...new Set(missing.map(({ hash }) => hash)));
  } else if (
    terminal.interactive &&
    !job.print.json &&
    options.yes !== true &&
    options.approveAllShown !== true
  ) {
    const answer = await terminal.question(job.print.text('startQuestion'), signal);
    if (/^n(o)?$/i.test(answer.trim())) {
      job.print.say('notStarted');
      return undefined;
    }
  }
  return approved;
}
