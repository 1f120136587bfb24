import {
  Emitter,
  problemOf,
  type Clock,
  type Context,
  type Event,
  type Ids,
  type Log,
  type Random,
  type Service,
  type ServiceReport,
} from '../base';
import type { OpenDatabase } from '../storage';
import { Callers, type Grant, type Wait } from './callers';
import { decide, wakeAt } from './decide';
import { fairnessOf, type Fairness } from './fairness';
import { reportOf, Shown } from './report';
import { restoreState } from './snapshot';
import { emptyState, type State } from './state';
import { openStore, type Store } from './store';
import { defaultPolicy, type Decision, type Input, type Policy, type Request } from './types';
import { estimateOf, positionOf, whyWaiting } from './why';
import { Writes } from './writes';

export interface ArbitrationOptions {
  /** Path of its database. */
  readonly file: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly policy?: Partial<Policy>;
  /** After a start, what nobody asked for again for so long is let go; default one minute. */
  readonly graceMs?: number;
  /** Another SQLite in place of Node's. */
  readonly open?: OpenDatabase;
}

/** What a caller says of its request; the rest has defaults. */
export type Ask = Pick<Request, 'holder' | 'requester' | 'label' | 'wants'> & Partial<Omit<Request, 'id'>>;

/** The arbitration of a workspace: the decider with a clock, a record and callers that wait. */
export interface Arbitration extends Service {
  /**
   * Waits until all of `ask.wants` is given. `waits` is told why, and again when the place in line changes. Throws
   * `arbitration.*` where it is denied, and the signal's reason where `ctx` ends first. After a restart the same holder
   * and key get back what they had, or their place in line.
   */
  acquire(ctx: Context, ask: Ask, waits?: (wait: Wait) => void): Promise<Grant>;
  /** How the requests of a holder stand that wait. */
  explain(holder: string): readonly Wait[];
  /** A holder has died, or ended, and all below it (`run-1` and `run-1/…`): what it had is free, what it waited for is void. */
  letGo(holder: string): void;
  fairness(): Fairness;
  /** The newest decisions first; at most ten thousand are kept. */
  decisions(most: number): readonly Decision[];
  /** What others show in its report: merges, forecasts. */
  readonly shown: Shown;
  /** What agents write, and where they will collide. */
  readonly writes: Writes;
  /** Something in the report changed. */
  readonly onChanged: Event<void>;
}

export function createArbitration(options: ArbitrationOptions): Arbitration {
  return new ArbitrationService(options);
}

const graceMs = 60_000;

class ArbitrationService implements Arbitration {
  readonly name = 'arbitration';
  readonly shown: Shown;
  readonly writes: Writes;
  private readonly changes = new Emitter<void>();
  readonly onChanged = this.changes.event;
  private readonly policy: Policy;
  private state: State;
  private store: Store | undefined;
  private began = false;
  private readonly callers = new Callers({
    release: (id, spent) => {
      this.put({ do: 'release', id, at: this.now(), ...(spent === undefined ? {} : { spent }) });
      return this.flushed();
    },
    renew: (id) => this.put({ do: 'renew', id, at: this.now() }),
    isHeld: (id) => this.state.granted.has(id),
    waitOf: (id) => this.waitOf(id),
  });
  /** Restored, and not asked for again yet. */
  private readonly orphans = new Set<string>();
  private orphansEnd = 0;
  /** Decided and not yet recorded. */
  private unrecorded: Decision[] = [];
  private flushing: Promise<void> | undefined;
  /** What is on the disk may be behind: everything is written anew next time. */
  private isBehind = false;
  private deadlocks = 0;
  private sleeping: { readonly until: number; readonly wake: AbortController } | undefined;
  /** Told when it has begun. */
  private readonly early = new Emitter<void>();

  constructor(private readonly options: ArbitrationOptions) {
    this.policy = { ...defaultPolicy, ...options.policy };
    const [a = 0, b = 0, c = 0, d = 0] = options.random.bytes(4);
    this.state = emptyState(this.policy, (a << 24) | (b << 16) | (c << 8) | d);
    this.shown = new Shown(() => this.changes.fire());
    this.writes = new Writes(this.shown);
  }

  start(ctx: Context): Promise<void> {
    const { options } = this;
    try {
      this.store = openStore(options);
      if (this.began) this.isBehind = true;
      else this.restore(this.store);
    } catch (thrown) {
      // Locks among those that live need no disk: it goes on from memory and says why it failed.
      ctx.log.error('arbitration works from memory alone', { problem: problemOf(thrown) });
      return Promise.reject(thrown as Error);
    } finally {
      this.began = true;
      this.early.fire();
    }
    this.put({ do: 'tick', at: this.now() });
    return this.flushed();
  }

  async stop(ctx: Context): Promise<void> {
    await this.flushed();
    this.sleeping?.wake.abort();
    this.sleeping = undefined;
    try {
      this.store?.close();
    } catch (thrown) {
      ctx.log.warn('the record of arbitration was not closed', { problem: problemOf(thrown) });
    }
    this.store = undefined;
  }

  report(): ServiceReport {
    return reportOf(this.state, this.now(), this.shown, this.deadlocks);
  }

