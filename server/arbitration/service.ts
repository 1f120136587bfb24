import { Emitter, problemOf, type Context, type ServiceReport } from '../base';
import { Callers, type Grant, type Wait } from './callers';
import { decide, wakeAt } from './decide';
import { fairnessOf, type Fairness } from './fairness';
import { Orphans } from './orphans';
import type { Arbitration, ArbitrationOptions, Ask } from './port';
import { reportOf, Shown } from './report';
import { restoreState } from './snapshot';
import { emptyState, type State, type Waiting } from './state';
import { openStore, type Store } from './store';
import { defaultPolicy, type Decision, type Input, type Policy, type Request } from './types';
import { estimateOf, positionOf, whyWaiting } from './why';
import { Writes } from './writes';

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
  private isRestored = false;
  private readonly callers = new Callers({
    release: (id, spent) => {
      this.put({ do: 'release', id, at: this.now(), ...(spent === undefined ? {} : { spent }) });
      return this.flushed();
    },
    renew: (id) => this.put({ do: 'renew', id, at: this.now() }),
    isHeld: (id) => this.state.granted.has(id),
    positionOf: (id) => {
      const one = this.state.waiting.get(id);
      return one && positionOf(this.state, one);
    },
    waitOf: (id) => this.waitOf(this.state.waiting.get(id)!),
  });
  private readonly orphans = new Orphans();
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
      // What lives here is newer than any record.
      if (this.isRestored || this.state.granted.size + this.state.waiting.size > 0) this.isBehind = true;
      else this.restore(this.store);
      this.isRestored = true;
    } catch (thrown) {
      // Locks among those that live need no disk: it goes on from memory and says why it failed.
      ctx.log.error('arbitration works from memory alone', { problem: problemOf(thrown) });
      this.store?.close();
      this.store = undefined;
      return Promise.reject(thrown as Error);
    } finally {
      this.began = true;
      this.early.fire();
      this.early.dispose();
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
    const before = this.orphans.take(this.state, request);
    const id = before ?? request.id;
    const given = this.callers.wait(id, waits);
    const leave = (): void => {
      this.callers.refuse(id, ctx.signal.reason as Error);
      // It may have been granted in this very turn.
      this.put({ do: this.state.granted.has(id) ? 'release' : 'cancel', id, at: this.now() });
    };
    ctx.signal.addEventListener('abort', leave, { once: true });
    try {
      if (before !== undefined) this.answerAdopted(id);
      else this.put({ do: 'request', request, at: this.now() });
      return await given;
    } finally {
      ctx.signal.removeEventListener('abort', leave);
    }
  }

  explain(holder: string): readonly Wait[] {
    return [...(this.state.holders.get(holder)?.waiting ?? [])].map((one) => this.waitOf(one));
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
      this.early.event(resolve);
    });
  }

  private restore(store: Store): void {
    const kept = store.load();
    if (kept === undefined) {
      this.isBehind = true;
      return;
    }
    this.state = restoreState(this.policy, kept);
    // The clock may have been set back meanwhile.
    for (const { since } of [...kept.granted, ...kept.waiting]) this.latest = Math.max(this.latest, since);
    this.orphans.adoptAll(this.state, this.now() + (this.options.graceMs ?? graceMs));
  }

  private requestOf(ask: Ask): Request {
    const key = ask.key ?? ask.wants.map(({ kind, name }) => `${kind}:${name}`).join(' ');
    const id = this.options.ids.next('request');
    return { priority: 'normal', cost: 1, timeoutMs: null, leaseMs: null, ...ask, key, id };
  }

  private answerAdopted(id: string): void {
    if (this.state.waiting.has(id)) return this.callers.tell(id);
    this.put({ do: 'renew', id, at: this.now() });
    this.callers.give(id);
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

  private waitOf(one: Waiting): Wait {
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
    const next = Math.min(wakeAt(this.state) ?? Infinity, this.orphans.end);
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
    const late = this.orphans.takeLate(at);
    for (const id of late) {
      this.put({ do: 'release', id, at });
      this.put({ do: 'cancel', id, at });
    }
    if (late.length > 0)
      this.options.log.info('nobody asked again for what was held before the start', { count: late.length });
  }
}
