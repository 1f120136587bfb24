import type { ClientRequests, ParamsOf, RecordedEvent, ResultOf } from '../../schemas';
import type { ArtifactStore } from '../artifacts';
import { problem, type Clock, type Context, type Disposable } from '../base';
import type { Blobs, Engine, RunFold, Wish } from '../engine';
import type { StoredJournal } from '../storage';
import { auditCsv, auditEntry, concerns, passes } from './audit';
import { compareRuns, differs } from './compare';
import { DurationHistory } from './durations';
import { nodesOf, progressOf } from './progress';
import { exportToFile, importFromFile } from './transfer';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;
type Summary = Result<'runShow'>['summary'];

export interface ExecutionPorts {
  readonly engine: Engine;
  readonly journal: Pick<StoredJournal, 'read' | 'since' | 'adopt' | 'headings' | 'position'>;
  readonly blobs: Blobs;
  readonly artifacts?: ArtifactStore | undefined;
  /** Resolves when what runs have made so far has its names. */
  readonly named?: () => Promise<void> | undefined;
  readonly clock: Clock;
  readonly summary: (run: RunFold) => Summary;
}

const mostEventsOfHistory = 20_000;

/** How many events are read at once when all runs are looked through. */
const page = 2000;

/** What people and programs do with runs that are under way or over; one method per request of the wire. */
export class ExecutionDesk implements Disposable {
  private readonly history = new DurationHistory();
  private readonly listening: Disposable;
  private hasHistory = false;

  constructor(private readonly ports: ExecutionPorts) {
    this.listening = ports.engine.onChanged(({ run }) => this.ended(run));
  }

  dispose(): void {
    this.listening.dispose();
  }

  runRetry(_ctx: Context, { run, nodes, reason }: Params<'runRetry'>) {
    return this.wish(run, { wish: 'retry', nodes, reason });
  }

  runSkip(_ctx: Context, { run, node, output }: Params<'runSkip'>) {
    return this.wish(run, { wish: 'skip', node, output });
  }

  runEdit(_ctx: Context, { run, node, params }: Params<'runEdit'>) {
    return this.wish(run, { wish: 'edit', node, params });
  }

  async runInput(_ctx: Context, { run, node, value }: Params<'runInput'>): Promise<Result<'runInput'>> {
    if (!this.find(run).nodes.has(node)) throw problem('run.nodeUnknown', { run, node });
    const state = await this.ports.engine.provide(run, node, value);
    return { state, generation: this.find(run).generation };
  }

  async runFork(_ctx: Context, { run, nodes }: Params<'runFork'>): Promise<Result<'runFork'>> {
    return { run: await this.ports.engine.fork(run, nodes) };
  }

  async runDetail(_ctx: Context, { run, nodes = true }: Params<'runDetail'>): Promise<Result<'runDetail'>> {
    const fold = this.find(run);
    const now = this.ports.clock.now();
    const { state, generation, seq, spent, forkedFrom, questions } = fold;
    return {
      ...{ run, state, generation, seq, spent },
      forkedFrom: forkedFrom ?? null,
      questions: [...questions],
      progress: progressOf(fold, this.durations(fold), now),
      nodes: nodes ? nodesOf(fold, now) : [],
    };
  }

  async runCompare(_ctx: Context, params: Params<'runCompare'>): Promise<Result<'runCompare'>> {
    const [one, other] = [this.find(params.one), this.find(params.other)];
    const nodes = compareRuns(one, other);
    return {
      one: this.ports.summary(one),
      other: this.ports.summary(other),
      nodes,
      differing: nodes.filter(differs).map(({ node }) => node),
    };
  }

  async runEvents(_ctx: Context, params: Params<'runEvents'>): Promise<Result<'runEvents'>> {
    const { run, afterSeq, limit, types, node } = params;
    this.find(run);
    const events: RecordedEvent[] = [];
    let seq = afterSeq;
    for (let looked: readonly RecordedEvent[]; ;) {
      looked = this.ports.journal.read(run, seq, page);
      for (const recorded of looked) {
        if (events.length === limit) return { events, seq, more: true };
        seq = recorded.seq;
        if (types !== undefined && !types.includes(recorded.event.type)) continue;
        if (node === undefined || concerns(recorded.event, node)) events.push(recorded);
      }
      if (looked.length < page) return { events, seq, more: false };
    }
  }

  async runAudit(ctx: Context, params: Params<'runAudit'>): Promise<Result<'runAudit'>> {
    const { limit, format, afterPosition = 0 } = params;
    if (params.run !== undefined) this.find(params.run);
    const found: RecordedEvent[] = [];
    let position = afterPosition;
    let more = false;
    for (const recorded of this.recorded(ctx, params.run, afterPosition)) {
      if (found.length === limit) {
        more = true;
        break;
      }
      position = recorded.position;
      if (passes(recorded, params)) found.push(recorded);
    }
    const entries = found.map(auditEntry);
    if (format === 'json') return { entries, csv: null, position, more };
    return { entries: [], csv: auditCsv(entries, afterPosition === 0), position, more };
  }

  async runExport(ctx: Context, { run, path }: Params<'runExport'>): Promise<Result<'runExport'>> {
    this.find(run);
    await this.ports.named?.();
    const { journal, blobs, artifacts } = this.ports;
    return { path, bytes: await exportToFile(ctx, journal, blobs, run, path, artifacts) };
  }

  async runImport(ctx: Context, { path }: Params<'runImport'>): Promise<Result<'runImport'>> {
    const { journal, blobs, engine, artifacts } = this.ports;
    const { run, events, isNew } = await importFromFile(ctx, journal, blobs, path, artifacts);
    if (isNew) await engine.takeIn(run);
    return { run, events, isNew, state: this.find(run).state };
  }

  private async wish(run: string, wish: Wish): Promise<Result<'runRetry'>> {
    const state = await this.ports.engine.wish(run, wish);
    return { state, generation: this.find(run).generation };
  }

  /** The events after a position, of one run or of all. */
  private *recorded(ctx: Context, run: string | undefined, after: number): Iterable<RecordedEvent> {
    const { journal } = this.ports;
    if (run !== undefined) {
      for (const event of journal.read(run)) if (event.position > after) yield event;
      return;
    }
    for (let at = after; ;) {
      ctx.signal.throwIfAborted();
      const events = journal.since(at, page);
      if (events.length === 0) return;
      yield* events;
      at = events.at(-1)!.position;
    }
  }

  /** What earlier runs and this one tell of how long nodes take. */
  private durations(run: RunFold): DurationHistory {
    if (!this.hasHistory) {
      this.hasHistory = true;
      for (const one of this.endedRuns()) this.history.take(one);
    }
    this.history.take(run);
    return this.history;
  }

  /** The newest runs that have ended, oldest first, as many as can be read at once without anybody noticing. */
  private endedRuns(): RunFold[] {
    const { journal, engine } = this.ports;
    const found: RunFold[] = [];
    let events = 0;
    for (const { run, endedAt, lastSeq } of [...journal.headings()].reverse()) {
      if (endedAt === null) continue;
      events += lastSeq;
      if (events > mostEventsOfHistory) break;
      const fold = engine.state(run);
      if (fold !== undefined) found.unshift(fold);
    }
    return found;
  }

  private ended(run: string): void {
    const fold = this.ports.engine.state(run);
    if (this.hasHistory && fold !== undefined && fold.endedAt !== null) this.history.take(fold);
  }

  private find(run: string): RunFold {
    const fold = this.ports.engine.state(run);
    if (fold === undefined) throw problem('run.unknown', { run });
    return fold;
  }
}
