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
import { decidedFiles } from './decidedFiles';
import { Offers } from './offers';
import { sourcesOf } from './sources';
import { problemsOf, shownFile, shownUnits } from './shown';
import { TalkDesk } from './talk';
import { verifyKept } from './verify';
import { agentOutput, nodeIds, runFacts } from '../facts';
import type { Approvals, RunSettings } from '../startRun';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

export interface ReviewDeskPorts {
  readonly world: RunWorld;
  readonly engine: Engine;
  readonly journal: Pick<Journal, 'since' | 'position'>;
  readonly log: DecisionLog;
  readonly ctx: Context;
  readonly approvals: Approvals;
  readonly settings: () => RunSettings;
  /** Keeps the user's tree as it is now and names it; absent where nothing keeps it. */
  readonly checkpoint?: (ctx: Context, label: string, run: string) => Promise<string>;
}

/** What clients can ask about proposals; one method per request of the wire. */
export class ReviewDesk implements Disposable {
  readonly unitsChanged = new Emitter<{ readonly changeset: string; readonly paths: string[] }>();
  readonly changed = new Emitter<string>();
  private readonly offers: Offers;
  private readonly talk: TalkDesk;
  private opening: Promise<Reviews> | undefined;
  private verifying: Promise<unknown> = Promise.resolve();
  private readonly catchingUp: Promise<void>;
  /** What runs are told of files that are wholly decided; in order, and nobody waits for it. */
  private telling: Promise<unknown> = Promise.resolve();

  constructor(private readonly ports: ReviewDeskPorts) {
    const { log, journal, ctx } = ports;
    const { engine, world, approvals, settings } = ports;
    this.offers = new Offers(log, journal);
    this.talk = new TalkDesk({
      reviews: () => this.reviews(),
      open: (inner, changeset) => this.open(inner, changeset),
      ...{ engine, settings, blobs: world.blobs, start: { world, engine, approvals } },
      tell: (changeset, paths) => this.unitsChanged.fire({ changeset, paths: [...paths] }),
    });
    this.catchingUp = this.offers.catchUp(ctx);
    void this.catchingUp
      .then(async () => (await this.reviews()).recover(ctx))
      .catch((thrown: unknown) => ctx.log.error('offers could not be read', { thrown: String(thrown) }));
  }

  /** Ends. A decision its run was not told of any more is in the record of decisions, which lists are made from. */
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
    // A version that another one took the place of is looked back at, not reviewed.
    const former = new Set(openOnly ? log.offered().map((one) => one.former) : []);
    return all
      .flatMap((review) => (review === undefined ? [] : [this.shown(review)]))
      .filter(({ changeset }) => !former.has(changeset))
      .filter(({ files }) => !openOnly || files.some((file) => file.decision === 'undecided'));
  }

  /** Accepts or rejects whole files. */
  async decideFiles(ctx: Context, params: Params<'reviewDecide'>): Promise<Result<'reviewDecide'>> {
    const { changeset } = await this.open(ctx, params.changeset);
    // More than one file written at once is taken back by one restore.
    if (params.decision === 'accept' && params.paths?.length !== 1) await this.keepTree(ctx, changeset);
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
      problems: problemsOf(review, files),
    };
  }

  async reviewDecideUnits(
    ctx: Context,
    params: Params<'reviewDecideUnits'>,
  ): Promise<Result<'reviewDecideUnits'>> {
    const { changeset } = await this.open(ctx, params.changeset);
    const many = params.units === undefined && params.paths?.length !== 1;
    if (params.decision === 'keep' && params.settled !== true && many) await this.keepTree(ctx, changeset);
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
    return (await this.reviews()).place(ctx, params, () => this.keepTree(ctx, review.changeset));
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

  reviewThreads = (ctx: Context, params: Params<'reviewThreads'>) => this.talk.reviewThreads(ctx, params);
  reviewComment = (ctx: Context, params: Params<'reviewComment'>) => this.talk.reviewComment(ctx, params);
  reviewResolve = (ctx: Context, params: Params<'reviewResolve'>) => this.talk.reviewResolve(ctx, params);
  reviewRevise = (ctx: Context, params: Params<'reviewRevise'>) => this.talk.reviewRevise(ctx, params);
  reviewInterdiff = (ctx: Context, params: Params<'reviewInterdiff'>) =>
    this.talk.reviewInterdiff(ctx, params);

  async reviewVerify(ctx: Context, params: Params<'reviewVerify'>): Promise<Result<'reviewVerify'>> {
    const review = await this.open(ctx, params.changeset);
    const run = this.ports.engine.state(review.offered.run);
    if (run === undefined) throw problem('review.unknown', { changeset: params.changeset });
    const reviews = await this.reviews();
    const { world, approvals } = this.ports;
    // One at a time: they share the name of a worktree.
    const verified = this.verifying.then(() => verifyKept(ctx, world, approvals, run, reviews, review));
    this.verifying = verified.catch(() => undefined);
    return verified;
  }

  /** A changeset with the bytes of its files and what was decided on their units, for what is made of both. */
  async decided(ctx: Context, id: string) {
    const review = await this.open(ctx, id);
    const run = this.ports.engine.state(review.offered.run);
    if (run === undefined) throw problem('review.unknown', { changeset: id });
    const changeset = this.shown(review);
    return {
      run,
      changeset,
      ...(await decidedFiles(this.ports.world.blobs, review, sourcesOf(run, changeset))),
    };
  }

  /** Keeps the user's tree before several files of it change at once; its id, where something keeps it. */
  private keepTree(ctx: Context, { title, run }: Changeset): Promise<string | null> {
    return this.ports.checkpoint?.(ctx, `Before accepting: ${title}`, run) ?? Promise.resolve(null);
  }

  private shown(review: Review): Changeset {
    const { former } = review.offered;
    return {
      ...review.changeset,
      former,
      files: review.changeset.files.map((file) => shownFile(review, file)),
    };
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
      summaryOf: ({ run }) => this.summaryOf(run),
      onDecided: (review, paths) => this.tell(review, paths),
    });
  }

  private summaryOf(run: string): string | undefined {
    const fold = this.ports.engine.state(run);
    const facts = runFacts.safeParse(fold?.facts);
    const plan = facts.success ? facts.data.plans.at(-1)?.id : undefined;
    const said =
      plan === undefined ? undefined : agentOutput.safeParse(fold?.nodes.get(nodeIds.agent(plan))?.output);
    return said?.success === true ? said.data.summary : undefined;
  }

  private tell(review: Review, paths: readonly string[]): void {
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