  async acquire(ctx: Context, ask: Ask, waits?: (wait: Wait) => void): Promise<Grant> {
    ctx.signal.throwIfAborted();
    if (!this.began) await this.beginning(ctx.signal);
    const request = this.requestOf(ask);
    const { id } = this.adopted(request) ?? request;
    const given = this.callers.wait(id, waits);
    const leave = (): void => {
      this.callers.refuse(id, ctx.signal.reason as Error);
      this.put({ do: 'cancel', id, at: this.now() });
    };
    ctx.signal.addEventListener('abort', leave, { once: true });
    try {
      if (this.orphans.delete(id)) this.answerAdopted(id);
      else this.put({ do: 'request', request, at: this.now() });
      return await given;
    } finally {
      ctx.signal.removeEventListener('abort', leave);
    }
  }

  explain(holder: string): readonly Wait[] {
    return [...(this.state.holders.get(holder)?.waiting ?? [])].map(({ request }) =>
      this.waitOf(request.id)!,
    );
  }

  letGo(holder: string): void {
    this.shown.forget(holder);
    this.writes.forget(holder);
    if (this.began) this.put({ do: 'letGo', holder, at: this.now() });
  }

  fairness(): Fairness {
    return fairnessOf(this.state, this.now());
  }

  decisions(most: number): readonly Decision[] {
    return this.store?.decisions(most) ?? [];
  }

  /** Until it has begun, nobody knows what was held before. */
  private beginning(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      const heard = this.early.event(() => {
        heard.dispose();
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  private restore(store: Store): void {
    const kept = store.load();
    if (kept === undefined) {
      this.isBehind = true;
      return;
    }
    this.state = restoreState(this.policy, kept);
    for (const { request } of [...kept.granted, ...kept.waiting]) this.orphans.add(request.id);
    this.orphansEnd = this.now() + (this.options.graceMs ?? graceMs);
  }

  private requestOf(ask: Ask): Request {
    const key = ask.key ?? ask.wants.map(({ kind, name }) => `${kind}:${name}`).join(' ');
    const id = this.options.ids.next('request');
    return { priority: 'normal', cost: 1, timeoutMs: null, leaseMs: null, ...ask, key, id };
  }

  /** What the same holder asked for before the restart. */
  private adopted(request: Request): Request | undefined {
    for (const id of this.orphans) {
      const found = this.state.granted.get(id)?.request ?? this.state.waiting.get(id)?.request;
      if (found === undefined) this.orphans.delete(id);
      else if (
        found.holder === request.holder &&
        found.key === request.key &&
        JSON.stringify(found.wants) === JSON.stringify(request.wants)
      )
        return found;
    }
    return undefined;
  }

  private answerAdopted(id: string): void {
    if (this.state.granted.has(id)) {
      this.put({ do: 'renew', id, at: this.now() });
      this.callers.give(id);
    } else this.callers.tell(id);
  }

  /** Wall time that never goes back, as the decider demands. */
  private now(): number {
    return (this.latest = Math.max(this.latest, this.options.clock.now()));
  }
  private latest = 0;

  private put(input: Input): void {
    const decisions = decide(this.state, input);
    this.unrecorded.push(...decisions);
    if (decisions.length > 0 || this.isBehind || this.state.touched.requests.size > 0) void this.flushed();
    this.arm();
  }

  /** Records what was decided, then tells the callers; decisions of one turn share a commit. */
  private flushed(): Promise<void> {
    return (this.flushing ??= Promise.resolve().then(() => this.flush()));
  }

  private flush(): void {
    this.flushing = undefined;
    const decisions = this.unrecorded;
    this.unrecorded = [];
    const { touched } = this.state;
    try {
      this.store?.record(this.state, decisions, this.isBehind);
      this.isBehind = this.store === undefined;
    } catch (thrown) {
      this.isBehind = true;
      this.options.log.error('decisions are kept in memory alone', { problem: problemOf(thrown) });
    }
    for (const set of Object.values(touched)) set.clear();
    for (const decision of decisions) {
      if (decision.kind === 'denied' && decision.why.reason === 'Deadlock') this.deadlocks++;
      this.callers.answer(decision);
    }
    if (decisions.length === 0) return;
    this.callers.tellAll();
    this.changes.fire();
  }

  private waitOf(id: string): Wait | undefined {
    const one = this.state.waiting.get(id);
    if (one === undefined) return undefined;
    const at = this.now();
    return {
      why: whyWaiting(this.state, one, at),
      position: positionOf(this.state, one),
      estimateMs: estimateOf(this.state, one),
      sinceMs: at - one.since,
    };
  }

  /** Sleeps until something happens by itself. */
  private arm(): void {
    const next = Math.min(wakeAt(this.state) ?? Infinity, this.orphans.size > 0 ? this.orphansEnd : Infinity);
    if (next === Infinity || (this.sleeping !== undefined && this.sleeping.until <= next)) return;
    this.sleeping?.wake.abort();
    const wake = new AbortController();
    const until = next;
    this.sleeping = { until, wake };
    const { clock } = this.options;
    void clock.sleep(Math.max(1, until - clock.now()), wake.signal).then(
      () => {
        if (this.sleeping?.wake !== wake) return;
        this.sleeping = undefined;
        this.letOrphansGo();
        this.put({ do: 'tick', at: this.now() });
      },
      () => undefined,
    );
  }

  private letOrphansGo(): void {
    const at = this.now();
    if (this.orphans.size === 0 || at < this.orphansEnd) return;
    for (const id of this.orphans) {
      this.put({ do: 'release', id, at });
      this.put({ do: 'cancel', id, at });
    }
    this.options.log.info('nobody asked again for what was held before the start', {
      count: this.orphans.size,
    });
    this.orphans.clear();
  }
}
