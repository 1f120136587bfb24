import { rm } from 'node:fs/promises';
import * as z from 'zod';
import { problem, shielded, type Context } from '../base';
import { readIfThere, syncFolder, writeFileAtomic } from '../base/node';
import type { SeenTree } from '../git';
import path from 'node:path';
import { planRestore, sparing, type PlannedFile } from './plan';
import { checkpointOf, messageOf, refOf, refsOfCheckpoints } from './records';
import type {
  CheckpointPorts,
  KeptCheckpoint,
  Restored,
  RestoredFile,
  RestoreWish,
  ShownCheckpoint,
} from './types';
import { writeFiles } from './write';

/** A restore under way, in a file until its last byte is written. */
const underWay = z.object({
  version: z.literal(1),
  recovery: z.string(),
  checkpoint: z.string(),
  /** Files that are written; those left as they are are not among them. */
  files: z.array(z.string()),
});

const stoodAt = z.object({
  head: z.string().nullable(),
  branch: z.string().nullable(),
  doing: z.string().nullable(),
  submodules: z.array(z.string()),
  nested: z.array(z.string()),
});

/**
 * Checkpoints of a workspace: taking, listing, and bringing files back. All writing into the user's tree is in
 * `restore`; it happens one at a time, after a recovery checkpoint, and a killed one is gone on with by `recover`.
 */
