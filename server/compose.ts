import { link, unlink } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Emitter, problem, type Context } from './base';
import { isCode, privateFolder, systemIds, systemRandom, writeFileAtomic } from './base/node';
import type { EditorModels } from './llm/types';
import type { SidecarService } from './rpc';
import { dataHome, readRoot, readToken, rootFile, type DataHome } from '../schemas/link';

/** The data home of a workspace, opened. */
export interface OpenedHome {
  readonly workspace: string;
  readonly home: DataHome;
  readonly token: string;
}

export interface Composition extends OpenedHome {
  readonly root: string;
  readonly epoch: string;
  readonly models: EditorModels;
}

/**
 * Finds or makes the data home of the workspace folder `root`. Several sidecars may do so at once before
 * any of them has the lock: whoever names the workspace first wins, the others take that name.
 */
export async function openHome(state: string, root: string): Promise<OpenedHome> {
  await privateFolder(path.join(state, 'roots'));
  const record = JSON.stringify({ layout: 1, workspace: systemIds.next('ws'), root });
  if ((await readRoot(state, root)) === undefined) await createOnce(rootFile(state, root), record);
  const workspace = await readRoot(state, root);
  if (workspace === undefined)
    throw problem('data.corrupt', { path: rootFile(state, root), detail: 'not a record', backup: '-' });
  const home = dataHome(state, workspace);
  await privateFolder(home.folder);
  await createOnce(home.token, Buffer.from(systemRandom.bytes(32)).toString('hex'));
  const token = await readToken(home);
  if (token === undefined)
    throw problem('data.corrupt', { path: home.token, detail: 'not a token', backup: '-' });
  return { workspace, home, token };
}

/** Creates a whole file, or leaves the one that is there already. */
async function createOnce(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await writeFileAtomic(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (thrown) {
    if (!isCode(thrown, 'EEXIST')) throw thrown;
  } finally {
    await unlink(draft);
  }
}

/** Takes the workspace's lock, or answers undefined when a living sidecar holds it. The system frees it with the process. */
export function takeLock(home: DataHome): { release(): void } | undefined {
  const database = new DatabaseSync(home.lock);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch {
    database.close();
    return undefined;
  }
}

/** Joins the rooms into the service of one workspace. */
export async function composeService(_ctx: Context, given: Composition): Promise<SidecarService> {
  const unready = () => Promise.reject(problem('model.none'));
  return {
    workspace: given.workspace,
    root: given.root,
    position: () => 0,
    eventsSince: () => [],
    onEvents: new Emitter<never>().event,
    onProgress: new Emitter<never>().event,
    onBoardPatch: new Emitter<never>().event,
    onReviewChanged: new Emitter<never>().event,
    onPlanningChanged: new Emitter<never>().event,
    provideSecrets: async () => undefined,
    provideSettings: async () => undefined,
    status: async () => ({
      activeRuns: 0,
      dataFolder: given.home.folder,
      sandbox: { level: 'none', detail: 'not probed' },
    }),
    models: async () => ({ chosen: null, providers: [] }),
    planning: async () => ({ revision: 0, present: false, project: '', milestones: [], problems: [] }),
    preview: () => Promise.reject(problem('planning.none', { path: given.root })),
    execute: unready,
    ask: unready,
    runs: async () => [],
    run: (_c, run) => Promise.reject(problem('run.unknown', { run })),
    command: (_c, { run }) => Promise.reject(problem('run.unknown', { run })),
    answer: (_c, { run }) => Promise.reject(problem('run.unknown', { run })),
    board: (_c, run) => Promise.reject(problem('run.unknown', { run })),
    changesets: async () => [],
    content: (_c, hash) => Promise.reject(problem('review.unknown', { changeset: hash })),
    decide: (_c, { changeset }) => Promise.reject(problem('review.unknown', { changeset })),
    check: async () => [],
    exportReport: () => Promise.reject(problem('data.readOnly', { path: given.home.folder })),
    busy: () => false,
    armed: () => false,
    stop: async () => undefined,
  };
}
