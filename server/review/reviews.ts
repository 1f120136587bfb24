import type { Problem } from '../../schemas/codes';
import type { ChangedFile, Changeset } from '../../schemas/wire/review';
import type { OpenBuffer, UnitResult } from '../../schemas/wire/units';
import { problem, type Context } from '../base';
import { splitUnit, type Unit } from './algebra/units';
import { samePlace, unmoved, type BookRecord, type Did, type Mode } from './book/records';
import { Decider } from './decider/decider';
import type { FileWish, Job } from './decider/job';
import { settleByDisk } from './decider/recover';
import { chosenLines, editedBytes } from './edits';
import { Shelf, type Review, type ReviewsPorts } from './shelf';
import { placeWishes, undoSplits, undoWishes, wishFor, type Asked } from './wishes';

export interface Decided {
  readonly op: string | null;
  readonly files: UnitResult[];
}

export interface DecideParams {
  readonly changeset: string;
  readonly decision: Asked;
  readonly units?: readonly { readonly path: string; readonly unit: string }[] | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly plan?: string | undefined;
  readonly buffers: readonly OpenBuffer[];
  /** A person brought the units into the files by hand: nothing is written. */
  readonly settled?: boolean | undefined;
}

/**
 * Reviews of changesets: opening them, and every kind of decision. Decisions are made one after the other,
 * because several changesets may propose changes of one file.
 */
