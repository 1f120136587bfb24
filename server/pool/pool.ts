import { problem, problemOf, type Clock, type Context } from '../base';
import { isIdle, newEntry, tooLarge, type Entry } from './entry';
import { Line } from './line';
import { Prober } from './prober';
import { fits, occupied, victims } from './room';
import { moved } from './states';
import type { Lease, PoolLimits, PoolState, Reason, Resource } from './types';
import { within } from './within';

export interface PoolOptions {
  readonly clock: Clock;
  readonly ctx: Context;
  readonly limits: PoolLimits;
  /** How often what can be asked is asked how it is, and how long it may take to answer: found within a second. */
  readonly probeMs?: number;
  readonly probeTimeoutMs?: number;
  /** What takes longer to get ready has failed; default a minute. */
  readonly warmTimeoutMs?: number;
  /** What takes longer to let go of is given up; default ten seconds. */
  readonly coolTimeoutMs?: number;
  /** Waiting so long counts as much as one step of priority; default 10 seconds. */
  readonly agingMs?: number;
}

/** So often a resource that failed is made ready again without being asked for. */
const recoveries = 4;

/**
 * Keeps resources ready within limits of count and memory, which are never exceeded. What is in use stays; what
 * was unused for longest goes first. Who finds no room waits, the higher priority first; waiting makes up for it.
 */
export class Pool {
  readonly counts = { cold: 0, foreseen: 0, foreseenUsed: 0, evicted: 0, lost: 0 };
  private readonly entries = new Map<string, Entry>();
  private readonly line: Line;
  /** Changes of state under way. */
  private readonly moving = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly ctx: Context;
  private uses = 0;
  private closed = false;
  private readonly prober: Prober;
  private idle: (() => void) | undefined;

  constructor(private readonly options: PoolOptions) {
    this.ctx = { signal: AbortSignal.any([options.ctx.signal, this.stopping.signal]), log: options.ctx.log };
    this.line = new Line(options.clock, options.agingMs ?? 10_000);
    this.prober = new Prober({
      ...options,
      ctx: this.ctx,
      entries: () => this.entries.values(),
      onDead: (entry, thrown) => this.follow(this.fail(entry, thrown)),
      onProbed: () => {
        if (occupied(this.entries.values()).bytes > this.options.limits.bytes) this.shrink();
      },
    });
  }

  /** Makes a resource known; it stays cold until somebody needs it. One that is known already is kept. */
  register(resource: Resource): void {
    if (this.entries.has(resource.id)) return;
    this.entries.set(resource.id, newEntry(resource, this.options.clock.now()));
  }

  all(): Iterable<Entry> {
    return this.entries.values();
  }

  get waiting(): number {
    return this.line.length;
  }

  state(id: string): PoolState {
    return this.entry(id).life.state;
  }

  /**
   * The right to use a resource, made ready if it is not. Throws `pool.unknown`, `pool.tooLarge`, `pool.stopping`,
   * `pool.failed` with what kept it from getting ready, or the signal's reason.
   */
  async allocate(ctx: Context, id: string, priority = 0): Promise<Lease> {
    const entry = this.entry(id);
    if (this.closed) throw problem('pool.stopping', { resource: entry.resource.label });
    ctx.signal.throwIfAborted();
    if (entry.life.state === 'hot') return this.lease(entry);
    const { limits } = this.options;
    if (entry.needs > limits.bytes) throw tooLarge(entry, limits);
    this.counts.cold++;
    return this.line.wait(ctx, entry, priority, () => this.serve());
  }

  /** Makes a resource ready that is likely to be needed, if there is room nobody else would have to leave. */
  prewarm(id: string): void {
    const entry = this.entries.get(id);
    if (entry === undefined || this.closed || this.line.length > 0 || entry.life.state !== 'cold') return;
    if (!fits(occupied(this.entries.values()), entry.needs, this.options.limits)) return;
    entry.foreseen = true;
    this.counts.foreseen++;
    this.follow(this.warm(entry, 'ahead'));
  }

