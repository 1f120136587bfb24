import { open } from 'node:fs/promises';
import path from 'node:path';
import type { ClientRequests, ResultOf } from '../../schemas';
import { problem } from '../base';
import { isCode } from '../base/node';
import type { Job } from './job';
import { exitCodes } from './texts';
import { valuesOf } from './values';

export interface ListOptions {
  readonly tag?: string[];
  readonly category?: string;
  readonly author?: string;
}

/** Lists templates, or those that fit words. */
export async function listTemplates(
  job: Job,
  words: readonly string[],
  options: ListOptions,
): Promise<number> {
  const sidecar = await job.open();
  const found: ResultOf<ClientRequests['templateList']>['templates'] = [];
  let problems: ResultOf<ClientRequests['templateList']>['problems'] = [];
  for (let total = 1; found.length < total;) {
    const page = await sidecar.call('templateList', {
      ...{ text: words.join(' '), limit: 200, offset: found.length },
      ...(options.tag === undefined ? {} : { tags: options.tag }),
      ...(options.category === undefined ? {} : { category: options.category }),
      ...(options.author === undefined ? {} : { author: options.author }),
    });
    if (page.templates.length === 0) break;
    found.push(...page.templates);
    ({ total, problems } = page);
  }
  job.print.document({ templates: found, problems });
  if (found.length === 0) job.print.say('templatesNone');
  for (const { id, version, name, category, description } of found)
    job.print.say('templateLine', { id, version, name, category, description });
  if (!job.print.json) for (const one of problems) job.print.problem(one);
  return exitCodes.done;
}

export async function showTemplate(job: Job, given: string): Promise<number> {
  const sidecar = await job.open();
  const shown = await sidecar.call('templateShow', named(given));
  job.print.document(shown);
  const { id, version, name, description } = shown;
  job.print.say('templateTitle', { id, version, name, description });
  for (const one of shown.parameters) {
    const usual = one.default === undefined ? '' : JSON.stringify(one.default);
    const mark = one.required === true && one.default === undefined ? '*' : ' ';
    const choices = one.constraints?.oneOf?.map((value) => JSON.stringify(value)).join(' | ') ?? '';
    job.print.say('templateParameter', {
      ...{ mark, name: one.name, type: one.type, label: one.label, usual, choices },
    });
  }
  return exitCodes.done;
}

export interface NewOptions {
  readonly set?: readonly string[];
  readonly out?: string;
}

/** Makes a Melody of a template, in a new file or on standard output. */
export async function newFromTemplate(job: Job, given: string, options: NewOptions): Promise<number> {
  const sidecar = await job.open();
  const { parameters } = await sidecar.call('templateShow', named(given));
  const types = new Map(parameters.map(({ name, type }) => [name, type as string]));
  const values = valuesOf(options.set ?? [], (name) => types.get(name));
  const made = await sidecar.call('templateInstantiate', { ...named(given), values });
  if (made.text === null) {
    job.print.document(made);
    if (!job.print.json) {
      for (const one of made.problems) job.print.problem(one.problem);
      for (const one of made.findings) job.print.problem(one);
    }
    return exitCodes.failed;
  }
  const file = options.out === undefined ? undefined : path.resolve(job.host.cwd, options.out);
  if (file !== undefined) await writeNew(file, made.text);
  job.print.document({ ...made, file: file ?? null });
  if (file === undefined) {
    job.print.raw(made.text);
    return exitCodes.done;
  }
  for (const [name, value] of Object.entries(made.defaults))
    job.print.say('templateDefault', { name, value: JSON.stringify(value) });
  job.print.say('templateMade', { file });
  return exitCodes.done;
}

/** `id` or `id@range`. */
function named(given: string): { id: string; version?: string } {
  const [id, version] = given.split('@', 2) as [string, string | undefined];
  return version === undefined ? { id } : { id, version };
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) throw problem('runFile.exists', { path: file }, thrown);
    throw problem('runFile.unwritable', { path: file, detail: (thrown as Error).message }, thrown);
  }
}