export class Reviews {
  private readonly decider: Decider;
  private readonly shelf: Shelf;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: ReviewsPorts) {
    this.decider = new Decider(ports);
    this.shelf = new Shelf(ports, this.decider);
  }

  /** Opens a changeset for review; what a crash left unfinished is finished first. Throws `review.unknown`. */
  open(ctx: Context, changeset: string): Promise<Review> {
    return this.shelf.open(ctx, changeset);
  }

  /** Finishes what was unfinished when the sidecar ended; meant for its start. */
  async recover(ctx: Context): Promise<void> {
    for (const changeset of this.ports.log.unfinished()) {
      await this.open(ctx, changeset).catch((thrown: unknown) =>
        ctx.log.error('decisions could not be finished', { changeset, thrown: String(thrown) }),
      );
    }
  }

  /** Keeps, drops or takes back. */
  decide(ctx: Context, params: DecideParams): Promise<Decided> {
    return this.alone(ctx, params.changeset, async (review) => {
      const { book } = review;
      const op = this.ports.ids.next('op');
      const files: FileWish[] = [];
      const refused: UnitResult[] = [];
      for (const [path, named] of asked(review.changeset, params)) {
        const wish = wishFor(book, review.units, op, params.decision, path, named);
        if (wish === undefined) refused.push(refusal(path, { code: 'review.stale', args: { path } }));
        else if (wish.changes.length > 0) files.push(wish);
        else if (named !== undefined) refused.push({ ...refusal(path, null), result: 'recorded' });
      }
      if (params.settled === true) return this.recordOnly(review, op, params.decision, files, refused);
      return this.perform(
        ctx,
        review,
        { ...job(op, params.decision), files, buffers: params.buffers },
        refused,
      );
    });
  }

  /** Takes one op back. Throws `review.unknown` for an op that is not one. */
  undo(
    ctx: Context,
    params: { changeset: string; op: string; buffers: readonly OpenBuffer[] },
  ): Promise<Decided> {
    return this.alone(ctx, params.changeset, async (review) => {
      const { book } = review;
      const op = book.ops.get(params.op);
      if (op === undefined)
        throw problem('review.unknown', { changeset: `${params.changeset}: ${params.op}` });
      const wishes = undoWishes(book, op);
      const splits = undoSplits(book, op);
      const refused = wishes.refused.map(({ path, problem: why }) => refusal(path, why));
      for (const path of splits.left)
        refused.push(refusal(path, { code: 'review.redecided', args: { path } }));
      const mode =
        op.mode === null || !samePlace(book.place, op.mode.to)
          ? null
          : { from: op.mode.to, to: op.mode.from };
      const undo = { ...job(this.ports.ids.next('op'), 'undo'), undoes: op.op, mode, ...splits };
      if (wishes.files.length === 0 && splits.splits.length === 0 && mode === null)
        return { op: null, files: refused };
      return this.perform(ctx, review, { ...undo, files: wishes.files, buffers: params.buffers }, refused);
    });
  }

  /** Splits an undecided hunk; answers its parts. Throws `review.stale`. */
  split(
    ctx: Context,
    params: {
      changeset: string;
      path: string;
      unit: string;
      at: readonly { before: number; after: number }[];
    },
  ): Promise<readonly Unit[]> {
    return this.alone(ctx, params.changeset, async (review) => {
      const { path } = params;
      const unit = review.units(path).find((one) => one.unit === params.unit);
      const parts = unit && splitUnit(unit, params.at);
      const decided = review.book.standing(path, params.unit).state !== 'undecided';
      if (parts === undefined || decided || review.book.waitsFor(path) !== undefined)
        throw problem('review.stale', { path });
      const op = this.ports.ids.next('op');
      const splits = [{ path, unit: params.unit, parts }];
      await this.perform(ctx, review, { ...job(op, 'split'), splits, files: [], buffers: [] }, []);
      this.ports.onDecided?.(review, [path]);
      return parts;
    });
  }

  /** Keeps some lines of a hunk and drops the rest. */
  keepLines(
    ctx: Context,
    params: {
      changeset: string;
      path: string;
      unit: string;
      added: readonly number[];
      removed: readonly number[];
      buffers: readonly OpenBuffer[];
    },
  ): Promise<Decided> {
    return this.alone(ctx, params.changeset, async (review) => {
      const { unit, text } = await this.findUnit(review, params.path, params.unit);
      const bytes = chosenLines(unit, text, params);
      if (bytes === undefined) throw problem('review.stale', { path: params.path });
      return this.keepAs(ctx, review, params, bytes);
    });
  }

  /** Keeps a hunk in other words. Throws `review.encoding` where the file's encoding cannot hold them. */
  edit(
    ctx: Context,
    params: { changeset: string; path: string; unit: string; text: string; buffers: readonly OpenBuffer[] },
  ): Promise<Decided> {
    return this.alone(ctx, params.changeset, async (review) => {
      const { unit, text, sample } = await this.findUnit(review, params.path, params.unit);
      if (unit.kind !== 'lines' && unit.kind !== 'whole')
        throw problem('review.stale', { path: params.path });
      const bytes = editedBytes(params.path, params.text, text, sample);
      return this.keepAs(ctx, review, params, bytes);
    });
  }

  /** Brings what is undecided into the user's files, or out of them; `checkpoint` is where they can be taken back to. */
  place(
    ctx: Context,
    params: { changeset: string; mode: Mode; buffers: readonly OpenBuffer[] },
    checkpoint: () => Promise<string | null>,
  ): Promise<Decided & { checkpoint: string | null }> {
    return this.alone(ctx, params.changeset, async (review) => {
      const { book } = review;
      const paths = review.changeset.files.map(({ path }) => path);
      const op = this.ports.ids.next('op');
      const to = { mode: params.mode, by: op };
      const files = placeWishes(book, paths, review.units, to);
      if (files.length === 0 && book.place.mode === params.mode)
        return { op: null, files: [], checkpoint: null };
      const saved = params.mode === 'inPlace' ? await checkpoint() : null;
      const mode = { from: book.place, to };
      const placing = { ...job(op, 'mode'), mode, checkpoint: saved, files, buffers: params.buffers };
      return { ...(await this.perform(ctx, review, placing, [])), checkpoint: saved };
    });
  }

  /** What became of the edits an editor was asked to make. Throws `review.unknown`. */
  applied(
    ctx: Context,
    params: { changeset: string; op: string; path: string; applied: boolean },
  ): Promise<void> {
    return this.alone(ctx, params.changeset, async (review) => {
      const file = review.book.ops.get(params.op)?.files.get(params.path);
      if (file === undefined)
        throw problem('review.unknown', { changeset: `${params.changeset}: ${params.op}` });
      if (file.done !== null) return;
      const held = await settleByDisk(this.ports.tree, file.intent);
      const found = params.applied && held.state !== 'after' ? held.stamp : undefined;
      this.decider.settle(review, params.op, params.path, params.applied, null, found);
      this.ports.onDecided?.(review, [params.path]);
    });
  }

  /** Records something that changes no file. */
  note(ctx: Context, changeset: string, records: (review: Review) => readonly BookRecord[]): Promise<Review> {
    return this.alone(ctx, changeset, async (review) => {
      const made = records(review);
      if (made.length > 0) this.decider.append(review, made);
      return review;
    });
  }

  /** What a file comes to with what was kept so far; `everything`: with what is undecided as well. */
  async composed(review: Review, file: ChangedFile, everything = false) {
    const wish = {
      changes: [],
      placed: {
        from: { ...unmoved, mode: everything ? ('inPlace' as const) : ('before' as const) },
        to: unmoved,
      },
    };
    return (await this.decider.transition(review, file, wish)).before;
  }

  private async perform(ctx: Context, review: Review, wanted: Job, refused: UnitResult[]): Promise<Decided> {
    const waiting = await this.stillWaiting(review, wanted);
    const files = wanted.files.filter(({ path }) => !waiting.has(path));
    for (const path of waiting) refused.push(refusal(path, { code: 'review.waiting', args: { path } }));
    const done = await this.decider.perform(ctx, review, { ...wanted, files });
    const paths = done.files
      .filter(({ result }) => result !== 'refused' && result !== 'conflict')
      .map(({ path }) => path);
    if (paths.length > 0) this.ports.onDecided?.(review, paths);
    return { op: done.op, files: [...done.files, ...refused] };
  }

  /** Files of which an editor owes an answer. One that will not come is told by the disk, and by another buffer being sent. */
  private async stillWaiting(review: Review, { files, buffers }: Job): Promise<Set<string>> {
    const waiting = new Set<string>();
    for (const { path } of files) {
      const op = review.book.waitsFor(path);
      if (op === undefined) continue;
      const held = await settleByDisk(this.ports.tree, op.files.get(path)!.intent);
      const late = this.ports.clock.now() - op.at > patience;
      if (held.state === 'after') this.decider.settle(review, op.op, path, true, null);
      else if (late && !buffers.some((buffer) => buffer.path === path))
        this.decider.settle(review, op.op, path, false, { code: 'review.abandoned', args: { path } });
      else waiting.add(path);
    }
    return waiting;
  }

  private recordOnly(
    review: Review,
    op: string,
    did: Did,
    wishes: readonly FileWish[],
    refused: UnitResult[],
  ): Decided {
    const files = wishes.map(({ path, changes }) => ({
      path,
      changes,
      placed: null,
      via: 'none' as const,
      stamps: [],
    }));
    if (files.length === 0) return { op: null, files: refused };
    const { buffers: _buffers, ...rest } = { ...job(op, did), files: [], buffers: [] };
    this.decider.append(review, [{ type: 'intent', ...rest, files }]);
    this.ports.onDecided?.(
      review,
      files.map(({ path }) => path),
    );
    return {
      op,
      files: [
        ...files.map(({ path }): UnitResult => ({ ...refusal(path, null), result: 'recorded' })),
        ...refused,
      ],
    };
  }

  private async keepAs(
    ctx: Context,
    review: Review,
    { path, unit, buffers }: { path: string; unit: string; buffers: readonly OpenBuffer[] },
    bytes: Uint8Array,
  ): Promise<Decided> {
    const op = this.ports.ids.next('op');
    const edited = await this.ports.blobs.put(bytes);
    const from = review.book.standing(path, unit);
    const changes = [{ unit, from, to: { state: 'kept' as const, edited, by: op } }];
    return this.perform(
      ctx,
      review,
      { ...job(op, 'edit'), files: [{ path, changes, placed: null }], buffers },
      [],
    );
  }

  private async findUnit(review: Review, path: string, id: string) {
    const unit = review.units(path).find((one) => one.unit === id);
    const file = review.changeset.files.find((one) => one.path === path);
    if (unit === undefined || file === undefined) throw problem('review.stale', { path });
    const { text } = await review.cut(file);
    const hash = file.proposal ?? file.baseline;
    return {
      unit,
      text,
      sample: (hash === null ? undefined : await this.ports.blobs.get(hash)) ?? new Uint8Array(),
    };
  }

  /** One decision at a time. */
  private alone<T>(ctx: Context, changeset: string, work: (review: Review) => Promise<T>): Promise<T> {
    const result = this.last.then(async () => work(await this.open(ctx, changeset)));
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** How long an editor may take to make edits, in milliseconds, before another decision on the file is possible. */
const patience = 30_000;

function job(op: string, did: Did): Omit<Job, 'files' | 'buffers'> {
  return { op, did, undoes: null, mode: null, checkpoint: null, splits: [] };
}

/** The files a decision is about, with the units where they are named. */
function asked(
  changeset: Changeset,
  { units, paths, plan }: DecideParams,
): Map<string, string[] | undefined> {
  const found = new Map<string, string[] | undefined>();
  if (units !== undefined) {
    for (const { path, unit } of units) found.set(path, [...(found.get(path) ?? []), unit]);
    return found;
  }
  const wanted = paths === undefined ? undefined : new Set(paths);
  for (const file of changeset.files) {
    if (plan !== undefined && !file.plans.includes(plan)) continue;
    if (wanted === undefined || wanted.delete(file.path)) found.set(file.path, undefined);
  }
  // A path that is not of the changeset is refused, not passed over.
  if (plan === undefined) for (const path of wanted ?? []) found.set(path, ['']);
  return found;
}

const refusal = (path: string, why: Problem | null): UnitResult => ({
  path,
  result: 'refused',
  edits: null,
  conflict: null,
  problem: why,
});
