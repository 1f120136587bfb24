import path from 'node:path';
import type { Job } from './job';
import { sentences } from './output';
import { exitCodes } from './texts';

/** Things listed at most; `--json` gives as many, and the plan pages on. */
const most = 200;

export async function planCleaning(job: Job): Promise<number> {
  const plan = await (await job.open()).call('staleEvaluate', { plan: null, from: 0, most });
  const { print } = job;
  print.document(plan);
  for (const { decision, kind, label, bytes, value, reasons } of plan.items) {
    print.say('staleItem', { decision, kind, label, bytes, value: Math.round(value) });
    for (const reason of reasons) print.raw(`    ${sentences(reason).split('\n')[0]!}\n`);
  }
  if (plan.asks !== null) print.raw(`${sentences(plan.asks)}\n`);
  print.say('stalePlan', { plan: plan.plan, items: plan.totals.items, bytes: plan.totals.bytes });
  return exitCodes.done;
}

export async function applyCleaning(
  job: Job,
  plan: string,
  { yes = false, evenTooMuch = false }: { readonly yes?: boolean; readonly evenTooMuch?: boolean },
): Promise<number> {
  const sidecar = await job.open();
  const { cleaning } = await sidecar.call('staleApply', { plan, only: null, confirmed: yes, evenTooMuch });
  job.print.document({ cleaning });
  job.print.say('staleApplied', {
    ...{ archived: cleaning.archived, deleted: cleaning.deleted, bytes: cleaning.bytes },
    kept: cleaning.kept.length,
  });
  if (cleaning.until !== null) job.print.say('staleUndoHint', { cleaning: cleaning.id });
  return exitCodes.done;
}

export async function undoCleaning(job: Job, cleaning: string): Promise<number> {
  const { restored } = await (await job.open()).call('staleUndo', { cleaning });
  job.print.document({ restored });
  job.print.say('staleRestored', { restored });
  return exitCodes.done;
}

export async function archiveRun(job: Job, run: string): Promise<number> {
  const archived = await (await job.open()).call('staleArchive', { run });
  job.print.document(archived);
  job.print.say('staleArchived', archived);
  return exitCodes.done;
}

export async function restoreRun(job: Job, run: string): Promise<number> {
  const { restored } = await (await job.open()).call('staleRestore', { run });
  job.print.document({ restored });
  job.print.say('staleRestored', { restored });
  return exitCodes.done;
}

export async function exportTraining(
  job: Job,
  file: string,
  { decidedOnly = false }: { readonly decidedOnly?: boolean },
): Promise<number> {
  const whole = path.resolve(job.host.cwd, file);
  const written = await (await job.open()).call('staleExport', { path: whole, decidedOnly });
  job.print.document(written);
  job.print.say('staleExported', { ...written, path: whole });
  return exitCodes.done;
}
