import { isUtf8 } from 'node:buffer';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { problem, type Context } from '../base';
import { Git, isGitFailure, objectId, runGit } from './command';
import { quotedName } from './keeping';
import type { Commit, UserRepository } from './types';

/** What a commit does to one path: new content, or null to remove it. Modes as git writes them. */
export interface FileToCommit {
  readonly path: string;
  readonly content: { readonly bytes: Uint8Array; readonly mode: string } | null;
}

export interface CommitToMake {
  readonly parent: string;
  readonly files: readonly FileToCommit[];
  readonly message: string;
  readonly atMs: number;
}

/** Commits `files` on top of `parent` in one call of git, under `ref`. */
export async function commitFiles(
  ctx: Context,
  git: Git,
  ref: string,
  { parent, files, message, atMs }: CommitToMake,
): Promise<Commit> {
  const line = (text: string): Buffer => Buffer.from(`${text}\n`);
  const who = `committer Symphony <symphony@localhost> ${Math.floor(atMs / 1000)} +0000`;
  const text = Buffer.from(message);
  const input = Buffer.concat([
    line(`commit ${ref}\nmark :1\n${who}\ndata ${text.length}`),
    text,
    line(`\nfrom ${objectId(parent)}`),
    // What goes first makes room: a folder may take the name of a file.
    ...files.flatMap(({ path, content }) => (content === null ? [line(`D ${quotedName(path)}`)] : [])),
    ...files.flatMap(({ path, content }) =>
      content === null
        ? []
        : [
            line(`M ${content.mode} inline ${quotedName(path)}\ndata ${content.bytes.length}`),
            Buffer.from(content.bytes),
            line(''),
          ],
    ),
    line('\nget-mark :1\ndone'),
  ]);
  const args = ['fast-import', '--quiet', '--done', '--force', '--date-format=raw'];
  const commit = objectId(await git.text(ctx, args, { input }));
  return { commit, tree: await git.text(ctx, ['rev-parse', '--verify', `${commit}^{tree}`]) };
}

/**
 * The patch that leads from one commit or tree to another, for `git apply`. It is text: files whose lines are not
 * UTF-8 are in it as binary ones, so that it survives being kept and sent as text.
 */
export async function patchText(
  ctx: Context,
  git: Git,
  scratch: string,
  before: string,
  after: string,
): Promise<string> {
  const whole = await patch(ctx, git, before, after);
  if (isUtf8(whole)) return whole.toString('utf8');
  const pieces = perFile(whole);
  const binary = perFile(await binaryPatch(ctx, git, scratch, before, after));
  return pieces.map((piece, i) => (isUtf8(piece) ? piece : binary[i]!).toString('utf8')).join('');
}

async function patch(
  ctx: Context,
  git: Git,
  before: string,
  after: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const args = ['diff-tree', '-r', '-p', '-M', '--binary', '--full-index', '--no-ext-diff', '--no-textconv'];
  return (await git.run(ctx, [...args, objectId(before), objectId(after)], { env })).stdout;
}

/** The same with every file as a binary one: asked through an empty repository whose attributes say so. */
async function binaryPatch(
  ctx: Context,
  git: Git,
  scratch: string,
  before: string,
  after: string,
): Promise<Buffer> {
  const folder = await mkdtemp(path.join(scratch, 'binary.'));
  try {
    const format = before.length === 40 ? 'sha1' : 'sha256';
    await runGit(ctx, ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, folder]);
    await mkdir(path.join(folder, 'info'), { recursive: true });
    await writeFile(path.join(folder, 'info/attributes'), '* -diff\n');
    const env = { GIT_OBJECT_DIRECTORY: path.join(git.gitDir, 'objects') };
    return await patch(ctx, new Git(folder), before, after, env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A patch cut before each file's header; no other line of a patch begins like one. */
function perFile(whole: Buffer): Buffer[] {
  const mark = Buffer.from('\ndiff --git ');
  const pieces: Buffer[] = [];
  let start = 0;
  for (;;) {
    const found = whole.indexOf(mark, start);
    if (found < 0) break;
    pieces.push(whole.subarray(start, found + 1));
    start = found + 1;
  }
  return [...pieces, whole.subarray(start)];
}

/**
 * Makes a new branch of the user's repository that names `commit`, copying what it needs from ours. This is the one
 * thing that writes into the user's `.git`, and a person asked for it by name: objects, then the ref, if there is
 * none of its name. Throws `review.branchName` and `review.branchExists`.
 */
export async function makeUserBranch(
  ctx: Context,
  ours: Git,
  user: UserRepository,
  branch: string,
  commit: string,
): Promise<void> {
  const git = new Git(user.gitDir);
  await requireFreeBranch(ctx, user, branch);
  const tips = user.head === null ? [] : [`^${objectId(user.head)}`];
  const pack = await ours.run(ctx, ['pack-objects', '--revs', '--stdout', '-q', '--thin'], {
    input: `${[objectId(commit), ...tips].join('\n')}\n`,
  });
  await git.run(ctx, ['index-pack', '--stdin', '--fix-thin'], { input: pack.stdout });
  const none = '0'.repeat(commit.length);
  const args = ['update-ref', '-m', 'Symphony: reviewed changes', `refs/heads/${branch}`, commit, none];
  await git.run(ctx, args).catch((thrown: unknown) => {
    throw isGitFailure(thrown) ? problem('review.branchExists', { branch }, thrown) : thrown;
  });
}

/** Throws `review.branchName` for what git takes for no branch, and `review.branchExists`. */
export async function requireFreeBranch(ctx: Context, user: UserRepository, branch: string): Promise<void> {
  const git = new Git(user.gitDir);
  const good = await git.run(ctx, ['check-ref-format', `refs/heads/${branch}`], { accept: [0, 1] });
  if (good.code !== 0 || branch.startsWith('-') || branch === 'HEAD')
    throw problem('review.branchName', { branch });
  const args = ['show-ref', '--verify', '--quiet', `refs/heads/${branch}`];
  if ((await git.run(ctx, args, { accept: [0, 1] })).code === 0)
    throw problem('review.branchExists', { branch });
}
