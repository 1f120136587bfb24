import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ClientRequests, ParamsOf, ResultOf } from '../../schemas';
import type { Changeset } from '../../schemas/wire/review';
import { problem, shielded, type Context } from '../base';
import type { Checkpoints } from '../checkpoints';
import type { RunFold } from '../engine/state';
import type { PrivateRepository } from '../git';
import { told } from './checkpointDesk';
import { offersOf } from './changesets';
import type { RunWorld } from './dependencies';

type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;
type Listed = Result<'worktreeList'>['worktrees'][number];

export interface WorktreeDeskPorts {
  readonly world: Pick<RunWorld, 'repository' | 'folders'>;
  readonly checkpoints: Checkpoints;
  readonly runs: () => readonly RunFold[];
  /** Changesets with undecided files. */
  readonly open: () => Promise<readonly Changeset[]>;
}

/** A worktree with what its state was judged by. */
interface Looked extends Listed {
  readonly commit: string;
  readonly tree: string;
}

const ended: ReadonlySet<RunFold['state']> = new Set(['completed', 'failed', 'cancelled']);
/** Entries that are counted of one worktree; a larger one shows no size. */
const mostEntries = 20_000;

/** What people see and do of worktrees; one method per request of the wire. Nothing here is removed without their wish. */
export class WorktreeDesk {
  constructor(private readonly ports: WorktreeDeskPorts) {}

  async worktreeList(ctx: Context): Promise<Result<'worktreeList'>> {
    const repository = await this.ports.world.repository(ctx);
    const open = await this.ports.open();
    const worktrees: Listed[] = [];
    for (const one of await repository.worktrees(ctx)) {
      if (!existsSync(one.path)) continue;
      const { commit: _, tree: __, ...shown } = await this.look(ctx, repository, open, one);
      worktrees.push({ ...shown, bytes: await sizeOf(one.path) });
    }
    return { worktrees };
  }

  async worktreeRemove(
    ctx: Context,
    { folder, evenIfDirty }: ParamsOf<ClientRequests['worktreeRemove']>,
  ): Promise<Result<'worktreeRemove'>> {
    const repository = await this.ports.world.repository(ctx);
    const found = (await repository.worktrees(ctx)).find((one) => one.path === folder);
    if (found === undefined || !existsSync(folder)) throw problem('worktree.unknown', { folder });
    const looked = await this.look(ctx, repository, await this.ports.open(), found);
    if (looked.keptBecause.includes('active'))
      throw problem('worktree.active', { folder, run: looked.run ?? '' });
    if (looked.dirty > 0 && !evenIfDirty) throw problem('worktree.dirty', { folder, count: looked.dirty });
    const { run, place, tree, commit } = looked;
    // What is in no commit that a ref names would be gone with the folder.
    const label = `Worktree ${place} before it was removed`;
    const needed = looked.dirty > 0 || looked.keptBecause.includes('unmerged');
    const recovery = needed ? await this.ports.checkpoints.keepTree(ctx, { tree, commit, run, label }) : null;
    await repository.removeWorktree(shielded(ctx), folder, recovery?.commit ?? looked.commit);
    return { recovery: recovery === null ? null : told(recovery) };
  }

  private async look(
    ctx: Context,
    repository: PrivateRepository,
    open: readonly Changeset[],
    worktree: { readonly path: string; readonly commit: string },
  ): Promise<Looked> {
    const { worktrees } = this.ports.world.folders;
    const [id = '', ...rest] = path.relative(worktrees, worktree.path).split(path.sep);
    const run = this.ports.runs().find((one) => one.run === id);
    const tree = await repository.writeTree(ctx, worktree.path);
    const refs = run === undefined ? [] : await repository.listRefs(ctx, `refs/symphony/runs/${run.run}`);
    const made = refs.find((one) => one.tree === tree);
    const dirty = made === undefined ? (await repository.changes(ctx, worktree.commit, tree)).length : 0;
    const commit = made?.commit ?? worktree.commit;
    const final = run === undefined ? undefined : offersOf(run).at(-1);
    const merged =
      final !== undefined &&
      (final.tree === tree || (await repository.isAncestor(ctx, commit, final.commit)));
    const begun = commit === worktree.commit && dirty === 0;
    const reasons: [Listed['keptBecause'][number], boolean][] = [
      ['active', run !== undefined && !ended.has(run.state)],
      ['dirty', dirty > 0],
      ['unmerged', !merged && !begun],
      ['referenced', run?.state === 'failed' || open.some((one) => one.run === id)],
    ];
    return {
      folder: worktree.path,
      run: run?.run ?? null,
      place: rest.length === 0 ? id : rest.join('/'),
      dirty,
      keptBecause: reasons.flatMap(([reason, holds]) => (holds ? [reason] : [])),
      bytes: null,
      commit,
      tree,
    };
  }
}

/** Bytes of the files below a folder, links not followed; null where there are too many to count. */
async function sizeOf(top: string): Promise<number | null> {
  let bytes = 0;
  let entries = 0;
  const pending = [top];
  for (let at = pending.pop(); at !== undefined; at = pending.pop())
    for (const entry of await readdir(at, { withFileTypes: true }).catch(() => [])) {
      if (++entries > mostEntries) return null;
      const file = path.join(at, entry.name);
      if (entry.isDirectory()) pending.push(file);
      else if (entry.isFile()) bytes += (await lstat(file).catch(() => undefined))?.size ?? 0;
    }
  return bytes;
}
