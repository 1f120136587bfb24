import { lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere } from '../base/node';
import type { Context } from '../base';
import { objectId, records, type Git } from './command';
import type { Commit, NamedCommit, SeenTree } from './types';

/** Where a kept tree's second parent has the ignore rules that lie beside a tree. */
const excludesName = 'excludes';

/**
 * Writes two commits in one call of git: the tree, and as its second parent what a tree cannot hold. Names go as
 * the bytes they are.
 */
export async function commitUserTree(
  ctx: Context,
  git: Git,
  at: SeenTree,
  { ref, message, atMs }: { readonly ref: string; readonly message: string; readonly atMs: number },
): Promise<Commit> {
  const who = `committer Symphony <symphony@localhost> ${Math.floor(atMs / 1000)} +0000\n`;
  const excludes = (await readIfThere(path.join(git.gitDir, 'info/exclude'))) ?? Buffer.alloc(0);
  const { head, branch, doing, nested, submodules, staged } = at;
  const removed = staged.filter(({ object }) => object === null).map((entry) => named(entry.path));
  const facts = { head, branch, doing, nested, submodules, removed };
  const pieces: (string | Buffer)[] = [
    `commit ${ref}\nmark :1\n${who}${data('What lies beside the tree')}`,
    `M 100644 inline facts.json\n${data(JSON.stringify(facts))}`,
    `M 100644 inline ${excludesName}\n${data(excludes.toString('latin1'), 'latin1')}`,
    ...staged
      .filter(({ object }) => object !== null)
      .map((entry) => {
        const folder = entry.stage === 0 ? 'staged' : `unmerged/${entry.stage}`;
        return `M ${entry.mode} ${entry.object!} ${quotedName(`${folder}/${entry.path}`)}\n`;
      }),
    `\nreset ${ref}\n\n`,
    `commit ${ref}\nmark :2\n${who}${data(message)}`,
    head === null ? 'from :1\n' : `from ${objectId(head)}\nmerge :1\n`,
    `M 040000 ${objectId(at.tree)} ""\n\n`,
    'get-mark :2\ndone\n',
  ];
  const input = Buffer.concat(
    pieces.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one)),
  );
  const args = ['fast-import', '--quiet', '--done', '--force', '--date-format=raw'];
  return { commit: objectId(await git.text(ctx, args, { input })), tree: at.tree };
}

/**
 * Copies what a kept tree has beyond `head` into the private repository where it is borrowed so far: contents that
 * were staged once, and folders that some other commit happens to have as well. What HEAD has, git keeps for weeks by
 * its log of HEAD. `had` remembers what was copied before; an object that is there loosely is its own already.
 */
export async function copyBorrowed(
  ctx: Context,
  git: Git,
  kept: string,
  head: string | null,
  had: Set<string>,
): Promise<void> {
  const [changed, beside] = await Promise.all([
    beyond(ctx, git, kept, head),
    inTree(ctx, git, `${kept}^${head === null ? 1 : 2}`),
  ]);
  const objects = [...changed, ...beside];
  const missing: string[] = [];
  for (const object of objects) {
    if (had.has(object)) continue;
    const file = path.join(git.gitDir, 'objects', object.slice(0, 2), object.slice(2));
    const own = await lstat(file).then(
      () => true,
      () => false,
    );
    if (own) had.add(object);
    else missing.push(object);
  }
  if (missing.length === 0) return;
  const pack = ['pack-objects', '-q', '--window=0', path.join(git.gitDir, 'objects/pack/pack')];
  await git.run(ctx, pack, { input: `${missing.join('\n')}\n` });
  for (const object of missing) had.add(object);
}

/** Objects of a commit's tree that `head` does not have in the same place. */
async function beyond(ctx: Context, git: Git, kept: string, head: string | null): Promise<string[]> {
  if (head === null) return inTree(ctx, git, kept);
  const args = ['diff-tree', '-r', '-t', '-z', '--raw', '--no-abbrev', '--no-renames', objectId(head)];
  const { stdout } = await git.run(ctx, [...args, objectId(kept)]);
  const found = records(stdout, 'latin1').flatMap((field) => {
    const [, mode, object] = /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) [A-Z]/.exec(field) ?? [];
    return mode === undefined || mode === '160000' || mode === '000000' ? [] : [object!];
  });
  return found.length === 0 ? [] : [...found, await git.text(ctx, ['rev-parse', `${kept}^{tree}`])];
}

