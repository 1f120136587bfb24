import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { Changeset, PlanningView, RunSummary } from '../../schemas/wire';
import { BlockedError, type Ctx } from '../ctx';
import { problemOf } from '../problems';
import type { Result, Session } from '../session/types';

/** One thing the sidecar knows, as last heard. It is asked for when first looked at, and again when it changed. */
export class Watched<T> implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private busy: Promise<void> | undefined;
  private again = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private looked = false;

  readonly onChange = this.changed.event;
  /** Undefined until first heard. */
  value: T | undefined;
  /** Why the last question failed. */
  problem: Problem | undefined;

  constructor(private readonly ask: () => Promise<T>) {}

  /** The value, asked for if nobody has yet. Failures are kept in `problem`. */
  async get(): Promise<T | undefined> {
    this.looked = true;
    if (this.value === undefined && this.problem === undefined) await this.refresh();
    return this.value;
  }

  /** Asks again, soon; many calls in a burst become one question. Does nothing while nobody has looked. */
  stale(): void {
    if (!this.looked || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.refresh();
    }, 100);
  }

  /** Asks now; a question under way is followed by one more, so that the answer is never older than the call. */
  async refresh(): Promise<void> {
    this.looked = true;
    if (this.busy) {
      this.again = true;
      return this.busy;
    }
    this.busy = this.askUntilFresh();
    await this.busy;
  }

  private async askUntilFresh(): Promise<void> {
    do {
      this.again = false;
      try {
        this.value = await this.ask();
        this.problem = undefined;
      } catch (thrown) {
        this.problem = thrown instanceof BlockedError ? undefined : problemOf(thrown);
        if (thrown instanceof BlockedError) this.value = undefined;
      }
    } while (this.again);
    this.busy = undefined;
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
  }
}

/** What the window knows of its workspace; trees, status bar and questions all read it here. */
export class Data implements vscode.Disposable {
  readonly planning: Watched<PlanningView>;
  readonly runs: Watched<readonly RunSummary[]>;
  readonly changesets: Watched<readonly Changeset[]>;
  private readonly details = new Map<string, Watched<Result<'runShow'>>>();
  private readonly detailChanged = new vscode.EventEmitter<string>();
  readonly onDetail = this.detailChanged.event;

  constructor(private readonly ctx: Ctx) {
    this.planning = ctx.add(new Watched(() => ctx.call('planningShow', {})));
    this.runs = ctx.add(new Watched(async () => (await ctx.call('runList', {})).runs));
    this.changesets = ctx.add(
      new Watched(async () => (await ctx.call('reviewList', { open: true })).changesets),
    );
    ctx.add(ctx.onSession((session) => this.follow(session)));
    ctx.add(this.planning.onChange(() => this.tellEditor()));
    ctx.add(this);
  }

  /** The report of one run, kept fresh from now on. */
  detail(run: string): Watched<Result<'runShow'>> {
    const known = this.details.get(run);
    if (known) return known;
    const made = new Watched(() => this.ctx.call('runShow', { run }));
    made.onChange(() => this.detailChanged.fire(run));
    this.details.set(run, made);
    return made;
  }

  run(id: string): RunSummary | undefined {
    return this.runs.value?.find(({ run }) => run === id);
  }

  changeset(id: string): Changeset | undefined {
    return this.changesets.value?.find(({ changeset }) => changeset === id);
  }

  /** Asks for everything anew. */
  async refresh(): Promise<void> {
    await this.ctx.look();
    await Promise.all([this.planning.refresh(), this.runs.refresh(), this.changesets.refresh()]);
    for (const detail of this.details.values()) detail.stale();
  }

  /** What stood in the way may be gone: looks again and asks for whatever somebody has looked at. */
  async refreshIfLooked(): Promise<void> {
    await this.ctx.look();
    for (const watched of [this.planning, this.runs, this.changesets]) {
      watched.problem = undefined;
      watched.stale();
    }
  }

  private follow(session: Session): void {
    const stale = () => {
      for (const watched of [this.planning, this.runs, this.changesets, ...this.details.values()]) {
        watched.problem = undefined;
        watched.stale();
      }
    };
    this.ctx.add(session.onReady(stale));
    this.ctx.add(session.on('planningChanged', () => this.planning.stale()));
    this.ctx.add(session.on('reviewChanged', () => this.changesets.stale()));
    this.ctx.add(
      session.on('eventsAppended', ({ events }) => {
        this.runs.stale();
        for (const run of new Set(events.map((event) => event.run))) this.details.get(run)?.stale();
        if (events.some(({ event }) => event.type === 'FileDecided')) this.changesets.stale();
        if (events.some(({ event }) => /^(Run|Node|Question)/.test(event.type))) this.planning.stale();
      }),
    );
  }

  /** Tells the welcome views what is missing. */
  private tellEditor(): void {
    const { value, problem } = this.planning;
    const state = problem ? problem.code : value ? (value.present ? 'present' : 'absent') : 'unknown';
    void vscode.commands.executeCommand('setContext', 'symphony.planning', state);
  }

  dispose(): void {
    for (const detail of this.details.values()) detail.dispose();
    this.detailChanged.dispose();
  }
}
