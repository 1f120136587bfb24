import type { HealthTable } from '../../schemas/failure';
import type { PitRow } from '../../schemas/wire/pit';
import { problem, shielded, type Clock, type Context, type Service, type ServiceReport } from '../base';
import type { Metrics } from '../observe';
import { Budgets, type Amount, type Scope } from './budgets';
import { ModelHealths } from './modelHealth';
import type { Entry } from './entry';
import { Pool, type PoolOptions } from './pool';
import { Habits } from './predict';
import { readPoolRecord, Saver } from './store';
import type { Lease, PoolLimits, PoolState, Resource, Use } from './types';

export interface PoolServiceOptions {
  readonly clock: Clock;
  /** Where budgets and habits are kept, a file of the data home. */
  readonly file: string;
  readonly metrics: Metrics;
  /** What may be used of models in all by a day, a run or a phase. */
  readonly budgets: (scope: Scope) => Partial<Amount>;
  readonly health: HealthTable;
  readonly limits?: Partial<PoolLimits>;
  /** The name of a moment's day; default the local one, as people count. */
  readonly dayOf?: (at: number) => string;
  readonly patience?: Pick<PoolOptions, 'probeMs' | 'probeTimeoutMs' | 'warmTimeoutMs' | 'coolTimeoutMs'>;
}

const defaults: PoolLimits = { count: 64, bytes: 4 * 1024 ** 3 };
/** As likely as not is likely enough to get ready: what is not needed is let go of first. */
const likely = 0.5;
const tickMs = 60_000;
const saveAfterMs = 1000;
const mostRuns = 200;
/** Whoever has not given back by then loses what he has. */
const drainMs = 3000;
const mostRows = 100;

/** The Pool Manager: keeps what takes time to get ready ready, and what models consume within its budgets. */
export class PoolService implements Service {
  readonly name = 'pool';
  readonly models: ModelHealths;
  private pool: Pool | undefined;
  private book: Budgets | undefined;
  private habits = new Habits();
  private saver: Saver | undefined;
  private ticking = new AbortController();
  private isSaving = false;
  /** What each run used last. */
  private readonly lastOf = new Map<string, string>();
  private readonly resources = new Map<string, Resource>();
  private readonly allocations;

  constructor(private readonly options: PoolServiceOptions) {
    const { metrics, health } = options;
    this.models = new ModelHealths(health);
    this.allocations = metrics.histogram('symphony_pool_allocate_us', {
      help: 'How long it took to be given a resource, in microseconds.',
      unit: 'us',
      labels: ['ready'],
    });
    const states = metrics.gauge('symphony_pool_resources', {
      help: 'Resources of the pool by state.',
      labels: ['state'],
    });
    metrics.onRead(() => {
      const counts = new Map<PoolState, number>();
      for (const { life } of this.pool?.all() ?? [])
        counts.set(life.state, (counts.get(life.state) ?? 0) + 1);
      for (const state of ['cold', 'warming', 'hot', 'cooling', 'failed'] as const)
        states.with(state).set(counts.get(state) ?? 0);
    });
  }

  async start(ctx: Context): Promise<void> {
    const { clock, file, limits, patience, budgets } = this.options;
    const record = await readPoolRecord(file, ctx.log);
    this.habits = new Habits(record.habits);
    this.saver = new Saver(file, () => ({
      version: 1,
      accounts: [...this.budgets.record()],
      // Copied, because a record is plain data that may be changed and habits go on.
      habits: structuredClone(this.habits.record()) as never,
    }));
    this.book = new Budgets(
      { limits: budgets, save: () => this.saver!.save(), touched: () => this.saveSoon(ctx) },
      record.accounts,
    );
    // It outlives whoever asked for its start.
    this.pool = new Pool({ clock, ctx: shielded(ctx), limits: { ...defaults, ...limits }, ...patience });
    for (const resource of this.resources.values()) this.pool.register(resource);
    this.ticking = new AbortController();
    void this.tick(this.ticking.signal);
  }

  async stop(ctx: Context): Promise<void> {
    const { pool } = this;
    this.ticking.abort();
    this.pool = undefined;
    const limited = AbortSignal.any([ctx.signal, AbortSignal.timeout(drainMs)]);
    await pool?.drain({ signal: limited, log: ctx.log });
    try {
      await this.saver?.save();
    } catch (thrown) {
      ctx.log.error('what the pool keeps could not be written', { detail: String(thrown) });
    }
  }

  /** The budgets of models. */
  get budgets(): Budgets {
    if (this.book === undefined) throw problem('pool.stopping', { resource: 'the pool' });
    return this.book;
  }

  /** The scope of today's budget. */
  today(): Scope {
    const { dayOf = localDay, clock } = this.options;
    return { kind: 'day', id: dayOf(clock.now()) };
  }

  /** Makes a resource known; it stays cold until somebody needs it. */
  register(resource: Resource): void {
    this.resources.set(resource.id, this.resources.get(resource.id) ?? resource);
    this.pool?.register(resource);
  }

