import type { ComparedRow } from '../../schemas';
import type { Job } from './job';
import { duration, runNamed, sayState } from './runs';
import { exitCodes } from './texts';
import { jsonOf, valueOf } from './values';

export async function retryRun(
  job: Job,
  given: string,
  options: { readonly node?: readonly string[]; readonly reason?: string },
): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  const nodes = options.node === undefined ? {} : { nodes: [...options.node] };
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  return sayState(job, run, await sidecar.call('runRetry', { run, ...nodes, ...reason }));
}

export async function skipNode(
  job: Job,
  given: string,
  node: string,
  options: { readonly output?: string },
): Promise<number> {
  const output = options.output === undefined ? {} : { output: jsonOf(options.output) };
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  return sayState(job, run, await sidecar.call('runSkip', { run, node, ...output }));
}

export async function editNode(job: Job, given: string, node: string, text: string): Promise<number> {
  const params = jsonOf(text);
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  return sayState(job, run, await sidecar.call('runEdit', { run, node, params }));
}

export async function giveInput(job: Job, given: string, node: string, text: string): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  return sayState(job, run, await sidecar.call('runInput', { run, node, value: valueOf(text) }));
}

export async function forkRun(job: Job, given: string, nodes: string[]): Promise<number> {
  const sidecar = await job.open();
  const from = await runNamed(sidecar, given);
  const { run } = await sidecar.call('runFork', { run: from, nodes });
  job.print.document({ run, from });
  job.print.say('forked', { run, from });
  return exitCodes.done;
}

export async function compareRuns(
  job: Job,
  one: string,
  other: string,
  options: { readonly all?: boolean },
): Promise<number> {
  const sidecar = await job.open();
  const ids = { one: await runNamed(sidecar, one), other: await runNamed(sidecar, other) };
  const compared = await sidecar.call('runCompare', ids);
  job.print.document(compared);
  for (const side of [compared.one, compared.other])
    job.print.say('runsLine', {
      run: side.run,
      state: side.state,
      title: side.title,
      completed: side.nodes.completed,
      total: side.nodes.total,
    });
  const differing = new Set(compared.differing);
  for (const row of compared.nodes)
    if (options.all === true || differing.has(row.node)) sayRow(job, row, differing.has(row.node));
  job.print.say('comparedCount', { differing: differing.size, total: compared.nodes.length });
  return exitCodes.done;
}

function sayRow({ print }: Job, row: ComparedRow, differs: boolean): void {
  const side = (one: ComparedRow['one']): string => {
    if (one === null) return print.text('comparedMissing');
    const took = one.milliseconds === null ? '' : `, ${duration(one.milliseconds)}`;
    return `${one.state} (${one.attempts}${took})`;
  };
  const mark = differs ? '≠' : '=';
  print.say('comparedLine', { mark, node: row.node, one: side(row.one), other: side(row.other) });
  if (!row.sameOutput && row.one !== null && row.other !== null) print.say('comparedOutput');
}
