import { homedir } from 'node:os';
import path from 'node:path';
import { stateFolder } from '../schemas/link';
import { silentLog, type Context, type Log } from './base';
import { systemClock, systemIds, systemRandom } from './base/node';
import { fingerprintOf, inspectUserRepository } from './git';
import { openWorkspace, type DataHome, type Fingerprint } from './storage';

/**
 * The data home of the workspace folder `root`, made at first; a repository that was moved keeps its own.
 * Throws `data.*`.
 */
export function openDataHome(root: string, log: Log = silentLog): Promise<DataHome> {
  return openWorkspace({
    stateFolder: stateFolder(process.env, process.platform, homedir()),
    root,
    fingerprint: (folder) => fingerprintIfRepository(folder, log),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    log,
  });
}

async function fingerprintIfRepository(folder: string, log: Log): Promise<Fingerprint | undefined> {
  const ctx: Context = { signal: new AbortController().signal, log };
  try {
    const user = await inspectUserRepository(ctx, folder);
    return { ...(await fingerprintOf(ctx, user)), inside: path.relative(user.top, folder) };
  } catch (thrown) {
    log.debug('no repository to recognise', { folder, reason: String(thrown) });
    return undefined;
  }
}
