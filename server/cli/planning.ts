import path from 'node:path';
import { codes, fillText } from '../../schemas/codes';
import type { ClientRequests, ResultOf } from '../../schemas';
import { problem, silentLog } from '../base';
import type { Job } from './job';
import { UsageError } from './settings';
import { exitCodes, texts } from './texts';

/** Loaded when a command needs it: most of them ask the sidecar and read no file. */
const tool = () => import('../planningTool');
const contextOf = (job: Job) => ({ signal: job.host.signal, log: silentLog });

/** The tree of a folder from its files, or of the workspace from its sidecar. */
export async function showPlanning(job: Job, folder: string | undefined): Promise<number> {
  if (folder === undefined) return printTree(job, await (await job.open()).call('planningShow', {}));
  const { projectOf, showTree } = await tool();
  return printTree(job, await showTree(await projectOf(at(job, folder))));
}

function printTree(job: Job, view: ResultOf<ClientRequests['planningShow']>): number {
  job.print.document(view);
  if (!view.present) job.print.say('planningNone');
  for (const milestone of view.milestones) {
    job.print.say('planningMilestone', { name: milestone.name, state: milestone.state });
    for (const phase of milestone.phases) {
      job.print.say('planningPhase', { id: phase.id, name: phase.name, state: phase.state });
      for (const plan of phase.plans)
        job.print.say('planningPlan', { id: plan.id, title: plan.title, state: plan.state });
    }
  }
  if (!job.print.json) for (const found of view.problems) job.print.problem(found);
  return exitCodes.done;
}

/** Prints what a person should look at as `file:line: text`; fails where there are errors. */
export async function lintPlanning(job: Job, folders: readonly string[]): Promise<number> {
  const { projectOf, lintTree } = await tool();
  const all = [];
  for (const folder of folders) {
    const project = await projectOf(at(job, folder));
    for (const { file, line, severity, problem: found } of await lintTree(project)) {
      // The place stands in front of the line already.
      const text = fillText(codes[found.code].message.replace(/^\{file\} line \{line\}: /, ''), found.args);
      all.push({ folder, file, line, severity, code: found.code, args: found.args, text });
      job.print.say('planningLint', { place: line === null ? file : `${file}:${line}`, severity, text });
    }
  }
  job.print.document(all);
  const errors = all.filter(({ severity }) => severity === 'error').length;
  job.print.say('planningLinted', { errors, others: all.length - errors });
  return errors > 0 ? exitCodes.failed : exitCodes.done;
}

/** Proves that every file comes back byte for byte from what is understood of it. */
export async function roundtripPlanning(job: Job, folders: readonly string[]): Promise<number> {
  const { projectOf, roundtripTree } = await tool();
  const reports = [];
  for (const folder of folders) {
    const report = await roundtripTree(await projectOf(at(job, folder)));
    reports.push({ folder, ...report });
    for (const found of report.problems) job.print.problem(found);
    for (const file of report.different) job.print.problem({ code: 'planning.notLossless', args: { file } });
    for (const [kind, { bytes, understood }] of Object.entries(report.kinds))
      job.print.say('planningKind', { kind, bytes, percent: (understood * 100).toFixed(1) });
    const { files, different } = report;
    job.print.say('planningRoundtrip', { folder, same: files - different.length, files });
  }
  job.print.document(reports);
  const isWhole = reports.every(({ different, problems }) => different.length + problems.length === 0);
  return isWhole ? exitCodes.done : exitCodes.failed;
}

export interface SetOptions {
  readonly byHand?: boolean;
  readonly section?: string;
  readonly workstream?: string;
}

/** Sets a field of STATE, ticks a plan, or marks a requirement: that line and nothing else. */
export async function setPlanning(
  job: Job,
  folder: string,
  what: string,
  name: string,
  value: string,
  options: SetOptions,
): Promise<number> {
  const { changeTree, prepareChange, projectOf } = await tool();
  const project = await projectOf(at(job, folder));
  const prepared = await prepareChange(project, changeOf(what, name, value), options);
  const byHand = prepared.needsWord && (await vouched(job, `${what} ${name}`, options));
  const edited = await changeTree(contextOf(job), project, job.host.env, prepared, byHand);
  job.print.document({ ...edited, byHand });
  if (edited.id === null) job.print.say('planningSame', { path: edited.path });
  else job.print.say('planningSet', { path: edited.path, reason: prepared.reason, edit: edited.id });
  return exitCodes.done;
}

/** Takes back an edit, the last one where none is named. */
export async function undoPlanning(job: Job, folder: string, edit: string | undefined): Promise<number> {
  const { projectOf, undoLast } = await tool();
  const undone = await undoLast(contextOf(job), await projectOf(at(job, folder)), job.host.env, edit);
  job.print.document(undone);
  job.print.say('planningUndone', { path: undone.path, reason: undone.reason });
  return exitCodes.done;
}

/** The edits that were made, the newest first. */
export async function planningHistory(job: Job, folder: string): Promise<number> {
  const { editsOf, projectOf } = await tool();
  const edits = await editsOf(contextOf(job), await projectOf(at(job, folder)), job.host.env);
  job.print.document(edits);
  for (const { id, at: time, path: file, reason, byHand, state } of edits) {
    const hand = byHand ? texts.planningByHand : '';
    job.print.say('planningEdit', { id, time: new Date(time).toISOString(), state, file, reason, hand });
  }
  return exitCodes.done;
}

function changeOf(what: string, name: string, value: string) {
  if (what === 'state') return { what, field: name, value } as const;
  if (what !== 'plan' && what !== 'requirement') throw new UsageError(fillText(texts.badWhat, { what }));
  if (value !== 'done' && value !== 'open') throw new UsageError(fillText(texts.badMark, { value }));
  return { what, id: name, done: value === 'done' } as const;
}

/** Without stored evidence a person has to say that something is done. */
async function vouched(job: Job, what: string, options: SetOptions): Promise<true> {
  if (options.byHand === true) return true;
  const { terminal, signal } = job.host;
  if (terminal.interactive && !job.print.json) {
    const answer = await terminal.question(job.print.text('byHandQuestion', { what }), signal);
    if (/^y(es)?$/i.test(answer.trim())) return true;
  }
  throw problem('planning.byHandOnly', { what });
}

/** A folder given in the terminal, from where the person is. */
const at = (job: Job, folder: string): string => path.resolve(job.host.cwd, folder);
