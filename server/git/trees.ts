import type { Context } from '../base';
import { objectId, records, type Git } from './command';
import type { MergeResult, TreeChange } from './types';

const letters = { A: 'added', M: 'modified', T: 'modified', D: 'deleted', R: 'renamed' } as const;

/** What changed between two trees or commits, renames found. */
export async function treeChanges(
  ctx: Context,
  git: Git,
  before: string,
  after: string,
): Promise<readonly TreeChange[]> {
  const fields = records(await diffTree(ctx, git, ['--raw', '--no-abbrev'], before, after));
  const changes: TreeChange[] = [];
  for (let at = 0; at < fields.length;) {
    const [, modeBefore, modeAfter, objectBefore, objectAfter, letter] =
      /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])/.exec(fields[at++]!) ?? [];
    const change = letters[letter as keyof typeof letters];
    if (change === undefined) throw new Error(`diff-tree said ${letter}`);
    const from = change === 'renamed' ? fields[at++]! : null;
    changes.push({
      path: fields[at++]!,
      from,
      change,
      before: side(modeBefore!, objectBefore!),
      after: side(modeAfter!, objectAfter!),
    });
  }
  return changes;
}

/** Added and removed lines per path, by the same renames as `treeChanges`; nulls for binary files. */
export async function treeLineCounts(
  ctx: Context,
  git: Git,
  before: string,
  after: string,
): Promise<Map<string, { added: number | null; removed: number | null }>> {
  const fields = records(await diffTree(ctx, git, ['--numstat'], before, after));
  const counts = new Map<string, { added: number | null; removed: number | null }>();
  const count = (text: string) => (text === '-' ? null : Number(text));
  for (let at = 0; at < fields.length;) {
    const [added, removed, ...name] = fields[at++]!.split('\t');
    let path = name.join('\t');
    if (path === '') {
      path = fields[at + 1]!;
      at += 2;
    }
    counts.set(path, { added: count(added!), removed: count(removed!) });
  }
  return counts;
}

/**
 * Merges two commits over `base` without a worktree. Where history suggests another base (or none),
 * the same trees are merged as commits that have nothing but `base` in common.
 */
export async function mergeCommits(
  ctx: Context,
  git: Git,
  base: string,
  ours: string,
  theirs: string,
  commitTree: (ctx: Context, commit: string, parents: readonly string[]) => Promise<string>,
): Promise<MergeResult> {
  for (const commit of [base, ours, theirs]) objectId(commit);
  const natural = await git.text(ctx, ['merge-base', '--all', ours, theirs], { accept: [0, 1] });
  let sides = [ours, theirs];
  if (natural !== base) {
    const root = await commitTree(ctx, base, []);
    sides = [await commitTree(ctx, ours, [root]), await commitTree(ctx, theirs, [root])];
  }
  const args = [
    'merge-tree',
    '--write-tree',
    '--allow-unrelated-histories',
    '-z',
    '--name-only',
    '--messages',
  ];
  const { code, stdout } = await git.run(ctx, [...args, ...sides], { accept: [0, 1] });
  const [tree, ...rest] = records(stdout);
  if (code === 0) return { kind: 'clean', tree: objectId(tree!) };
  // An empty name ends the files; what git has to say about them follows.
  const end = rest.indexOf('');
  const files = [...new Set(end < 0 ? rest : rest.slice(0, end))];
  return {
    kind: 'conflict',
    tree: objectId(tree!),
    files,
    details: end < 0 ? [] : conflictsTold(rest.slice(end + 1)),
  };
}

/** The conflicts among git's messages: for each a number of paths, the paths, a kind, and a sentence nobody relies on. */
function conflictsTold(fields: readonly string[]): { kind: string; files: string[] }[] {
  const found: { kind: string; files: string[] }[] = [];
  for (let at = 0; at < fields.length;) {
    const count = Number(fields[at]);
    const files = fields.slice(at + 1, at + 1 + count);
    const kind = /^CONFLICT \((.*)\)$/.exec(fields[at + 1 + count] ?? '')?.[1];
    if (kind !== undefined) found.push({ kind, files });
    at += count + 3;
  }
  return found;
}

/** The tree that is `tree` except for `paths`, which are as in `from`; done in an index of its own. */
export async function treeWithPaths(
  ctx: Context,
  git: Git,
  index: string,
  tree: string,
  from: string,
  paths: readonly string[],
): Promise<string> {
  await git.run(ctx, ['read-tree', objectId(tree)], { index });
  const noObject = '0'.repeat(tree.length);
  const lines = paths.map((path) => `0 ${noObject}\t${path}`);
  if (paths.length > 0) {
    const { stdout } = await git.run(ctx, ['ls-tree', '-r', '-z', '--full-tree', objectId(from)]);
    const wanted = new Set(paths);
    for (const record of records(stdout)) {
      const name = record.slice(record.indexOf('\t') + 1);
      if (wanted.has(name)) lines.push(record);
    }
    const input = `${lines.join('\0')}\0`;
    await git.run(ctx, ['update-index', '-z', '--index-info'], { index, input });
  }
  return git.text(ctx, ['write-tree'], { index });
}

async function diffTree(
  ctx: Context,
  git: Git,
  what: readonly string[],
  before: string,
  after: string,
): Promise<Buffer> {
  const args = ['diff-tree', '-r', '-z', '-M', ...what, '--no-ext-diff', '--no-textconv'];
  return (await git.run(ctx, [...args, objectId(before), objectId(after)])).stdout;
}

const side = (mode: string, object: string): { object: string; mode: string } | null =>
  mode === '000000' ? null : { object, mode };
