import type { ClientRequests, ParamsOf, RecordedEvent, ResultOf } from '../../schemas';
import type { Melody } from '../../schemas/melody';
import { DisposableStore, Emitter, problem, type Context, type Disposable } from '../base';
import type { Engine } from '../engine';
import type { Progress } from '../engine/ports';
import type { RunFold } from '../engine/state';
import { compileMelody, type CompileOptions } from '../melody';
import type { PlanningFiles } from '../planning';
import type { DecisionLog } from '../review';
import { RunArtifacts } from './artifacts';
import { RunHistory } from '../tracker';
import { CheckpointDesk } from './checkpointDesk';
import { ExportDesk } from './exportDesk';
import { ReviewDesk, type ReviewDeskPorts } from './review/desk';
import { WorktreeDesk } from './worktreeDesk';
import { Boards, type BoardPatch } from './board';
import { Changesets } from './changesets';
import type { RunWorld } from './dependencies';
import { ExecutionDesk, type ExecutionPorts } from './execution';
import { MelodyDesk } from './melodyDesk';
import { PlanningDesk, withRunningPlans } from './planningDesk';
import { reportPlans, summarise } from './report';
import { previewMelody, startMelody, type MelodyPreview, type StartMelody } from './startMelody';
import { previewPhase, startAsk, startPhase, type Approvals, type RunSettings } from './startRun';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

export interface RunServicePorts {
  readonly world: RunWorld;
  readonly engine: Engine;
  readonly approvals: Approvals;
  readonly planningFiles: PlanningFiles;
  readonly settings: () => RunSettings;
  readonly journal: ExecutionPorts['journal'] & ReviewDeskPorts['journal'];
  readonly decisions: DecisionLog;
  readonly ctx: Context;
}

/** A Melody to run; `file` and `load` are for the Melodies it includes. */
export type MelodyRun = Omit<StartMelody, 'workflow'> & Partial<CompileOptions>;

/** What clients can ask about runs, plans and changes; one method per request of the wire. */
export class RunService implements Disposable {
  readonly onBoardPatch = new Emitter<BoardPatch>();
  readonly onProgress = new Emitter<Progress>();
  readonly onReviewChanged = new Emitter<string>();
  readonly planning: PlanningDesk;
  readonly execution: ExecutionDesk;
  /** How long nodes took. */
  readonly history: RunHistory;
  readonly melodies: MelodyDesk;
  /** Names what runs make; absent where there is no artifact store. */
  readonly artifacts: RunArtifacts | undefined;
  readonly review: ReviewDesk;
  readonly checkpoints: CheckpointDesk;
  readonly worktrees: WorktreeDesk;
  readonly exporting: ExportDesk;
  private readonly boards = new Boards();
  private readonly changesets: Changesets;
  private readonly store = new DisposableStore();

  constructor(private readonly ports: RunServicePorts) {
    this.changesets = new Changesets(ports.world.blobs);
    this.planning = this.store.add(
      new PlanningDesk(ports.world.folders.root, ports.planningFiles, ports.ctx.log),
    );
    const { engine, journal, world } = ports;
    this.history = this.store.add(new RunHistory({ engine, journal }));
    this.execution = new ExecutionDesk({
      ...{ engine, journal, history: this.history },
      blobs: world.blobs,
      artifacts: world.artifacts,
      named: () => this.artifacts?.settled(),
      clock: world.clock,
      summary: (run) => this.summary(run),
    });
    this.melodies = new MelodyDesk({
      ...{ world, engine, approvals: ports.approvals, settings: ports.settings },
      root: world.folders.root,
      planning: () => this.planning.current(),
    });
    if (world.artifacts !== undefined)
      this.artifacts = this.store.add(new RunArtifacts(ports.ctx, world.artifacts, journal));
    const { checkpoints } = world;
    this.review = this.store.add(
      new ReviewDesk({
        ...{ world, engine, journal, ctx: ports.ctx, log: ports.decisions },
        ...{ approvals: ports.approvals, settings: ports.settings },
        checkpoint: async (ctx, label, run) => (await checkpoints.create(ctx, label, run)).checkpoint,
      }),
    );
    this.store.add(this.review.changed.event((changeset) => this.onReviewChanged.fire(changeset)));
    const runs = () => engine.runs();
    this.checkpoints = new CheckpointDesk({ checkpoints, blobs: world.blobs, runs });
    const open = () => this.review.list(ports.ctx, true);
    this.worktrees = new WorktreeDesk({ world, checkpoints, runs, open });
    this.exporting = new ExportDesk({
      world,
      decided: (ctx, changeset) => this.review.decided(ctx, changeset),
    });
    this.store.add(ports.engine.onChanged(({ run, events }) => this.changed(run, events)));
    this.store.add(ports.engine.onProgress((progress) => this.progressed(progress)));
  }