  /** What a use of a resource came to; its health is made of it. */
  record(id: string, ok: boolean, ms: number): void {
    this.entries.get(id)?.condition.add(ok, ms);
  }

  /** Waits until nothing is in use or `ctx` is over, then lets go of everything. Never throws. */
  async drain(ctx: Context): Promise<void> {
    this.closed = true;
    for (const waiter of this.line.inOrder())
      waiter.refuse(problem('pool.stopping', { resource: waiter.entry.resource.label }));
    if (this.leases() > 0 && !ctx.signal.aborted)
      await new Promise<void>((resolve) => {
        this.idle = resolve;
        ctx.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    this.stopping.abort(problem('cancelled'));
    // What is being made ready or let go of ends by itself, for each step of it has its time.
    while (this.moving.size > 0) await Promise.all(this.moving);
    await Promise.all(
      [...this.entries.values()]
        .filter(({ life }) => life.state === 'hot')
        .map((entry) => this.cool(entry, 'stopping')),
    );
  }

  /** Does something that `drain` waits for. */
  private follow(work: Promise<void>): void {
    const guarded = work.catch((thrown: unknown) =>
      this.ctx.log.error('the pool lost a resource', { detail: String(thrown) }),
    );
    this.moving.add(guarded);
    void guarded.finally(() => this.moving.delete(guarded));
  }

  /** Changes what a resource is in, within the law. */
  private move(entry: Entry, to: PoolState, reason: Reason): void {
    entry.life = moved(entry.life, to, reason, this.options.clock.now());
    if (to === 'cold') entry.bytes = 0;
  }

  private lease(entry: Entry): Lease {
    if (entry.foreseen) {
      entry.foreseen = false;
      this.counts.foreseenUsed++;
    }
    entry.leases++;
    entry.uses++;
    entry.usedAt = ++this.uses;
    const { lost } = entry;
    let held = true;
    return {
      id: entry.resource.id,
      lost: lost.signal,
      release: () => {
        if (!held) return;
        held = false;
        // A resource that failed has none of its leases any more.
        if (lost !== entry.lost) return;
        entry.leases--;
        entry.usedAt = ++this.uses;
        if (this.line.length > 0) this.serve();
        if (this.idle !== undefined && this.leases() === 0) this.idle();
      },
    };
  }

  /** Gives waiters what is there, and makes room for the first that needs some; those after it wait their turn. */
  private serve(): void {
    const { limits } = this.options;
    let blocked = false;
    for (const waiter of this.line.inOrder()) {
      const { entry } = waiter;
      if (entry.life.state === 'hot') waiter.grant(this.lease(entry));
      else if (entry.life.state === 'cold' && !blocked) {
        const { needs } = entry;
        if (fits(occupied(this.entries.values()), needs, limits)) this.follow(this.warm(entry, 'asked'));
        else {
          blocked = true;
          for (const one of victims(this.entries.values(), needs, limits) ?? []) {
            this.counts.evicted++;
            this.follow(this.cool(one, 'room'));
          }
        }
      }
    }
  }

  /** From cold to hot, once for all who wait for it. Room is taken before it begins. */
  private async warm(entry: Entry, reason: Reason): Promise<void> {
    const { clock, warmTimeoutMs = 60_000, limits } = this.options;
    const { resource } = entry;
    this.move(entry, 'warming', reason);
    entry.bytes = entry.needs;
    const began = clock.monotonic();
    try {
      await within(this.ctx, clock, warmTimeoutMs, resource.label, (inner) => resource.warm(inner));
    } catch (thrown) {
      return this.fail(entry, thrown);
    }
    entry.warmedInMs = clock.monotonic() - began;
    entry.bytes = resource.memory();
    entry.missed = 0;
    entry.condition.forget();
    if (entry.bytes > limits.bytes) return this.fail(entry, tooLarge(entry, limits));
    this.move(entry, 'hot', reason);
    entry.usedAt = ++this.uses;
    if (occupied(this.entries.values()).bytes > limits.bytes) {
      // It turned out larger than what was set aside for it: once more, with room for all of it.
      entry.needs = entry.bytes;
      return this.cool(entry, 'room');
    }
    if (resource.probes === true) this.prober.wake();
    this.serve();
  }

  private async cool(entry: Entry, reason: Reason): Promise<void> {
    this.move(entry, 'cooling', reason);
    if (await this.letGo(entry)) this.move(entry, 'cold', 'done');
    else {
      this.move(entry, 'failed', 'unwell');
      this.move(entry, 'cold', 'done');
    }
    this.serve();
  }

  /** From any state through failed to cold; whoever waits for it is told, and what was in use is made ready again. */
  private async fail(entry: Entry, thrown: unknown): Promise<void> {
    const { state, reason } = entry.life;
    const wasHot = state === 'hot';
    const wasRecovering = reason === 'recovery';
    const { code, args } = problemOf(thrown);
    const { label, id } = entry.resource;
    this.move(entry, 'failed', 'unwell');
    entry.foreseen = false;
    entry.leases = 0;
    const { lost } = entry;
    entry.lost = new AbortController();
    const detail = code === 'internal.unexpected' ? String(args['detail']) : code;
    lost.abort(problem('pool.failed', { resource: label, detail }));
    this.ctx.log.warn('a resource of the pool failed', { resource: id, code, detail });
    await this.letGo(entry);
    this.move(entry, 'cold', 'done');
    if (wasHot) {
      this.counts.lost++;
      entry.recoveries = 0;
    }
    const isRecovering = wasHot || (wasRecovering && ++entry.recoveries < recoveries);
    const isWanted = this.line.of(entry).length > 0;
    if (isRecovering && !isWanted) this.follow(this.recover(entry));
    if (!wasHot) {
      const why =
        code === 'internal.unexpected' ? problem('pool.failed', { resource: label, detail }) : thrown;
      for (const waiter of this.line.of(entry)) waiter.refuse(why);
    }
    this.serve();
    if (this.idle !== undefined && this.leases() === 0) this.idle();
  }

  /** What was ready and failed is made ready again, at once and then with pauses; meanwhile others may take its room. */
  private async recover(entry: Entry): Promise<void> {
    const { clock, limits } = this.options;
    const { life } = entry;
    if (entry.recoveries > 0)
      await clock.sleep(250 * 4 ** entry.recoveries, this.ctx.signal).catch(() => undefined);
    if (this.closed || entry.life !== life) return;
    if (fits(occupied(this.entries.values()), entry.needs, limits)) await this.warm(entry, 'recovery');
  }

  /** Whether it could be let go of in time. */
  private async letGo({ resource }: Entry): Promise<boolean> {
    const { clock, coolTimeoutMs = 10_000, ctx } = this.options;
    try {
      // Also while everything is being stopped.
      const calm = { signal: new AbortController().signal, log: ctx.log };
      await within(calm, clock, coolTimeoutMs, resource.label, (inner) => resource.cool(inner));
      return true;
    } catch (thrown) {
      ctx.log.warn('a resource could not be let go of', { resource: resource.id, detail: String(thrown) });
      return false;
    }
  }

  /** Something has grown: what nobody uses goes until everything fits again. */
  private shrink(): void {
    const { limits } = this.options;
    const wanted = { count: limits.count + 1, bytes: limits.bytes };
    const idle = victims(this.entries.values(), 0, wanted);
    for (const entry of idle ?? [...this.entries.values()].filter(isIdle)) {
      this.counts.evicted++;
      this.follow(this.cool(entry, 'room'));
    }
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw problem('pool.unknown', { resource: id });
    return entry;
  }

  private leases(): number {
    let sum = 0;
    for (const { leases } of this.entries.values()) sum += leases;
    return sum;
  }
}