/** Every object of a commit's tree, the tree itself included. */
async function inTree(ctx: Context, git: Git, commit: string): Promise<string[]> {
  const [top, { stdout }] = await Promise.all([
    git.text(ctx, ['rev-parse', '--verify', `${commit}^{tree}`]),
    git.run(ctx, ['ls-tree', '-r', '-t', '-z', '--full-tree', commit]),
  ]);
  const found = records(stdout, 'latin1').flatMap((record) => {
    const [, mode, object] = /^(\d+) \w+ ([0-9a-f]+)\t/.exec(record) ?? [];
    return object === undefined || mode === '160000' ? [] : [object];
  });
  return [top, ...found];
}

/** Refs below a prefix with what they name, in the order of their names. */
export async function namedCommits(ctx: Context, git: Git, prefix: string): Promise<NamedCommit[]> {
  const format = '--format=%(refname)%00%(objectname)%00%(tree)%00%(contents)%00';
  const { stdout } = await git.run(ctx, ['for-each-ref', format, prefix]);
  const fields = stdout.toString('utf8').split('\0');
  const found: NamedCommit[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [ref, commit, tree, message] = fields.slice(at, at + 4) as [string, string, string, string];
    found.push({ ref: ref.replace(/^\n/, ''), commit, tree, message });
  }
  return found;
}

/** See `PrivateRepository.ignoredThen`: the rules are laid out in a folder of their own, where git reads them. */
export async function ignoredThen(
  ctx: Context,
  git: Git,
  scratch: string,
  kept: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const folder = await mkdtemp(path.join(scratch, 'rules.'));
  try {
    const { stdout } = await git.run(ctx, ['ls-tree', '-r', '-z', '--full-tree', objectId(kept)]);
    for (const record of records(stdout)) {
      const [, object, name] = /^100\d{3} blob ([0-9a-f]+)\t((?:.*\/)?\.gitignore)$/s.exec(record) ?? [];
      if (object === undefined || name === undefined) continue;
      const file = path.join(folder, 'tree', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, (await git.run(ctx, ['cat-file', 'blob', object])).stdout);
    }
    await mkdir(path.join(folder, 'tree'), { recursive: true });
    const beside = await git.run(
      ctx,
      ['cat-file', 'blob', `${await besideOf(ctx, git, kept)}:${excludesName}`],
      {
        accept: [0, 128],
      },
    );
    await writeFile(path.join(folder, excludesName), beside.stdout);
    const args = ['--no-literal-pathspecs', 'check-ignore', '--no-index', '-z', '--stdin'];
    const ignored = await git.run(ctx, args, {
      workTree: path.join(folder, 'tree'),
      input: paths.map((one) => `./${one}\0`).join(''),
      // 1 says that none is ignored.
      accept: [0, 1],
      settings: [`core.excludesFile=${path.join(folder, excludesName)}`],
    });
    return new Set(records(ignored.stdout).map((one) => one.slice(2)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What was written beside a kept tree: its facts as JSON text, and how many entries were staged. */
export async function besideTree(
  ctx: Context,
  git: Git,
  kept: string,
): Promise<{ readonly facts: string; readonly staged: number } | null> {
  const beside = await besideOf(ctx, git, kept);
  const [facts, staged] = await Promise.all([
    git.run(ctx, ['cat-file', 'blob', `${beside}:facts.json`], { accept: [0, 128] }),
    git.run(ctx, ['ls-tree', '-r', '--name-only', '-z', beside, '--', 'staged/', 'unmerged/']),
  ]);
  return facts.code === 0
    ? { facts: facts.stdout.toString('utf8'), staged: records(staged.stdout, 'latin1').length }
    : null;
}

/** The commit of what lies beside a kept tree: its last parent. */
async function besideOf(ctx: Context, git: Git, kept: string): Promise<string> {
  const parents = await git.text(ctx, ['rev-list', '--no-walk', '--parents', objectId(kept)]);
  return objectId(parents.split(' ').at(-1)!);
}

/** A `data` command of fast-import; the stream is put together as latin1, one character per byte. */
function data(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  const bytes = Buffer.from(text, encoding);
  return `data ${bytes.length}\n${bytes.toString('latin1')}\n`;
}

/** A name as fast-import reads it. */
export const quotedName = (name: string): string =>
  `"${name.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))}"`;

/** A name of bytes as text. */
const named = (name: string): string => Buffer.from(name, 'latin1').toString('utf8');
