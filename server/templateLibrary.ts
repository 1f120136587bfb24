import { homedir } from 'node:os';
import path from 'node:path';
import { stateFolder } from '../schemas/link';
import { silentLog, type Log } from './base';
import { readTemplateFiles } from './storage';
import { builtInTemplates, TemplateLibrary } from './templates';

export interface TemplatePlaces {
  /** The workspace folder; absent: no templates of a workspace. */
  readonly root?: string;
  /** Whether the person trusts the workspace; its templates are not even read otherwise. */
  readonly trusted: boolean;
  /** Where a person's own templates lie; beside all other state of Symphony unless said otherwise. */
  readonly user?: string;
  readonly log?: Log;
}

/** The folder of a person's own templates. */
export const userTemplates = (): string =>
  path.join(stateFolder(process.env, process.platform, homedir()), 'templates');

/** Where a workspace keeps its templates. */
export const workspaceTemplates = (root: string): string => path.join(root, '.symphony', 'templates');

/** Built-in templates, the person's own, and those of a trusted workspace. */
export async function openTemplateLibrary({
  root,
  trusted,
  user = userTemplates(),
  log = silentLog,
}: TemplatePlaces): Promise<TemplateLibrary> {
  const folder = trusted && root !== undefined ? workspaceTemplates(root) : undefined;
  const [own, workspace] = await Promise.all([
    readTemplateFiles(user, log),
    folder === undefined ? [] : readTemplateFiles(folder, log),
  ]);
  return new TemplateLibrary({ builtIn: builtInTemplates, user: own, workspace });
}
