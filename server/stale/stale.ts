import path from 'node:path';
import type { Problem } from '../../schemas/codes';
import type { RetentionSettings, StaleCleaning } from '../../schemas/wire/stale';
import { Emitter, problem, problemOf, type Context, type ServiceReport } from '../base';
import { privateFolder } from '../base/node';
import { Archives } from './archives';
import { Cleaner } from './clean';
import { CleaningRecords } from './cleaningRecord';
import { gather, ownersOf, type Sources } from './gather';
import { RunNames } from './names';
import { isOffPeak, localMinute } from './offPeak';
import { listPlaces, removePlace } from './places';
import { itemsOf, makePlan, totalsOf } from './plan';
import { reportOf } from './report';
import { Scrubber } from './scrub';
import { defaultSettings, readSettings, writeSettings } from './settings';
import { exportTraining } from './training';
import { Trash } from './trash';
import type { ArchivedRun, Confirmation, Plan, Stale, StaleOptions, TrainingSummary } from './types';

/** Makes the Stale Manager of one workspace; nothing happens before `start`. */
export function createStale(options: StaleOptions): Stale {
  return new StaleManager(options);
}

/** How many plans are remembered. */
const mostPlans = 8;

/** How often it is looked whether it is quiet now, and what can be undone no longer. */
const lookMs = 10 * 60_000;

/** At most this often a list is made by itself. */
const roundMs = 20 * 3_600_000;

/** One thing at a time: what decides and what removes must see the same. */
class StaleManager implements Stale {
  readonly name = 'stale';
  private readonly notices = new Emitter<Problem>();
  readonly onNotice = this.notices.event;
  private readonly names: RunNames;
  private readonly archives: Archives;
  private readonly records: CleaningRecords;
  private readonly cleaner: Cleaner;
  private readonly sources: Sources;
  private readonly plans = new Map<string, Plan>();
  private last: Plan | undefined;
  private lastRound = -Infinity;
  private isRecovered = false;
  private policies: RetentionSettings = defaultSettings;
  private turn: Promise<unknown> = Promise.resolve();
  private life: AbortController | undefined;
  /** Ends work that is under way when there is no time left for it. */
  private working = new AbortController();
  private beat: Promise<void> = Promise.resolve();

  constructor(private readonly options: StaleOptions) {
    const { artifacts, runs, folder, clock } = options;
    this.names = new RunNames(path.join(folder, 'names'), runs.journal, artifacts);
    const owners = (ctx: Context) => ownersOf(ctx, this.sources);
    this.archives = new Archives({
      ...{ folder: path.join(folder, 'archives'), artifacts, runs, clock },
      neededBeside: async (ctx, run) => {
        const all = await owners(ctx);
        return (hash) => all.has(hash) && all.get(hash) !== run;
      },
      offersOf: async (ctx, run) => {
        const heading = runs.journal.headings().find((one) => one.run === run);
        return heading === undefined ? [] : (await this.names.of(ctx, heading)).offers;
      },
    });
    this.sources = { artifacts, runs, names: this.names, archives: this.archives };
    this.records = new CleaningRecords(path.join(folder, 'cleanings'));
    const trash = new Trash(path.join(folder, 'trash'));
    this.cleaner = new Cleaner({
      artifacts,
      archives: this.archives,
      records: this.records,
      trash,
      clock,
      owners,
    });
  }

  /** Reads what is known. What was interrupted is brought to an end by the first work, since it needs the artifacts. */
  async start(ctx: Context): Promise<void> {
    await this.stop(ctx);
    await privateFolder(this.options.folder);
    // The other services start with this one: settings that cannot be read keep nobody from working.
    this.policies = await this.settings().catch((thrown: unknown) => {
      ctx.log.error('the retention settings cannot be read; nothing is cleaned', {
        problem: problemOf(thrown),
      });
      return { ...defaultSettings, policies: [] };
    });
    await this.names.open(ctx);
    await this.archives.open(ctx);
    await this.records.open(ctx);
    this.isRecovered = false;
    this.working = new AbortController();
    const life = new AbortController();
    this.life = life;
    this.beat = this.live({ signal: life.signal, log: this.options.log });
  }

  /** What is being done may end while `ctx` lasts; then it is stopped where that harms nothing. */
  async stop(ctx: Context): Promise<void> {
    const stopped = new DOMException('stopped', 'AbortError');
    this.life?.abort(stopped);
    this.life = undefined;
    const { working } = this;
    const end = (): void => working.abort(stopped);
    if (ctx.signal.aborted) end();
    ctx.signal.addEventListener('abort', end, { once: true });
    await this.beat;
    await this.turn;
    ctx.signal.removeEventListener('abort', end);
  }

  report(): ServiceReport {
    return reportOf({
      policies: this.policies.policies,
      archived: this.archives.list(),
      cleanings: this.records.shown(),
      freeable: this.last?.totals,
      now: this.options.clock.now(),
    });
  }

  settings(): Promise<RetentionSettings> {
    return readSettings(this.settingsFile);
  }

  async configure(settings: RetentionSettings): Promise<void> {
    await writeSettings(this.settingsFile, settings);
    this.policies = settings;
  }

  async evaluate(ctx: Context): Promise<Plan> {
    this.policies = await this.settings();
    this.last = await this.dryRun(ctx, this.policies);
    return this.last;
  }

