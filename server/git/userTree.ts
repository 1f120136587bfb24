import { copyFile, lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../base';
import { Git, records } from './command';
import type { Besides } from './folderIndex';
import type { StagedEntry, UserRepository } from './types';

/**
 * What is staged otherwise than `head` has it, and the sides of an unfinished merge. Reads the user's index and
 * refreshes nothing in it.
 */
export async function stagedEntries(
  ctx: Context,
  user: UserRepository,
  head: string | null,
): Promise<StagedEntry[]> {
  const git = new Git(user.gitDir);
  if (head === null) return entriesOf(ctx, git, ['-s']);
  const args = ['diff-index', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', head];
  const { stdout } = await git.run(ctx, args);
  const fields = records(stdout, 'latin1');
  const found: StagedEntry[] = [];
  let unmerged = false;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode, object, letter] = /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) ([A-Z])/.exec(fields[at]!) ?? [];
    if (letter === 'U') unmerged = true;
    else if (letter === 'D') found.push({ path: fields[at + 1]!, mode: '0', object: null, stage: 0 });
    else if (!/^0+$/.test(object!))
      found.push({ path: fields[at + 1]!, mode: mode!, object: object!, stage: 0 });
  }
  return unmerged ? [...found, ...(await entriesOf(ctx, git, ['-u']))] : found;
}

async function entriesOf(ctx: Context, git: Git, flags: readonly string[]): Promise<StagedEntry[]> {
  const { stdout } = await git.run(ctx, ['ls-files', ...flags, '-z']);
  return records(stdout, 'latin1').map((record) => {
    const tab = record.indexOf('\t');
    const [mode, object, stage] = record.slice(0, tab).split(' ') as [string, string, string];
    return { path: record.slice(tab + 1), mode, object, stage: Number(stage) as StagedEntry['stage'] };
  });
}

/** The tree of an index that was brought to its folder; files outside a sparse checkout are put back in. */
export async function treeOfIndex(
  ctx: Context,
  git: Git,
  index: string,
  workTree: string,
  { sparse }: Besides,
): Promise<string> {
  if (sparse.length === 0) return git.text(ctx, ['write-tree'], { index, workTree });
  const scratch = `${index}.sparse`;
  try {
    await copyFile(index, scratch);
    const input = Buffer.from(`${sparse.join('\0')}\0`, 'latin1');
    await git.run(ctx, ['update-index', '-z', '--index-info'], { index: scratch, input });
    // In a partial clone nobody has fetched their contents.
    return await git.text(ctx, ['write-tree', '--missing-ok'], { index: scratch });
  } finally {
    await rm(scratch, { force: true });
  }
}

const signs = [
  ['MERGE_HEAD', 'merge'],
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['BISECT_LOG', 'bisect'],
] as const;

/** What the user's git is in the middle of. */
export async function doingNow(gitDir: string): Promise<string | null> {
  const there = await Promise.all(
    signs.map(([name]) =>
      lstat(path.join(gitDir, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return signs.find((_, i) => there[i])?.[1] ?? null;
}