export class Checkpoints {
  private restoring: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: CheckpointPorts) {}

  /** Checkpoints, newest first; of one run, or of all and the user's own tree. */
  async list(ctx: Context, { run, most }: { run?: string; most?: number } = {}): Promise<KeptCheckpoint[]> {
    const repository = await this.ports.repository(ctx);
    const refs = await repository.listRefs(ctx, refsOfCheckpoints);
    return refs
      .flatMap((one) => checkpointOf(one) ?? [])
      .filter((one) => run === undefined || one.run === run)
      .sort((a, b) => b.at - a.at || (a.checkpoint < b.checkpoint ? 1 : -1))
      .slice(0, most ?? 500);
  }

  /** One checkpoint; throws `checkpoint.unknown`. */
  async find(ctx: Context, checkpoint: string): Promise<KeptCheckpoint> {
    const ref = refOf(checkpoint);
    const repository = await this.ports.repository(ctx);
    const refs = ref === undefined ? [] : await repository.listRefs(ctx, ref);
    const found = refs.flatMap((one) => (one.ref === ref ? (checkpointOf(one) ?? []) : []))[0];
    if (found === undefined) throw problem('checkpoint.unknown', { checkpoint });
    return found;
  }

  /** Where the user's repository stood, and which files differ from how they are now. */
  async show(ctx: Context, wish: RestoreWish): Promise<ShownCheckpoint> {
    const checkpoint = await this.find(ctx, wish.checkpoint);
    const repository = await this.ports.repository(ctx);
    const { tree } = await repository.userTree(ctx);
    const beside = checkpoint.of === 'user' ? await repository.besideTree(ctx, checkpoint.commit) : null;
    const stood = beside === null ? undefined : stoodAt.safeParse(parsedJson(Buffer.from(beside.facts)));
    const planned = await this.plan(ctx, tree, checkpoint, wish.paths);
    const read = async (side: PlannedFile['before']): Promise<Uint8Array | null> =>
      side === null || side.mode === '160000' ? null : repository.readObject(ctx, side.object);
    return {
      checkpoint,
      stood: stood?.success ? { ...stood.data, staged: beside!.staged } : null,
      files: planned.map(({ path: at, before, after }) => ({
        path: at,
        then: () => read(after),
        now: () => read(before),
      })),
    };
  }

  /** Takes one of the user's tree as it is. `run` says on whose behalf. */
  async create(ctx: Context, label: string, run: string | null = null): Promise<KeptCheckpoint> {
    const repository = await this.ports.repository(ctx);
    return this.keep(ctx, await repository.userTree(ctx), label, run);
  }

  /** Keeps the tree of an agent's worktree that is about to go. */
  async keepTree(
    ctx: Context,
    { tree, commit, run, label }: { tree: string; commit: string; run: string | null; label: string },
  ): Promise<KeptCheckpoint> {
    const { clock, ids } = this.ports;
    const id = `worktree/${ids.next('cp')}`;
    const facts = { at: clock.now(), label, run, node: null };
    const repository = await this.ports.repository(ctx);
    const ref = `${refsOfCheckpoints}/${id}`;
    const kept = await repository.commit(ctx, tree, [commit], messageOf(facts), facts.at, ref);
    return { checkpoint: id, of: 'agent', turn: null, ...facts, ...kept };
  }

  /** What restoring would do, and the tree that was looked at. */
  async preview(
    ctx: Context,
    wish: RestoreWish,
  ): Promise<{ readonly files: RestoredFile[]; readonly from: string; readonly checkpoint: KeptCheckpoint }> {
    const checkpoint = await this.find(ctx, wish.checkpoint);
    const { tree } = await (await this.ports.repository(ctx)).userTree(ctx);
    const planned = await this.plan(ctx, tree, checkpoint, wish.paths);
    return { files: planned.map(shown), from: tree, checkpoint };
  }

  /**
   * Brings files back as the checkpoint has them. Throws `checkpoint.treeChanged` where the tree is not `from` any
   * more; then nothing was written. Files in `dirty` are left as they are.
   */
  restore(
    ctx: Context,
    wish: RestoreWish & { readonly from: string; readonly dirty: readonly string[] },
  ): Promise<Restored> {
    return this.alone(async () => {
      await this.goOn(ctx);
      const checkpoint = await this.find(ctx, wish.checkpoint);
      const repository = await this.ports.repository(ctx);
      const now = await repository.userTree(ctx);
      if (now.tree !== wish.from) throw problem('checkpoint.treeChanged');
      const planned = await this.plan(ctx, now.tree, checkpoint, wish.paths);
      const recovery = await this.keep(ctx, now, `Before restoring: ${checkpoint.label}`, checkpoint.run);
      const dirty = new Set(wish.dirty);
      const files = planned.map((file) =>
        file.problem === null && dirty.has(file.path)
          ? { ...file, problem: { code: 'checkpoint.dirty' as const, args: { path: file.path } } }
          : file,
      );
      await this.begin(recovery, checkpoint, files);
      // From here on nothing stops it: half a restore is worth less than either end.
      const written = await writeFiles(shielded(ctx), repository, this.ports.root, files);
      await this.end();
      return { recovery, files: written };
    });
  }

  /** Goes on with a restore that a kill interrupted; undefined where there is none. */
  recover(ctx: Context): Promise<readonly RestoredFile[] | undefined> {
    return this.alone(() => this.goOn(ctx));
  }

  private async goOn(ctx: Context): Promise<RestoredFile[] | undefined> {
    const bytes = await readIfThere(this.ports.journal);
    if (bytes === undefined) return undefined;
    const known = underWay.safeParse(parsedJson(bytes));
    if (!known.success) {
      ctx.log.error('what was being restored cannot be read; the recovery checkpoint is in the list', {
        file: this.ports.journal,
      });
      await this.end();
      return undefined;
    }
    const { recovery, checkpoint, files } = known.data;
    const [from, to] = [await this.find(ctx, recovery), await this.find(ctx, checkpoint)];
    const wanted = new Set(files);
    const planned = (await this.plan(ctx, from.tree, to)).filter((file) => wanted.has(file.path));
    const repository = await this.ports.repository(ctx);
    const written = await writeFiles(shielded(ctx), repository, this.ports.root, planned);
    await this.end();
    ctx.log.warn('an interrupted restore was finished', { checkpoint, recovery, files: written.length });
    return written;
  }

  private async plan(
    ctx: Context,
    from: string,
    to: KeptCheckpoint,
    paths?: readonly string[],
  ): Promise<PlannedFile[]> {
    const repository = await this.ports.repository(ctx);
    const { prefix } = this.ports;
    const changes = await repository.changes(ctx, from, to.tree);
    const planned = planRestore({ changes, prefix, ...(paths === undefined ? {} : { paths }) });
    const planning = prefix === '' ? '.planning/' : `${prefix}/.planning/`;
    const gone = planned
      .filter(({ change, problem: why, fromTop }) => {
        // `.planning` belongs to every checkpoint, ignored or not.
        return change === 'deleted' && why === null && !fromTop.startsWith(planning);
      })
      .map(({ fromTop }) => fromTop);
    return sparing(planned, await repository.ignoredThen(ctx, to.commit, gone));
  }

  private async keep(ctx: Context, at: SeenTree, label: string, run: string | null): Promise<KeptCheckpoint> {
    const { clock, ids } = this.ports;
    const id = `user/${ids.next('cp')}`;
    const facts = { at: clock.now(), label, run, node: null };
    const repository = await this.ports.repository(ctx);
    const ref = `${refsOfCheckpoints}/${id}`;
    const kept = await repository.keepUserTree(ctx, at, ref, messageOf(facts), facts.at);
    return { checkpoint: id, of: 'user', turn: null, ...facts, ...kept };
  }

  private async begin(
    recovery: KeptCheckpoint,
    checkpoint: KeptCheckpoint,
    files: readonly PlannedFile[],
  ): Promise<void> {
    const record: z.infer<typeof underWay> = {
      version: 1,
      recovery: recovery.checkpoint,
      checkpoint: checkpoint.checkpoint,
      files: files.filter((file) => file.problem === null).map((file) => file.path),
    };
    await writeFileAtomic(this.ports.journal, JSON.stringify(record));
  }

  private async end(): Promise<void> {
    await rm(this.ports.journal, { force: true });
    await syncFolder(path.dirname(this.ports.journal));
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.restoring.then(work, work);
    this.restoring = mine.catch(() => undefined);
    return mine;
  }
}

const shown = ({ path: at, change, problem: why }: PlannedFile): RestoredFile => ({
  path: at,
  change,
  problem: why,
});

function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