  dispose(): void {
    this.store.dispose();
  }

  async planningShow(): Promise<Result<'planningShow'>> {
    const { view } = await this.planning.current();
    return withRunningPlans(view, this.ports.engine.runs());
  }

  async runPreview({ phase }: Params<'runPreview'>): Promise<Result<'runPreview'>> {
    const approved = await this.ports.approvals.approved();
    return previewPhase(await this.planning.current(), phase, this.ports.settings(), approved);
  }

  async runExecute(ctx: Context, params: Params<'runExecute'>): Promise<Result<'runExecute'>> {
    const run = await startPhase(
      ctx,
      this.ports,
      await this.planning.current(),
      this.ports.settings(),
      params,
    );
    return { run };
  }

  async runAsk(ctx: Context, params: Params<'runAsk'>): Promise<Result<'runAsk'>> {
    return { run: await startAsk(ctx, this.ports, this.ports.settings(), params) };
  }

  /** What a run of a Melody needs approved. */
  async melodyPreview(melody: Melody): Promise<MelodyPreview> {
    const [planning, approved] = await Promise.all([
      this.planning.current(),
      this.ports.approvals.approved(),
    ]);
    return previewMelody(melody, planning, approved);
  }

  /** Starts a run of a Melody; resolves when it is durable. Throws `melody.*`, `node.*`, `model.*` and `run.*`. */
  async melodyRun(ctx: Context, start: MelodyRun): Promise<string> {
    const { file = `${start.melody.id}.melody.json`, load } = start;
    const workflow = compileMelody(start.melody, { file, ...(load === undefined ? {} : { load }) });
    const planning = await this.planning.current();
    return startMelody(ctx, this.ports, this.ports.settings(), planning, { ...start, workflow });
  }

  runList(): Result<'runList'> {
    return {
      runs: this.ports.engine
        .runs()
        .map((run) => this.summary(run))
        .reverse(),
    };
  }

  async runShow({ run }: Params<'runShow'>): Promise<Result<'runShow'>> {
    const fold = this.find(run);
    return { summary: this.summary(fold), plans: reportPlans(fold, await this.changesets.of(fold)) };
  }

  async runCommand({ run, command, reason }: Params<'runCommand'>): Promise<Result<'runCommand'>> {
    this.find(run);
    return { state: await this.ports.engine.wish(run, { wish: command, reason }) };
  }

  async runAnswer({ run, question, answer, note }: Params<'runAnswer'>): Promise<Result<'runAnswer'>> {
    this.find(run);
    await this.ports.engine.answer(run, question, answer, note);
    return { state: this.find(run).state };
  }

  boardSnapshot({ run }: Params<'boardSnapshot'>): Result<'boardSnapshot'> {
    return this.boards.snapshot(this.find(run));
  }

  async reviewList(ctx: Context, { open }: Params<'reviewList'>): Promise<Result<'reviewList'>> {
    return { changesets: await this.review.list(ctx, open) };
  }

  /** Bytes by their SHA-256. */
  reviewContent(ctx: Context, { hash }: Params<'reviewContent'>): Promise<Uint8Array> {
    return this.changesets.content(ctx, hash);
  }

  reviewDecide(ctx: Context, params: Params<'reviewDecide'>): Promise<Result<'reviewDecide'>> {
    return this.review.decideFiles(ctx, params);
  }

  private summary(run: RunFold): Result<'runShow'>['summary'] {
    return summarise(run, this.ports.engine.problems().get(run.run));
  }

  private find(run: string): RunFold {
    const fold = this.ports.engine.state(run);
    if (fold === undefined) throw problem('run.unknown', { run });
    return fold;
  }

  private changed(run: string, events: readonly RecordedEvent[]): void {
    this.artifacts?.take(run, events);
    const fold = this.find(run);
    // What a run that has ended still holds, nobody would ever give back.
    if (fold.endedAt !== null) this.ports.world.arbitration?.letGo(run);
    const patch = this.boards.patch(fold, events);
    if (patch !== undefined) this.onBoardPatch.fire(patch);
    this.review.heard(events);
  }

  private progressed(progress: Progress): void {
    this.onProgress.fire(progress);
    const fold = this.ports.engine.state(progress.run);
    const patch = fold && this.boards.note(fold, progress.node, progress.text);
    if (patch !== undefined) this.onBoardPatch.fire(patch);
  }
}
