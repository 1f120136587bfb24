import { readdir, readFile, realpath, unlink } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Clock, Ids, Log, Random } from '../base';
import { privateFolder, readIfThere, sha256 } from '../base/node';
import { damaged, keepDamaged } from './failures';
import { createWhole, guarded, readRecord, writeRecord } from './records';

/** What makes a repository that was moved known again. */
export interface Fingerprint {
  /** Hash of the first commit; null before there is one. */
  readonly firstCommit: string | null;
  /** Device and inode of the repository's git folder (of a linked worktree: its own), as decimal text. */
  readonly device: string;
  readonly inode: string;
  /** The root's path below the top of the work tree; empty for the top itself. */
  readonly inside: string;
}

export interface OpenWorkspace {
  /** The folder of all of Symphony's state on this computer. */
  readonly stateFolder: string;
  /** The folder a person has open. */
  readonly root: string;
  /** The fingerprint of the repository a folder lies in; undefined when it lies in none or is gone. */
  readonly fingerprint: (root: string) => Promise<Fingerprint | undefined>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Log;
}

/** The data home of one workspace: an id and where everything lies. All folders exist and are private. */
export interface DataHome {
  readonly id: string;
  /** The real path of the workspace's root. */
  readonly root: string;
  readonly folder: string;
  readonly journal: string;
  readonly blobs: string;
  readonly repository: string;
  readonly worktrees: string;
  readonly homes: string;
  readonly policy: string;
  /** What is armed, and every firing. */
  readonly triggers: string;
  /** What people decided about proposals, and what was offered. */
  readonly review: string;
  readonly endpoint: string;
  readonly lock: string;
  readonly log: string;
  readonly tokenFile: string;
  /** 32 random bytes in hex: what proves client and sidecar to each other. */
  readonly token: string;
}

const layout = 1;

const rootKind = {
  versionKey: 'layout',
  version: layout,
  schema: z.object({
    layout: z.literal(layout),
    workspace: z.string().regex(/^ws-[0-9a-z]{1,40}$/),
    root: z.string(),
  }),
} as const;

const fingerprintSchema = z.object({
  firstCommit: z.string().nullable(),
  device: z.string(),
  inode: z.string(),
  inside: z.string(),
});

const workspaceKind = {
  versionKey: 'layout',
  version: layout,
  schema: z.object({
    layout: z.literal(layout),
    id: z.string(),
    root: z.string(),
    /** Every root this workspace had, the present one last. */
    roots: z.array(z.object({ root: z.string(), since: z.number() })),
    fingerprint: fingerprintSchema.nullable(),
  }),
} as const;
type WorkspaceRecord = z.infer<(typeof workspaceKind)['schema']>;

/**
 * Opens the data home of the workspace at `root`, creating it at first. A repository that was moved keeps
 * its home; a copy of one that is still there gets its own. Throws `data.newer` for a later layout,
 * `data.readOnly`, `data.diskFull` and `data.corrupt`; home folders are never removed here.
 */
export async function openWorkspace(options: OpenWorkspace): Promise<DataHome> {
  const { stateFolder } = options;
  const root = await guarded(options.root, () => realpath(options.root));
  const roots = path.join(stateFolder, 'roots');
  const workspaces = path.join(stateFolder, 'workspaces');
  for (const folder of [stateFolder, roots, workspaces]) await guarded(folder, () => privateFolder(folder));

  const found = (await options.fingerprint(root)) ?? null;
  const claim = path.join(roots, `${sha256(root).slice(0, 32)}.json`);
  const claimed = await readRecord(claim, rootKind);
  const id =
    (await knownHere(workspaces, claimed, root, found)) ??
    (await movedHere(options, workspaces, root, found)) ??
    (await claimNew(claim, root, options.ids, claimed?.workspace));
  await writeIdentity(options, workspaces, claim, id, root, found);
  return furnish(options, path.join(workspaces, id), id, root);
}

/** The workspace that is recorded for this very folder, unless another repository took its place. */
async function knownHere(
  workspaces: string,
  claimed: z.infer<(typeof rootKind)['schema']> | undefined,
  root: string,
  found: Fingerprint | null,
): Promise<string | undefined> {
  if (claimed?.root !== root) return undefined;
  const record = await readWorkspace(workspaces, claimed.workspace);
  // Claimed and not yet written: an earlier opening was interrupted, or another is under way.
  if (record === undefined) return claimed.workspace;
  if (record.root !== root) return undefined;
  return mayBeSame(record.fingerprint, found) ? record.id : undefined;
}

