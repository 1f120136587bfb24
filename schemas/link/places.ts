import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { endpoint, type Endpoint } from '../wire/handshake';
import { AttachError } from './failure';

/** The layout of the data folder this build reads and writes. */
export const layoutVersion = 1;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where everything of one workspace lies. */
export interface DataHome {
  readonly folder: string;
  /** What both sides prove to hold; 0600. */
  readonly token: string;
  /** Where the sidecar listens and who it is; replaced as a whole, 0600. */
  readonly endpoint: string;
  readonly lock: string;
  readonly log: string;
}

/**
 * The folder of everything Symphony keeps beside the user's files. `SYMPHONY_HOME` decides; else the
 * state folder of the platform. Relative values of the variables are ignored, as the XDG specification asks.
 */
export function stateFolder(env: Environment, platform: NodeJS.Platform, home: string): string {
  const { join, isAbsolute } = platform === 'win32' ? path.win32 : path.posix;
  const absolute = (value: string | undefined): value is string => value !== undefined && isAbsolute(value);
  if (absolute(env.SYMPHONY_HOME)) return env.SYMPHONY_HOME;
  if (platform === 'win32') {
    const local = env.LOCALAPPDATA;
    return join(absolute(local) ? local : join(home, 'AppData', 'Local'), 'Symphony');
  }
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Symphony');
  const state = env.XDG_STATE_HOME;
  return join(absolute(state) ? state : join(home, '.local', 'state'), 'symphony');
}

/** The name of a workspace folder among the roots: the first 32 hex digits of its real path's SHA-256. */
export const rootKey = (realRoot: string): string =>
  createHash('sha256').update(realRoot).digest('hex').slice(0, 32);

/** The file that says which workspace identity the folder `realRoot` has. */
export const rootFile = (state: string, realRoot: string): string =>
  path.join(state, 'roots', `${rootKey(realRoot)}.json`);

/** What a sidecar prints before its own log is open; replaced at every start. */
export const startLog = (state: string, realRoot: string): string =>
  path.join(state, 'roots', `${rootKey(realRoot)}.start.log`);

/** The folder of a workspace identity and the files in it that clients read. */
export function dataHome(state: string, workspace: string): DataHome {
  const folder = path.join(state, 'workspaces', workspace);
  return {
    folder,
    token: path.join(folder, 'token'),
    endpoint: path.join(folder, 'endpoint.json'),
    lock: path.join(folder, 'lock.db'),
    log: path.join(folder, 'sidecar.log'),
  };
}

/** The real path of a workspace folder; throws `workspace.notGit` where there is no such folder. */
export async function realRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (thrown) {
    throw new AttachError('workspace.notGit', { path: root }, { cause: thrown });
  }
}

/**
 * The workspace identity recorded for a folder, or undefined before its first sidecar. A record of
 * another folder (its repository moved and something else took the place) does not count.
 */
export async function readRoot(state: string, realRootPath: string): Promise<string | undefined> {
  const file = rootFile(state, realRootPath);
  const record = await readJson(file);
  if (record === undefined) return undefined;
  const { layout, workspace, root } = record as Record<string, unknown>;
  if (typeof layout === 'number' && layout > layoutVersion)
    throw new AttachError('data.newer', { path: file, found: layout, known: layoutVersion });
  const valid = typeof workspace === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(workspace);
  return valid && root === realRootPath ? workspace : undefined;
}

/** Where the sidecar of a data home says it listens, or undefined when it says nothing readable. */
export async function readEndpoint(home: DataHome): Promise<Endpoint | undefined> {
  const parsed = endpoint.safeParse(await readJson(home.endpoint));
  return parsed.success ? parsed.data : undefined;
}

/** The token's text, or undefined when there is none yet. It is a secret: never log it. */
export async function readToken(home: DataHome): Promise<string | undefined> {
  const text = (await readText(home.token))?.trim();
  return text === undefined || text.length < 32 ? undefined : text;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A small text file; undefined when absent, unreadable or larger than any file of ours (64 KiB). */
async function readText(file: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(file);
    return bytes.length > 65_536 ? undefined : bytes.toString('utf8');
  } catch {
    return undefined;
  }
}