  dryRun(ctx: Context, settings: RetentionSettings): Promise<Plan> {
    return this.inTurn(ctx, async (inner) => {
      const { ids, clock } = this.options;
      const plan = makePlan(ids.next('plan'), clock.now(), await gather(inner, this.sources), settings);
      this.plans.set(plan.id, plan);
      for (const id of this.plans.keys()) if (this.plans.size > mostPlans) this.plans.delete(id);
      return plan;
    });
  }

  plan(id: string): Plan {
    const plan = this.plans.get(id);
    if (plan === undefined) throw problem('stale.planUnknown', { plan: id });
    return plan;
  }

  apply(
    ctx: Context,
    plan: Plan,
    { confirmed, evenTooMuch = false, only }: Confirmation,
  ): Promise<StaleCleaning> {
    const items = itemsOf(plan, only);
    if (!confirmed) {
      const { archive, delete: deleted, bytes } = totalsOf(items);
      throw problem('stale.notConfirmed', { archive, delete: deleted, bytes });
    }
    if (plan.asks !== null && !evenTooMuch && items.some(({ decision }) => decision === 'delete'))
      throw problem(plan.asks.code, plan.asks.args);
    return this.inTurn(ctx, async (inner) => {
      const settings = await this.settings();
      const cleaning = await this.cleaner.clean(inner, this.options.ids.next('cleaning'), items, settings);
      this.plans.delete(plan.id);
      if (this.last?.id === plan.id) this.last = undefined;
      const { archived, deleted, bytes, until } = cleaning;
      this.notices.fire({
        code: 'stale.cleaned',
        args: { archived, deleted, bytes, until: until === null ? '' : new Date(until).toISOString() },
      });
      return cleaning;
    });
  }

  undo(ctx: Context, cleaning: string): Promise<number> {
    return this.inTurn(ctx, (inner) => this.cleaner.undo(inner, cleaning));
  }

  archive(ctx: Context, run: string): Promise<ArchivedRun> {
    return this.inTurn(ctx, (inner) => this.archives.archive(inner, run));
  }

  restore(ctx: Context, run: string): Promise<number> {
    return this.inTurn(ctx, (inner) => this.archives.restore(inner, run));
  }

  recall(ctx: Context, hash: string): Promise<Uint8Array | undefined> {
    return this.inTurn(ctx, async (inner) => {
      const { artifacts } = this.options;
      const bytes = await this.cleaner.recall(hash);
      if (bytes !== undefined) {
        await artifacts.blobs.put(bytes);
        return bytes;
      }
      const run = this.archives.holderOf(hash);
      if (run === undefined) return undefined;
      await this.archives.restore(inner, run);
      return artifacts.get(hash);
    });
  }

  archived(): readonly ArchivedRun[] {
    return this.archives.list();
  }

  cleanings(): readonly StaleCleaning[] {
    return this.records.shown();
  }

  places(ctx: Context) {
    return listPlaces(ctx, this.options.places);
  }

  removePlace(ctx: Context, name: string): Promise<string> {
    return this.inTurn(ctx, (inner) => removePlace(inner, this.options.places, name));
  }

  exportTraining(
    ctx: Context,
    file: string,
    options: { readonly decidedOnly: boolean },
  ): Promise<TrainingSummary> {
    return exportTraining(
      ctx,
      this.options.runs,
      new Scrubber(this.options.secrets?.() ?? []),
      file,
      options,
    );
  }

  private get settingsFile(): string {
    return path.join(this.options.folder, 'settings.json');
  }

  private inTurn<T>(ctx: Context, work: (inner: Context) => Promise<T>): Promise<T> {
    const mine = this.turn.then(async () => {
      if (this.life === undefined) throw problem('cancelled');
      const { signal } = this.working;
      await this.recover({ signal, log: this.options.log });
      return work({ signal: AbortSignal.any([ctx.signal, signal]), log: ctx.log });
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** Once in a life, and not by the patience of whoever happens to ask first. */
  private async recover(ctx: Context): Promise<void> {
    if (this.isRecovered) return;
    await this.archives.recover(ctx);
    await this.cleaner.recover(ctx);
    ctx.signal.throwIfAborted();
    this.isRecovered = true;
  }

  /** Looks every now and then; what fails is told to the log and tried again at the next look. */
  private async live(ctx: Context): Promise<void> {
    const { clock, log } = this.options;
    for (;;) {
      try {
        await clock.sleep(lookMs, ctx.signal);
        await this.look(ctx);
      } catch (thrown) {
        if (ctx.signal.aborted) return;
        log.warn('looking for what is old failed', { problem: problemOf(thrown) });
      }
    }
  }

  private async look(ctx: Context): Promise<void> {
    const { clock, minuteOfDay = localMinute } = this.options;
    await this.inTurn(ctx, async (inner) => {
      await this.cleaner.purge();
      // Soon after a run has ended it is read anyway; later, reading would make it look used.
      for (const heading of this.options.runs.journal.headings())
        if (heading.endedAt !== null && this.archives.get(heading.run) === undefined)
          await this.names.of(inner, heading);
    });
    const { offPeak } = await this.settings();
    const now = clock.now();
    if (!offPeak.enabled || now - this.lastRound < roundMs || !isOffPeak(offPeak, minuteOfDay(now))) return;
    this.lastRound = now;
    const plan = await this.evaluate(ctx);
    if (plan.items.length === 0) return;
    if (plan.asks !== null) this.notices.fire(plan.asks);
    else if (offPeak.apply) await this.apply(ctx, plan, { confirmed: true });
    else this.notices.fire({ code: 'stale.notice', args: { ...plan.totals } });
  }
}
