import type { ClientRequests, ParamsOf, RecordedEvent, ResultOf } from '../../../schemas';
import type { Changeset } from '../../../schemas/wire/review';
import { Emitter, problem, type Context, type Disposable } from '../../base';
import type { Engine } from '../../engine';
import type { Journal } from '../../engine/ports';
import {
  decideWhole,
  openUserTree,
  Reviews,
  wholeDecisions,
  type DecisionLog,
  type Review,
} from '../../review';
import type { RunWorld } from '../dependencies';
import { Offers } from './offers';
import { sourcesOf } from './sources';
import { shownFile, shownUnits } from './shown';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

export interface ReviewDeskPorts {
  readonly world: RunWorld;
  readonly engine: Engine;
  readonly journal: Pick<Journal, 'since' | 'position'>;
  readonly log: DecisionLog;
  readonly ctx: Context;
  /** Keeps the user's tree as it is now and names it; absent where nothing keeps it. */
  readonly checkpoint?: (ctx: Context, label: string) => Promise<string>;
}

/** What clients can ask about proposals; one method per request of the wire. */
export class ReviewDesk implements Disposable {
  readonly unitsChanged = new Emitter<{ readonly changeset: string; readonly paths: string[] }>();
  readonly changed = new Emitter<string>();
  private readonly offers: Offers;
  private opening: Promise<Reviews> | undefined;
  private readonly catchingUp: Promise<void>;
  /** What runs are told of files that are wholly decided; in order, and nobody waits for it. */
  private telling: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: ReviewDeskPorts) {
    const { log, journal, ctx } = ports;
    this.offers = new Offers(log, journal);
    this.catchingUp = this.offers.catchUp(ctx);
    void this.catchingUp
      .then(async () => (await this.reviews()).recover(ctx))
      .catch((thrown: unknown) => ctx.log.error('offers could not be read', { thrown: String(thrown) }));
  }

  /** Ends; decisions that are being told to their runs are told again at the next start. */
  dispose(): void {
    this.unitsChanged.dispose();
    this.changed.dispose();
  }

  /** New durable events exist: some of them may offer something. */
  heard(events: readonly RecordedEvent[]): void {
    for (const changeset of this.offers.heard(events)) {
      this.changed.fire(changeset);
      // Cut at once, so that nobody waits for it later.
      void this.open(this.ports.ctx, changeset).catch((thrown: unknown) =>
        this.ports.ctx.log.warn('an offer could not be read', { changeset, thrown: String(thrown) }),
      );
    }
  }

  /** Changesets with what was decided, newest first. */
  async list(ctx: Context, openOnly: boolean): Promise<Changeset[]> {
    await this.catchingUp;
    const { log } = this.ports;
    const all = await Promise.all(
      log.offered().map(({ changeset }) =>
        this.open(ctx, changeset).catch((thrown: unknown) => {
          ctx.log.warn('a changeset could not be read', { changeset, thrown: String(thrown) });
          return undefined;
        }),
      ),
    );
    return all
      .flatMap((review) => (review === undefined ? [] : [this.shown(review)]))
      .filter(({ files }) => !openOnly || files.some((file) => file.decision === 'undecided'));
  }

  /** Accepts or rejects whole files. */
  async decideFiles(ctx: Context, params: Params<'reviewDecide'>): Promise<Result<'reviewDecide'>> {
    await this.find(params.changeset);
    const files = await decideWhole(ctx, await this.reviews(), params);
    await this.telling;
    return { files: [...files] };
  }

  async reviewUnits(ctx: Context, params: Params<'reviewUnits'>): Promise<Result<'reviewUnits'>> {
    const review = await this.open(ctx, params.changeset);
    const run = this.ports.engine.state(review.offered.run);
    const sources = run === undefined ? [] : sourcesOf(run, review.changeset);
    const wanted = params.paths && new Set(params.paths);
    const files = review.changeset.files.filter(({ path }) => wanted?.has(path) ?? true);
    return {
      mode: review.book.place.mode,
      sources,
      files: files.map((file) => ({ path: file.path, units: shownUnits(review, file, sources) })),
    };
  }

  async reviewDecideUnits(
    ctx: Context,
    params: Params<'reviewDecideUnits'>,
  ): Promise<Result<'reviewDecideUnits'>> {
    await this.find(params.changeset);
    return (await this.reviews()).decide(ctx, params);
  }

  async reviewUndo(ctx: Context, params: Params<'reviewUndo'>): Promise<Result<'reviewUndo'>> {
    await this.find(params.changeset);
    return (await this.reviews()).undo(ctx, params);
  }

  async reviewApplied(ctx: Context, params: Params<'reviewApplied'>): Promise<Result<'reviewApplied'>> {
    await this.find(params.changeset);
    await (await this.reviews()).applied(ctx, params);
    return {};
  }

  async reviewHistory(ctx: Context, params: Params<'reviewHistory'>): Promise<Result<'reviewHistory'>> {
    const { book } = await this.open(ctx, params.changeset);
    const ops = [...book.ops.values()].reverse().map(({ op, at, did, files, splits, undone }) => ({
      op,
      at,
      did,
      undone,
      units: [
        ...[...files].flatMap(([path, { intent }]) => intent.changes.map(({ unit }) => ({ path, unit }))),
        ...splits.map(({ path, unit }) => ({ path, unit })),
      ],
    }));
    return { ops };
  }

  async reviewSplit(ctx: Context, params: Params<'reviewSplit'>): Promise<Result<'reviewSplit'>> {
    const review = await this.open(ctx, params.changeset);
    const parts = new Set((await (await this.reviews()).split(ctx, params)).map(({ unit }) => unit));
    const file = review.changeset.files.find(({ path }) => path === params.path)!;
    const run = this.ports.engine.state(review.offered.run);
    const sources = run === undefined ? [] : sourcesOf(run, review.changeset);
    return { units: shownUnits(review, file, sources).filter(({ unit }) => parts.has(unit)) };
  }

  async reviewKeepLines(ctx: Context, params: Params<'reviewKeepLines'>): Promise<Result<'reviewKeepLines'>> {
    await this.find(params.changeset);
    return (await this.reviews()).keepLines(ctx, params);
  }

  async reviewEdit(ctx: Context, params: Params<'reviewEdit'>): Promise<Result<'reviewEdit'>> {
    await this.find(params.changeset);
    return (await this.reviews()).edit(ctx, params);
  }

  async reviewPlace(ctx: Context, params: Params<'reviewPlace'>): Promise<Result<'reviewPlace'>> {
    const review = await this.open(ctx, params.changeset);
    const { checkpoint } = this.ports;
    const keep = () => checkpoint?.(ctx, review.changeset.title) ?? Promise.resolve(null);
    return (await this.reviews()).place(ctx, params, keep);
  }

  async reviewMark(ctx: Context, params: Params<'reviewMark'>): Promise<Result<'reviewMark'>> {
    await this.find(params.changeset);
    const { units, reviewed } = params;
    const marks = [{ type: 'mark' as const, units: units.map(({ unit }) => unit), reviewed }];
    await (await this.reviews()).note(ctx, params.changeset, () => marks);
    this.unitsChanged.fire({
      changeset: params.changeset,
      paths: [...new Set(units.map(({ path }) => path))],
    });
    return {};
  }

  reviewThreads = notYet<'reviewThreads'>;
  reviewComment = notYet<'reviewComment'>;
  reviewResolve = notYet<'reviewResolve'>;
  reviewRevise = notYet<'reviewRevise'>;
  reviewInterdiff = notYet<'reviewInterdiff'>;
  reviewVerify = notYet<'reviewVerify'>;

  private shown(review: Review): Changeset {
    return { ...review.changeset, files: review.changeset.files.map((file) => shownFile(review, file)) };
  }

  private async open(ctx: Context, changeset: string): Promise<Review> {
    await this.find(changeset);
    return (await this.reviews()).open(ctx, changeset);
  }

  /** What was offered shortly before may not be noted yet. */
  private async find(changeset: string): Promise<void> {
    if (this.ports.log.find(changeset) !== undefined) return;
    await this.catchingUp;
    if (this.ports.log.find(changeset) === undefined) throw problem('review.unknown', { changeset });
  }

  private reviews(): Promise<Reviews> {
    return (this.opening ??= this.openReviews());
  }

  private async openReviews(): Promise<Reviews> {
    const { world, log, engine } = this.ports;
    const { blobs, clock, ids, folders } = world;
    return new Reviews({
      tree: await openUserTree(folders.root),
      ...{ log, blobs, clock, ids },
      formerDecisions: ({ run }) => engine.state(run)?.decisions ?? [],
      onDecided: (review, paths) => this.decided(review, paths),
    });
  }

  private decided(review: Review, paths: readonly string[]): void {
    const { changeset } = review.changeset;
    this.unitsChanged.fire({ changeset, paths: [...paths] });
    this.changed.fire(changeset);
    for (const one of wholeDecisions(review, paths)) {
      const told = () => this.ports.engine.record(review.offered.run, { type: 'FileDecided', ...one });
      this.telling = this.telling.then(told).catch((thrown: unknown) => {
        this.ports.ctx.log.warn('a run was not told of a decision', {
          path: one.path,
          thrown: String(thrown),
        });
      });
    }
  }
}

function notYet<K extends keyof ClientRequests>(): Promise<Result<K>> {
  return Promise.reject(problem('review.unknown', { changeset: 'not yet' }));
}
