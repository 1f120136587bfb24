import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { privateFolder, readIfThere, writeFileAtomic } from '../base/node';
import { problem, type Context } from '../base';
import { runGit } from './command';
import { readUserSettings, type UserEnvironment, type UserSettings } from './userRepository';
import type { UserRepository } from './types';

/** Where things lie around a private repository. */
export interface Layout {
  readonly gitDir: string;
  /** Every worktree lies below this folder, and nothing outside it is ever restored or removed. */
  readonly worktrees: string;
  /** Cached indexes: what git last saw of each folder, so that the next look is quick. */
  readonly indexes: string;
}

/**
 * No conversion of any kind, whatever `.gitattributes` files say: these attributes win over them.
 * `diff` and `merge` go back to unspecified, so that binary files are told by their content and
 * text merges as text; `working-tree-encoding` has no “false”, only “unspecified”.
 */
const attributes = '* -text -ident -filter !eol !working-tree-encoding !diff !merge\n';

const settingsHeader = '# Symphony: bytes as they are, nothing run, nothing collected.';
const settings = `${settingsHeader}
[core]
\tautocrlf = false
\tsafecrlf = false
\thooksPath = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tlogAllRefUpdates = false
\tfsync = committed,reference
\tfsyncMethod = batch
[gc]
\tauto = 0
[maintenance]
\tauto = false
[protocol]
\tallow = never
`;

/**
 * Makes the private repository, or brings an existing one up to date with where the user's repository
 * is and what it ignores; clears away what a killed process left behind. May be repeated at any time.
 */
export async function prepareLayout(
  ctx: Context,
  layout: Layout,
  user: UserRepository,
  environment: UserEnvironment,
): Promise<UserSettings> {
  const { gitDir } = layout;
  await Promise.all([gitDir, layout.worktrees, layout.indexes].map(privateFolder));
  const format = (await readIfThere(path.join(gitDir, 'symphony-format')))?.toString('utf8').trim();
  if (format === undefined) await initialise(ctx, gitDir, user.objectFormat);
  else if (format !== user.objectFormat) {
    const detail = `it stores ${format} objects, the repository of ${user.top} ${user.objectFormat} objects`;
    throw problem('git.failed', { command: `--git-dir=${gitDir}`, detail });
  }
  await clearLeftovers(layout);
  await privateFolder(path.join(gitDir, 'info'));
  await writeIfOther(path.join(gitDir, 'info/attributes'), attributes);
  await writeIfOther(
    path.join(gitDir, 'objects/info/alternates'),
    `${alternate(path.join(user.commonDir, 'objects'))}\n`,
  );
  return syncUser(ctx, layout, user, environment);
}

/** Takes over what may change while the user works: shortened history and ignored names. */
export async function syncUser(
  ctx: Context,
  layout: Layout,
  user: UserRepository,
  environment: UserEnvironment,
): Promise<UserSettings> {
  const [userSettings, shallow, ownExcludes] = await Promise.all([
    readUserSettings(ctx, user, environment),
    readIfThere(path.join(user.commonDir, 'shallow')),
    readIfThere(path.join(user.commonDir, 'info/exclude')),
  ]);
  const shallowFile = path.join(layout.gitDir, 'shallow');
  if (shallow === undefined) await rm(shallowFile, { force: true });
  else await writeIfOther(shallowFile, shallow);
  const globalExcludes =
    userSettings.excludesFile === null ? undefined : await readIfThere(userSettings.excludesFile);
  // The later line wins in one file, as the repository's own file wins over the global one.
  const parts = [globalExcludes, Buffer.from('\n'), ownExcludes].filter((part) => part !== undefined);
  await writeIfOther(path.join(layout.gitDir, 'info/exclude'), Buffer.concat(parts));
  return userSettings;
}

/**
 * Writes a file whose one right content is known, if it holds anything else. Without a disk flush:
 * whatever a power cut leaves is compared and written again at the next opening.
 */
export async function writeIfOther(file: string, content: Buffer | string): Promise<void> {
  const bytes = Buffer.from(content);
  if ((await readIfThere(file))?.equals(bytes)) return;
  await writeFile(`${file}.new`, bytes, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function initialise(ctx: Context, gitDir: string, format: string): Promise<void> {
  const args = ['init', '--quiet', '--bare', '--template=', '--initial-branch=symphony'];
  await runGit(ctx, [...args, `--object-format=${format}`, gitDir]);
  const file = path.join(gitDir, 'config');
  const config = await readFile(file, 'utf8');
  if (!config.includes(settingsHeader)) await writeFileAtomic(file, `${config}${settings}`);
  // Written last: its presence says that everything before it is complete.
  await writeFileAtomic(path.join(gitDir, 'symphony-format'), `${format}\n`);
}

/**
 * Removes locks and half-made files of a process that was killed. Only the one sidecar of a workspace
 * opens its private repository, so that nobody else can own them.
 */
async function clearLeftovers({ gitDir, worktrees, indexes }: Layout): Promise<void> {
  for (const name of await readdir(indexes)) {
    if (!name.endsWith('.index')) await rm(path.join(indexes, name), { recursive: true, force: true });
  }
  for (const name of await readdir(worktrees)) {
    if (name.startsWith('.')) await rm(path.join(worktrees, name), { recursive: true, force: true });
  }
  for (const name of ['HEAD.lock', 'config.lock', 'packed-refs.lock', 'shallow.lock']) {
    await rm(path.join(gitDir, name), { force: true });
  }
  const refs = path.join(gitDir, 'refs');
  for (const entry of await readdir(refs, { recursive: true })) {
    if (entry.endsWith('.lock')) await rm(path.join(refs, entry), { force: true });
  }
}

/** A line of `alternates`: quoted as C does when it would be read as something else. */
function alternate(folder: string): string {
  if (!/^["#]|[\n\\]/.test(folder)) return folder;
  return `"${folder.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}