  /** The right to use a resource, made ready if it is not; see `Pool.allocate` for what it throws. */
  async allocate(ctx: Context, id: string, priority = 0, use?: Use): Promise<Lease> {
    const { pool } = this;
    if (pool === undefined) throw problem('pool.stopping', { resource: id });
    const { clock } = this.options;
    const began = clock.monotonic();
    const isReady = pool.state(id) === 'hot';
    const lease = await pool.allocate(ctx, id, priority);
    this.allocations.with(isReady ? 'yes' : 'no').observe((clock.monotonic() - began) * 1000);
    if (use !== undefined) this.learn(ctx, id, use);
    return lease;
  }

  /** What a use of a resource came to: whether it went well, and milliseconds. */
  record(id: string, ok: boolean, ms: number): void {
    this.pool?.record(id, ok, ms);
  }

  report(): ServiceReport {
    const entries = [...(this.pool?.all() ?? [])];
    const hot = entries.filter(({ life }) => life.state === 'hot');
    const { tokens, usd } = this.book?.account(this.today()) ?? { tokens: 0, usd: 0 };
    const counts = this.pool?.counts;
    const shown = [...entries].sort((a, b) => b.usedAt - a.usedAt).slice(0, mostRows - 1);
    return {
      totals: {
        resources: entries.length,
        hot: hot.length,
        leases: entries.reduce((sum, { leases }) => sum + leases, 0),
        waiting: this.pool?.waiting ?? 0,
        bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
        coldStarts: counts?.cold ?? 0,
        prewarmed: counts?.foreseen ?? 0,
        prewarmedUsed: counts?.foreseenUsed ?? 0,
        evicted: counts?.evicted ?? 0,
        failed: counts?.lost ?? 0,
        tokensToday: tokens,
        usdToday: usd,
      },
      rows: [this.budgetRow(), ...shown.map((entry) => this.rowOf(entry))],
    };
  }

  private budgetRow(): PitRow {
    const scope = this.today();
    const { tokens, usd, reserved } = this.book?.account(scope) ?? {
      tokens: 0,
      usd: 0,
      reserved: { tokens: 0, usd: 0 },
    };
    const limits = this.options.budgets(scope);
    const isSpent = tokens >= (limits.tokens ?? Infinity) || usd >= (limits.usd ?? Infinity);
    return {
      id: `budget:${scope.id}`,
      label: scope.id,
      state: isSpent ? 'spent' : 'open',
      facts: {
        tokens,
        usd: Number(usd.toFixed(4)),
        reservedTokens: reserved.tokens,
        tokensLimit: limits.tokens ?? null,
        usdLimit: limits.usd ?? null,
      },
    };
  }

  private rowOf({ resource, life, leases, uses, bytes, condition, needs }: Entry): PitRow {
    const { id, kind, label } = resource;
    const { latency } = condition;
    const ms = (share: number) => {
      const found = latency.quantile(share);
      return found === undefined ? null : Math.round(found);
    };
    const model = kind === 'model' ? { reliability: this.models.of(label).health } : {};
    return {
      id,
      label,
      state: life.state,
      facts: {
        kind,
        ...{ leases, uses, bytes, failures: life.failures },
        health: condition.health(bytes, needs),
        p50Ms: ms(0.5),
        p99Ms: ms(0.99),
        ...model,
      },
    };
  }

  /** Remembers what a run used after what, and gets ready what follows. */
  private learn(ctx: Context, id: string, { workflow, run }: Use): void {
    const { clock } = this.options;
    const before = this.lastOf.get(run) ?? '';
    this.habits.used(id, clock.now(), `${workflow}\n${before}`);
    this.lastOf.delete(run);
    this.lastOf.set(run, id);
    if (this.lastOf.size > mostRuns) this.lastOf.delete(this.lastOf.keys().next().value!);
    this.saveSoon(ctx);
    this.prewarm(this.habits.bySuccession(`${workflow}\n${id}`));
  }

  private prewarm(forecasts: readonly { readonly resource: string; readonly probability: number }[]): void {
    const sorted = forecasts
      .filter(({ probability }) => probability >= likely)
      .sort((a, b) => b.probability - a.probability);
    for (const { resource } of sorted) this.pool?.prewarm(resource);
  }

  /** Gets ready what is used at this time of the day. */
  private async tick(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    try {
      for (;;) {
        this.prewarm(this.habits.byTime(clock.now()));
        await clock.sleep(tickMs, signal);
      }
    } catch {
      // Stopped.
    }
  }

  /** Keeps what has changed, a moment later and once for all that changes until then. */
  private saveSoon({ log }: Context): void {
    if (this.isSaving || this.pool === undefined) return;
    this.isSaving = true;
    const { clock } = this.options;
    clock
      .sleep(saveAfterMs, this.ticking.signal)
      .then(() => {
        this.isSaving = false;
        return this.saver?.save();
      })
      .catch((thrown: unknown) => {
        this.isSaving = false;
        // Stopping writes it, too.
        if (!this.ticking.signal.aborted)
          log.error('what the pool keeps could not be written', { detail: String(thrown) });
      });
  }
}

/** `2026-11-20`, by this computer's time zone. */
function localDay(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