/** In one place, a repository is taken for the same if nothing says that it is another. */
function mayBeSame(before: Fingerprint | null, now: Fingerprint | null): boolean {
  if (before === null || now === null) return true;
  if (before.device === now.device && before.inode === now.inode) return true;
  return before.firstCommit !== null && before.firstCommit === now.firstCommit;
}

/** The workspace whose repository now lies here and no longer where it was. */
async function movedHere(
  options: OpenWorkspace,
  workspaces: string,
  root: string,
  found: Fingerprint | null,
): Promise<string | undefined> {
  if (found === null) return undefined;
  const names = await guarded(workspaces, () => readdir(workspaces));
  for (const name of names.filter((one) => one.startsWith('ws-')).sort()) {
    const record = await readWorkspace(workspaces, name).catch((thrown: unknown) => {
      options.log.warn('a workspace record was passed over', { name, detail: String(thrown) });
      return undefined;
    });
    if (record === undefined || record.root === root || !equal(record.fingerprint, found)) continue;
    const there = (await options.fingerprint(record.root).catch(() => undefined)) ?? null;
    if (!equal(there, record.fingerprint)) return record.id;
  }
  return undefined;
}

function equal(one: Fingerprint | null, other: Fingerprint | null): boolean {
  return (
    one !== null &&
    other !== null &&
    one.firstCommit === other.firstCommit &&
    one.device === other.device &&
    one.inode === other.inode &&
    one.inside === other.inside
  );
}

/**
 * A new id for this folder. Of several processes that open it for the first time, one claims it for all;
 * `stale` is the workspace an earlier claim names that is not here any more.
 */
async function claimNew(claim: string, root: string, ids: Ids, stale: string | undefined): Promise<string> {
  const id = ids.next('ws');
  const record = { layout, workspace: id, root };
  if (await createWhole(claim, `${JSON.stringify(record, null, 2)}\n`)) return id;
  const other = await readRecord(claim, rootKind);
  if (other?.root === root && other.workspace !== stale) return other.workspace;
  await writeRecord(claim, record);
  return id;
}

const readWorkspace = (workspaces: string, id: string): Promise<WorkspaceRecord | undefined> =>
  readRecord(path.join(workspaces, id, 'workspace.json'), workspaceKind);

async function writeIdentity(
  options: OpenWorkspace,
  workspaces: string,
  claim: string,
  id: string,
  root: string,
  found: Fingerprint | null,
): Promise<void> {
  const folder = path.join(workspaces, id);
  await guarded(folder, () => privateFolder(folder));
  const before = await readWorkspace(workspaces, id);
  const fingerprint = found ?? before?.fingerprint ?? null;
  if (before?.root !== root || !equal(before.fingerprint, fingerprint)) {
    const since = { root, since: options.clock.now() };
    const roots =
      before === undefined ? [since] : before.root === root ? before.roots : [...before.roots, since];
    await writeRecord(path.join(folder, 'workspace.json'), { layout, id, root, roots, fingerprint });
  }
  const claimed = await readRecord(claim, rootKind);
  if (claimed?.workspace !== id || claimed.root !== root)
    await writeRecord(claim, { layout, workspace: id, root });
  if (before !== undefined && before.root !== root) {
    const old = path.join(path.dirname(claim), `${sha256(before.root).slice(0, 32)}.json`);
    if ((await readRecord(old, rootKind))?.workspace === id) await guarded(old, () => unlink(old));
  }
}

/** Makes what every home has: folders and the token. */
async function furnish(options: OpenWorkspace, folder: string, id: string, root: string): Promise<DataHome> {
  const at = (name: string) => path.join(folder, name);
  for (const name of ['blobs', 'worktrees', 'homes']) await guarded(at(name), () => privateFolder(at(name)));
  const tokenFile = at('token');
  if ((await guarded(tokenFile, () => readIfThere(tokenFile))) === undefined)
    await createWhole(tokenFile, Buffer.from(options.random.bytes(32)).toString('hex'));
  // Of several processes, one wrote it; all use what is there.
  const token = (await guarded(tokenFile, () => readFile(tokenFile, 'utf8'))).trim();
  if (!/^[0-9a-f]{64}$/.test(token)) throw damaged(tokenFile, 'it holds no token', keepDamaged);
  return {
    id,
    root,
    folder,
    journal: at('journal.db'),
    blobs: at('blobs'),
    repository: at('repository.git'),
    worktrees: at('worktrees'),
    homes: at('homes'),
    policy: at('policy.json'),
    triggers: at('triggers.db'),
    review: at('review.db'),
    endpoint: at('endpoint.json'),
    lock: at('lock.db'),
    log: at('sidecar.log'),
    tokenFile,
    token,
  };
}
