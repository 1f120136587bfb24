import { realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { ProblemError, type Clock, type Context } from '../base';
import { Git, objectId } from './command';
import { commitFiles, makeUserBranch, patchText, requireFreeBranch, type CommitToMake } from './exporting';
import { FolderIndex } from './folderIndex';
import { prepareLayout, syncUser, type Layout } from './layout';
import { ObjectReader } from './objectReader';
import { besideTree, commitUserTree, copyBorrowed, ignoredThen, namedCommits } from './keeping';
import { mergeCommits, treeChanges, treeLineCounts, treeWithPaths } from './trees';
import { Turns } from './turns';
import type { Commit, NamedCommit, PrivateRepository, UserRepository, SeenTree } from './types';
import { branchOf, headOf, type UserEnvironment, type UserSettings } from './userRepository';
import { doingNow, stagedEntries, treeOfIndex } from './userTree';
import { Worktrees } from './worktrees';

export interface OpenOptions {
  /** Where the private repository is or will be, in the data home. */
  readonly gitDir: string;
  readonly user: UserRepository;
  /** The folder the person has open: `user.top` or below. Its `.planning` belongs to every snapshot. */
  readonly userRoot: string;
  readonly clock: Clock;
  /** The folder of all worktrees; default `worktrees` beside `gitDir`. */
  readonly worktrees?: string;
  /** Where the user's own git configuration is found; default the environment of this process. */
  readonly environment?: UserEnvironment;
}

/** Opens the private repository of a workspace, making or repairing it where needed. */
export async function openPrivateRepository(ctx: Context, options: OpenOptions): Promise<PrivateRepository> {
  const environment = options.environment ?? process.env;
  const layout: Layout = {
    gitDir: options.gitDir,
    worktrees: options.worktrees ?? path.join(path.dirname(options.gitDir), 'worktrees'),
    indexes: path.join(options.gitDir, 'symphony'),
  };
  await prepareLayout(ctx, layout, options.user, environment);
  const root = await realpath(options.userRoot);
  const below = path.relative(options.user.top, root).split(path.sep).join('/');
  const planning = below === '' || below.startsWith('..') ? '.planning' : `${below}/.planning`;
  return new OpenRepository(options, layout, planning, environment);
}

class OpenRepository implements PrivateRepository {
  readonly gitDir: string;
  private readonly git: Git;
  private readonly turns = new Turns();
  private readonly userIndex: FolderIndex;
  private readonly trees: Worktrees;
  private readonly objects: ObjectReader;
  /** Objects known to be our own. */
  private readonly own = new Set<string>();
  private counter = 0;

  constructor(
    private readonly options: OpenOptions,
    private readonly layout: Layout,
    private readonly planning: string,
    private readonly environment: UserEnvironment,
  ) {
    const { objectFormat } = options.user;
    this.gitDir = layout.gitDir;
    this.git = new Git(layout.gitDir);
    this.userIndex = new FolderIndex(this.git, path.join(layout.indexes, 'user.index'), objectFormat);
    this.trees = new Worktrees(this.git, layout, objectFormat, planning);
    this.objects = new ObjectReader(this.git);
  }

  snapshot(ctx: Context, ref: string, message: string): Promise<Commit> {
    return this.turns.take('user', async () => {
      const { user, clock } = this.options;
      const [settings, head] = await Promise.all([
        syncUser(ctx, this.layout, user, this.environment),
        headOf(ctx, user.gitDir),
      ]);
      const tree = await this.userIndex.update(ctx, this.userFolder(settings), (index) =>
        this.git.text(ctx, ['write-tree'], { index, workTree: user.top }),
      );
      return this.commit(ctx, tree, head === null ? [] : [head], message, clock.now(), ref);
    });
  }

  userTree(ctx: Context): Promise<SeenTree> {
    return this.turns.take('user', async () => {
      const { user } = this.options;
      const [settings, [head, staged], branch, doing] = await Promise.all([
        syncUser(ctx, this.layout, user, this.environment),
        headOf(ctx, user.gitDir).then(
          async (found) => [found, await stagedEntries(ctx, user, found)] as const,
        ),
        branchOf(ctx, new Git(user.gitDir)),
        doingNow(user.gitDir),
      ]);
      return this.userIndex.update(ctx, this.userFolder(settings), async (index, _, besides) => {
        const tree = await treeOfIndex(ctx, this.git, index, user.top, besides);
        const [nested, submodules] = [besides.nested, besides.submodules].map((names) =>
          names.map((name) => Buffer.from(name, 'latin1').toString('utf8')),
        );
        return { tree, head, branch, staged, doing, nested: nested!, submodules: submodules! };
      });
    });
  }

  async keepUserTree(
    ctx: Context,
    at: SeenTree,
    ref: string,
    message: string,
    atMs: number,
  ): Promise<Commit> {
    const kept = await this.turns.take('refs', () =>
      commitUserTree(ctx, this.git, at, { ref: ownRef(ref), message, atMs }),
    );
    await copyBorrowed(ctx, this.git, kept.commit, at.head, this.own).catch((thrown: unknown) => {
      ctx.signal.throwIfAborted();
      // A partial clone lacks what nobody has looked at; the checkpoint itself is there.
      ctx.log.warn('objects of a checkpoint stay borrowed', { ref, reason: String(thrown) });
    });
    return kept;
  }

  listRefs(ctx: Context, prefix: string): Promise<NamedCommit[]> {
    return namedCommits(ctx, this.git, ownRef(prefix));
  }

  ignoredThen(ctx: Context, kept: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
    return ignoredThen(ctx, this.git, this.layout.indexes, kept, paths);
  }

  besideTree(ctx: Context, kept: string) {
    return besideTree(ctx, this.git, kept);
  }

  ensureWorktree(ctx: Context, folder: string, commit: string): Promise<void> {
    return this.turns.take(folder, () => this.trees.ensure(ctx, folder, objectId(commit)));
  }

  writeTree(ctx: Context, folder: string): Promise<string> {
    return this.turns.take(folder, () => this.trees.write(ctx, folder));
  }

  restoreTree(ctx: Context, folder: string, tree: string): Promise<void> {
    return this.turns.take(folder, () => this.trees.restore(ctx, folder, objectId(tree)));
  }

  removeWorktree(ctx: Context, folder: string, expected: string): Promise<void> {
    return this.turns.take(folder, async () =>
      this.trees.remove(ctx, folder, await this.treeOf(ctx, expected)),
    );
  }

  async isAncestor(ctx: Context, commit: string, of: string): Promise<boolean> {
    const args = ['merge-base', '--is-ancestor', objectId(commit), objectId(of)];
    return (await this.git.run(ctx, args, { accept: [0, 1] })).code === 0;
  }

  worktrees(): Promise<readonly { path: string; commit: string }[]> {
    return this.trees.list();
  }

  async commit(
    ctx: Context,
    tree: string,
    parents: readonly string[],
    message: string,
    atMs: number,
    ref?: string,
  ): Promise<Commit> {
    const date = `@${Math.floor(atMs / 1000)} +0000`;
    const env = {
      GIT_AUTHOR_NAME: 'Symphony',
      GIT_AUTHOR_EMAIL: 'symphony@localhost',
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: 'Symphony',
      GIT_COMMITTER_EMAIL: 'symphony@localhost',
      GIT_COMMITTER_DATE: date,
    };
    const flags = parents.flatMap((parent) => ['-p', objectId(parent)]);
    const args = ['commit-tree', objectId(tree), ...flags, '-F', '-'];
    const commit = await this.git.text(ctx, args, { env, input: message });
    if (ref !== undefined) await this.setRef(ctx, ref, commit);
    return { commit, tree };
  }

  async readRef(ctx: Context, ref: string): Promise<string | null> {
    const args = ['rev-parse', '--verify', '--quiet', `${ownRef(ref)}^{commit}`];
    return (await this.git.text(ctx, args, { accept: [0, 1, 128] })) || null;
  }

  setRef(ctx: Context, ref: string, commit: string): Promise<void> {
    return this.turns.take('refs', async () => {
      const args = ['update-ref', ownRef(ref), objectId(commit)];
      await this.git.run(ctx, args).catch(async (thrown: unknown) => {
        // Refs of this repository are set here alone and in turn: a lock in the way has no owner left.
        if (!isLocked(thrown)) throw thrown;
        await rm(path.join(this.gitDir, `${ref}.lock`), { force: true });
        await this.git.run(ctx, args);
      });
    });
  }

  async treeOf(ctx: Context, commit: string): Promise<string> {
    return this.git.text(ctx, ['rev-parse', '--verify', `${objectId(commit)}^{tree}`]);
  }

  merge(ctx: Context, base: string, ours: string, theirs: string) {
    return mergeCommits(ctx, this.git, base, ours, theirs, async (inner, commit, parents) => {
      const tree = await this.treeOf(inner, commit);
      return (await this.commit(inner, tree, parents, 'merged over a given base', 0)).commit;
    });
  }

  async takePaths(ctx: Context, tree: string, from: string, paths: readonly string[]): Promise<string> {
    const index = path.join(this.layout.indexes, `take.${process.pid}-${++this.counter}`);
    try {
      return await treeWithPaths(ctx, this.git, index, tree, from, paths);
    } finally {
      await rm(index, { force: true });
    }
  }

  changes(ctx: Context, before: string, after: string) {
    return treeChanges(ctx, this.git, before, after);
  }

  lineCounts(ctx: Context, before: string, after: string) {
    return treeLineCounts(ctx, this.git, before, after);
  }

  commitFiles(ctx: Context, ref: string, commit: CommitToMake): Promise<Commit> {
    return this.turns.take('refs', () => commitFiles(ctx, this.git, ownRef(ref), commit));
  }

  patchText(ctx: Context, before: string, after: string): Promise<string> {
    return patchText(ctx, this.git, this.layout.indexes, before, after);
  }

  requireFreeBranch(ctx: Context, branch: string): Promise<void> {
    return requireFreeBranch(ctx, this.options.user, branch);
  }

  async makeUserBranch(ctx: Context, branch: string, commit: string): Promise<void> {
    const { user } = this.options;
    const head = await headOf(ctx, user.gitDir);
    await makeUserBranch(ctx, this.git, { ...user, head }, branch, commit);
  }

  userHead(ctx: Context): Promise<string | null> {
    return headOf(ctx, this.options.user.gitDir);
  }

  readObject(ctx: Context, object: string): Promise<Uint8Array> {
    return this.objects.read(ctx, object);
  }

  private userFolder(settings: UserSettings) {
    const { user } = this.options;
    return {
      folder: user.top,
      authority: {
        git: new Git(user.gitDir),
        settings: [`core.excludesFile=${settings.excludesFile ?? '/dev/null'}`],
      },
      forced: this.planning,
      modesOnDisk: settings.fileMode && settings.symlinks,
    };
  }
}

function ownRef(ref: string): string {
  if (!/^refs\/symphony\/[\w./-]+$/.test(ref)) throw new Error(`not a ref of ours: ${ref}`);
  return ref;
}

const isLocked = (thrown: unknown): boolean =>
  thrown instanceof ProblemError && String(thrown.problem.args.detail).includes('.lock');
