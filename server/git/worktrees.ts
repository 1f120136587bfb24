import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isCode, readIfThere, sha256 } from '../base/node';
import { problem, type Context } from '../base';
import { isGitFailure, type Git } from './command';
import { FolderIndex, type FolderToIndex } from './folderIndex';
import { writeIfOther, type Layout } from './layout';
import { findNestedGit } from './nested';

/**
 * The worktrees of a private repository. Their records are written here, file by file, in git's own
 * format rather than by `git worktree add`: each file has one right content, so that whatever a killed
 * process left is completed by doing the same again, also around a folder that has files already.
 */
export class Worktrees {
  private readonly caches = new Map<string, FolderIndex>();
  private counter = 0;

  constructor(
    private readonly git: Git,
    private readonly layout: Layout,
    private readonly objectFormat: 'sha1' | 'sha256',
    /** `.planning` as seen from the top: it belongs to a worktree even where it is ignored. */
    private readonly forced: string,
  ) {}

  /** Creates the worktree with the tree of `commit`, or brings it there; see `restore`. */
  async ensure(ctx: Context, folder: string, commit: string): Promise<void> {
    this.assertOurs(folder);
    const records = this.recordsOf(folder);
    await mkdir(records, { recursive: true, mode: 0o700 });
    await writeIfOther(path.join(records, 'commondir'), '../..\n');
    await writeIfOther(path.join(records, 'gitdir'), `${path.join(folder, '.git')}\n`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.guard(folder);
    // HEAD is written after the index of its commit: where it is right, the index is too.
    const head = path.join(records, 'HEAD');
    const settled =
      (await readIfThere(head))?.toString('utf8') === `${commit}\n` &&
      (await readIfThere(path.join(records, 'index'))) !== undefined;
    if (!settled) {
      await this.writeOwnIndex(ctx, folder, commit, false);
      await writeIfOther(head, `${commit}\n`);
    }
    await this.bringTo(ctx, folder, commit);
    if (!settled) await this.writeOwnIndex(ctx, folder, commit, true);
  }

  /** The tree the folder holds: files of its commit, new files that are not ignored, and `.planning`. */
  async write(ctx: Context, folder: string): Promise<string> {
    this.assertOurs(folder);
    await this.guard(folder);
    return this.described(ctx, folder, (what) =>
      this.cache(folder).update(ctx, what, async (index, nested) => {
        refuseNested(folder, nested[0]);
        return this.git.text(ctx, ['write-tree'], { index, workTree: folder });
      }),
    );
  }

  /** Brings the files to `tree` exactly; ignored files stay. New files that are not ignored are removed. */
  async restore(ctx: Context, folder: string, tree: string): Promise<void> {
    this.assertOurs(folder);
    await this.guard(folder);
    await this.bringTo(ctx, folder, tree);
  }

  /** Removes a worktree whose files equal `expected`; throws `git.worktreeChanged` otherwise. */
  async remove(ctx: Context, folder: string, expected: string): Promise<void> {
    this.assertOurs(folder);
    const there = await lstat(folder).catch(() => undefined);
    if (there !== undefined) {
      if ((await this.write(ctx, folder)) !== expected) {
        throw problem('git.worktreeChanged', { path: folder });
      }
      // Out of sight at once, then removed at leisure: a kill leaves no half worktree.
      const trash = path.join(this.layout.worktrees, `.removed-${process.pid}-${++this.counter}`);
      await rename(folder, trash);
      await this.forget(folder);
      await rm(trash, { recursive: true, force: true });
    } else await this.forget(folder);
  }

  /** Worktrees with complete records, by folder. */
  async list(): Promise<{ path: string; commit: string }[]> {
    const base = path.join(this.git.gitDir, 'worktrees');
    const found: { path: string; commit: string }[] = [];
    for (const id of await readdir(base).catch(() => [])) {
      const [gitdir, head] = await Promise.all([
        readIfThere(path.join(base, id, 'gitdir')),
        readIfThere(path.join(base, id, 'HEAD')),
      ]);
      if (gitdir === undefined || head === undefined) continue;
      const file = gitdir.toString('utf8').replace(/\n$/, '');
      found.push({ path: path.dirname(file), commit: head.toString('utf8').trim() });
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  private async bringTo(ctx: Context, folder: string, treeish: string): Promise<void> {
    const cache = this.cache(folder);
    // First the index learns everything that is there; what the tree lacks is then removed by git.
    await this.described(ctx, folder, (what) =>
      cache.update(ctx, what, (_, nested) => Promise.resolve(refuseNested(folder, nested[0]))),
    );
    const args = ['read-tree', '--reset', '-u', treeish];
    await cache.change((index) => this.git.run(ctx, args, { index, workTree: folder }));
  }

  /**
   * Does `work` with the folder and its authority, the worktree's own index, which is made again from
   * the worktree's commit when it is missing or cannot be read.
   */
  private async described<T>(
    ctx: Context,
    folder: string,
    work: (what: FolderToIndex) => Promise<T>,
  ): Promise<T> {
    const records = this.recordsOf(folder);
    const index = path.join(records, 'index');
    const authority = { git: this.git, index };
    const what = { folder, authority, forced: this.forced, modesOnDisk: true };
    const again = async (): Promise<T> => {
      const head = await readIfThere(path.join(records, 'HEAD'));
      if (head === undefined) throw new Error(`${folder} is no worktree; ensure it first`);
      await this.writeOwnIndex(ctx, folder, head.toString('utf8').trim(), false);
      return work(what);
    };
    if ((await lstat(index).catch(() => undefined)) === undefined) return again();
    return work(what).catch((thrown: unknown) => {
      if (isGitFailure(thrown)) return again();
      throw thrown;
    });
  }

  /** The index an agent's own `git status` and `git diff` look at: always the commit, never the edits. */
  private async writeOwnIndex(ctx: Context, folder: string, commit: string, fresh: boolean): Promise<void> {
    const file = path.join(this.recordsOf(folder), 'index');
    const index = path.join(this.layout.indexes, `own.${process.pid}-${++this.counter}`);
    try {
      await this.git.run(ctx, ['read-tree', commit], { index });
      const refresh = ['update-index', '-q', '--refresh'];
      if (fresh) await this.git.run(ctx, refresh, { index, workTree: folder, accept: [0, 1] });
      await rename(index, file);
      await rm(`${file}.lock`, { force: true });
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Before any git call: the folder's `.git` is ours and there is no other one below it. */
  private async guard(folder: string): Promise<void> {
    const file = path.join(folder, '.git');
    const entry = await lstat(file).catch((thrown: unknown) => {
      if (isCode(thrown, 'ENOENT')) return undefined;
      throw thrown;
    });
    if (entry !== undefined && !entry.isFile()) refuseNested(folder, '.git');
    const content = `gitdir: ${this.recordsOf(folder)}\n`;
    if ((await readIfThere(file))?.toString('utf8') !== content) {
      // No temporary file here: left behind by a kill, it would pass for the agent's work.
      await rm(file, { force: true });
      await writeFile(file, content, { flag: 'wx' });
    }
    refuseNested(folder, await findNestedGit(folder));
  }

  private async forget(folder: string): Promise<void> {
    await this.cache(folder).forget();
    this.caches.delete(folder);
    await rm(this.recordsOf(folder), { recursive: true, force: true });
  }

  private cache(folder: string): FolderIndex {
    let cache = this.caches.get(folder);
    if (cache === undefined) {
      const file = path.join(this.layout.indexes, `${nameOf(folder)}.index`);
      cache = new FolderIndex(this.git, file, this.objectFormat);
      this.caches.set(folder, cache);
    }
    return cache;
  }

  private recordsOf(folder: string): string {
    return path.join(this.git.gitDir, 'worktrees', nameOf(folder));
  }

  /** A broken invariant, not a problem of a person: files outside our folder are never ours to change. */
  private assertOurs(folder: string): void {
    const below = path.relative(this.layout.worktrees, folder);
    if (!path.isAbsolute(folder) || below === '' || below.startsWith('..') || path.isAbsolute(below)) {
      throw new Error(`${folder} is not below ${this.layout.worktrees}`);
    }
  }
}

/** A short name that stands for the folder: the same one for the same folder, always. */
const nameOf = (folder: string): string =>
  `${path
    .basename(folder)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 40)}-${sha256(folder).slice(0, 12)}`;

function refuseNested(folder: string, at: string | null | undefined): void {
  if (at) throw problem('git.nested', { plan: path.basename(folder), path: at });
}
