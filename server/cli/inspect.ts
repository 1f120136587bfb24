import { codes, fillText } from '../../schemas/codes';
import type { Job } from './job';
import { exitCodes, word } from './texts';

/** Runs the sidecar itself in this terminal. */
export async function serve(job: Job): Promise<number> {
  job.print.say('serving', { root: job.root });
  return job.host.serve(job.root);
}

export async function models(job: Job): Promise<number> {
  const known = await (await job.open()).call('modelsList', {});
  job.print.document(known);
  if (known.chosen === null) job.print.say('modelsNone');
  else job.print.say('modelsChosen', { model: known.chosen });
  for (const { name, label, state, variable } of known.providers) {
    const needs =
      state === 'needsKey' && variable !== null ? job.print.text('modelsNeeds', { variable }) : '';
    job.print.say('modelsLine', { name, label, state: word(state), needs });
  }
  return exitCodes.done;
}

export async function doctor(job: Job, options: { readonly export?: boolean }): Promise<number> {
  const sidecar = await job.open();
  if (options.export === true) {
    const { path } = await sidecar.call('doctorExport', {});
    job.print.document({ path });
    job.print.say('exported', { path });
    return exitCodes.done;
  }
  const { findings } = await sidecar.call('doctorCheck', {});
  job.print.document({ findings });
  const mark = { info: '✓', warning: '!', error: '✗' } as const;
  for (const { code, args } of findings) {
    const { severity, message, fix } = codes[code];
    job.print.say('finding', { mark: mark[severity], text: fillText(message, args) });
    if (fix !== '') job.print.say('findingFix', { text: fillText(fix, args) });
  }
  return findings.some(({ code }) => codes[code].severity === 'error') ? exitCodes.failed : exitCodes.done;
}

/** Looks without starting anything: a status that starts what it reports on would always be good. */
export async function status(job: Job): Promise<number> {
  const sidecar = await ifThere(job);
  if (sidecar === undefined) return exitCodes.failed;
  const state = await sidecar.call('sidecarStatus', {});
  job.print.document(state);
  job.print.say('status', {
    pid: state.pid,
    version: state.build.version,
    epoch: state.epoch,
    clients: state.clients,
    active: state.activeRuns,
    rss: (state.rssBytes / 1e6).toFixed(0),
    level: state.sandbox.level,
    detail: state.sandbox.detail,
    folder: state.dataFolder,
  });
  return exitCodes.done;
}

export async function stop(job: Job): Promise<number> {
  const sidecar = await ifThere(job);
  if (sidecar === undefined) return exitCodes.done;
  await sidecar.call('sidecarStop', {});
  await sidecar.closed;
  job.print.document({ stopped: true });
  job.print.say('stopped');
  return exitCodes.done;
}

async function ifThere(job: Job) {
  try {
    return await job.open({ start: false });
  } catch (thrown) {
    const { code } = (thrown as { problem?: { code?: string } }).problem ?? {};
    if (code !== 'sidecar.failed') throw thrown;
    job.print.document({ running: false });
    job.print.say('statusNone');
    return undefined;
  }
}
