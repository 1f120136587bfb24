import type { RecordedEvent } from '../../schemas/journal/events';
import type { PitRow } from '../../schemas/wire/pit';
import type { Clock, Context, Disposable, Service, ServiceReport } from '../base';
import { outlookOf, type Engine, type Journal, type NodeFold, type RunFold } from '../engine';
import { Sketch, type Metrics } from '../observe';
import { criticalPath } from './criticalPath';
import type { RunHistory } from './history';
import { progressOf } from './progress';

export interface TrackerOptions {
  readonly engine: Pick<Engine, 'state' | 'onChanged'>;
  readonly journal: Pick<Journal, 'headings'>;
  readonly history: RunHistory;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

const mostRows = 100;
/** Throughput is that of the last so many minutes. */
const minutes = 5;
/** A report looks anew at as many runs as it can in this many milliseconds, those seen longest ago first. */
const lookMs = 0.5;
/** A run whose look took long is looked at seldom: so many times that long has to go by. */
const rest = 50;

/** A run of more nodes takes longer to look at than a report may. */
const largeRun = 200;

interface Seen {
  readonly row: PitRow;
  readonly at: number;
  readonly until: number;
}

/** The DAG Tracker: how the runs under way are, and how long nodes of each kind take and wait. */
export class TrackerService implements Service {
  readonly name = 'tracker';
  private readonly active = new Set<string>();
  private readonly seen = new Map<string, Seen>();
  /** Nodes completed by minute. */
  private readonly ended = new Map<number, number>();
  /** Nodes at work by run, with their resource classes. */
  private readonly working = new Map<string, Map<string, string>>();
  private readonly worked = new Sketch();
  private readonly waited = new Sketch();
  private readonly meters;
  private listening: Disposable | undefined;
  private isLooking = false;

  constructor(private readonly options: TrackerOptions) {
    const { metrics } = options;
    this.meters = {
      worked: metrics.histogram('symphony_node_work_ms', {
        help: 'How long attempts of nodes took without waiting for people, in milliseconds.',
        unit: 'ms',
        labels: ['kind', 'outcome'],
      }),
      waited: metrics.histogram('symphony_node_wait_ms', {
        help: 'How long nodes that could start waited for a place, in milliseconds.',
        unit: 'ms',
        labels: ['kind'],
      }),
      runs: metrics.counter('symphony_runs_total', {
        help: 'Runs that ended, by how.',
        labels: ['kind', 'outcome'],
      }),
      places: metrics.gauge('symphony_places', {
        help: 'Nodes at work and places there are, by resource class, of the runs under way.',
        labels: ['resource', 'what'],
      }),
    };
    metrics.onRead(() => this.tellPlaces());
  }

  start(_ctx: Context): Promise<void> {
    const { engine, journal } = this.options;
    this.active.clear();
    this.seen.clear();
    this.working.clear();
    for (const { run, endedAt } of journal.headings()) if (endedAt === null) this.active.add(run);
    this.listening = engine.onChanged(({ run, events }) => this.take(run, events));
    return Promise.resolve();
  }

  stop(_ctx: Context): Promise<void> {
    this.listening?.dispose();
    this.listening = undefined;
    return Promise.resolve();
  }

  report(): ServiceReport {
    const runs = [...this.active].slice(-mostRows);
    this.lookAnew(runs);
    let working = 0;
    for (const run of this.active) working += this.workingOf(run).size;
    let places = 0;
    for (const { all } of this.places().values()) places += all;
    const known = (sketch: Sketch, share: number) => Math.round(sketch.quantile(share) ?? 0);
    return {
      totals: {
        runs: this.active.size,
        working,
        places,
        nodesPerMinute: this.throughput(),
        workP50Ms: known(this.worked, 0.5),
        workP99Ms: known(this.worked, 0.99),
        waitP50Ms: known(this.waited, 0.5),
        waitP99Ms: known(this.waited, 0.99),
      },
      rows: runs.flatMap((run) => this.seen.get(run)?.row ?? []),
    };
  }

  private take(run: string, events: readonly RecordedEvent[]): void {
    const fold = this.options.engine.state(run);
    if (fold === undefined) return;
    if (fold.endedAt === null) this.active.add(run);
    for (const { event, at } of events)
      switch (event.type) {
        case 'NodeStarted':
          this.started(fold, event.node, at);
          break;
        case 'NodeCompleted':
          this.endedNode(fold, event.node, at, 'ok');
          break;
        case 'NodeFailed':
          this.endedNode(fold, event.node, at, 'failed');
          break;
        case 'RunCompleted':
        case 'RunFailed':
        case 'RunCancelled':
          this.meters.runs.with(fold.kind, event.type.slice('Run'.length).toLowerCase()).add();
          break;
        default:
      }
    if (fold.endedAt === null) return;
    this.active.delete(run);
    this.seen.delete(run);
    this.working.delete(run);
  }

  private occupy(run: string, { id, definition }: NodeFold): void {
    if (definition.body !== undefined) return;
    this.workingOf(run).set(id, definition.resource);
  }

  /** The nodes of a run that are at work; of one that was taken over those that were, the first time it is looked at. */
  private workingOf(run: string): Map<string, string> {
    const known = this.working.get(run);
    if (known !== undefined) return known;
    const found = new Map<string, string>();
    for (const { id, state, definition } of this.options.engine.state(run)?.nodes.values() ?? [])
      if (definition.body === undefined && (state === 'running' || state === 'waiting'))
        found.set(id, definition.resource);
    this.working.set(run, found);
    return found;
  }

  private started(run: RunFold, id: string, at: number): void {
    const node = run.nodes.get(id);
    // A further try waited for its pause, not for a place.
    if (node === undefined || node.definition.body !== undefined) return;
    this.occupy(run.run, node);
    if (node.attempt !== 1) return;
    const ms = Math.max(0, at - readyAt(run, node, at));
    this.waited.add(ms);
    this.meters.waited.with(node.definition.kind).observe(ms);
  }

  private endedNode(run: RunFold, id: string, at: number, outcome: string): void {
    const node = run.nodes.get(id);
    this.working.get(run.run)?.delete(id);
    if (node === undefined || node.startedAt === null) return;
    const waited = outlookOf(run, id, at)?.waitedMs ?? 0;
    const ms = Math.max(0, at - node.startedAt - waited);
    this.meters.worked.with(node.definition.kind, outcome).observe(ms);
    if (outcome !== 'ok' || node.definition.body !== undefined) return;
    this.worked.add(ms);
    const minute = Math.floor(this.options.clock.now() / 60_000);
    this.ended.set(minute, (this.ended.get(minute) ?? 0) + 1);
    for (const old of this.ended.keys()) if (old <= minute - minutes) this.ended.delete(old);
  }

  private throughput(): number {
    const minute = Math.floor(this.options.clock.now() / 60_000);
    let sum = 0;
    for (const [of, count] of this.ended) if (of > minute - minutes) sum += count;
    return Math.round((sum / minutes) * 10) / 10;
  }

  /** Renews the rows of runs as far as time allows; a large run is looked at a moment later, by itself. */
  private lookAnew(runs: readonly string[]): void {
    const { engine, clock } = this.options;
    const began = clock.monotonic();
    const byAge = [...runs].sort((a, b) => (this.seen.get(a)?.at ?? -1) - (this.seen.get(b)?.at ?? -1));
    for (const run of byAge) {
      const fold = engine.state(run);
      const seen = this.seen.get(run);
      if (fold === undefined || (seen !== undefined && began < seen.until)) continue;
      if (fold.nodes.size <= largeRun) this.look(fold);
      else {
        if (seen === undefined) this.seen.set(run, { row: briefRow(fold), at: began, until: began });
        void this.lookLater(run);
      }
      if (clock.monotonic() - began > lookMs) break;
    }
  }

  private look(run: RunFold): void {
    const { clock } = this.options;
    const at = clock.monotonic();
    const row = this.rowOf(run);
    const took = clock.monotonic() - at;
    this.seen.set(run.run, { row, at, until: at + Math.max(500, took * rest) });
  }

  /** One large run at a time, so that nobody waits for more than one. */
  private async lookLater(run: string): Promise<void> {
    const { engine, clock } = this.options;
    if (this.isLooking) return;
    this.isLooking = true;
    await clock.sleep(1);
    const fold = engine.state(run);
    if (fold !== undefined && this.active.has(run)) this.look(fold);
    this.isLooking = false;
  }

  private rowOf(run: RunFold): PitRow {
    const { history, clock } = this.options;
    const now = clock.now();
    const durations = history.durations(run);
    const progress = progressOf(run, durations, now);
    const path = criticalPath(run, durations, now);
    return {
      id: run.run,
      label: run.title,
      state: run.state,
      facts: {
        percentage: progress.percentage,
        ...{ total: progress.total, completed: progress.completed, failed: progress.failed },
        ...{ running: progress.running, queued: progress.queued, waiting: progress.waiting },
        ...{ etaMs: progress.etaMs, etaMostMs: progress.etaMostMs },
        pathNodes: path.nodes.length,
        pathDoneMs: Math.round(path.doneMs),
        pathLeftMs: path.leftMs === null ? null : Math.round(path.leftMs),
        tokens: run.spent.tokens ?? 0,
        usd: run.spent.usd ?? null,
      },
    };
  }

  /** Nodes at work and places there are by resource class, of all runs together. */
  private places(): ReadonlyMap<string, { used: number; all: number }> {
    const found = new Map<string, { used: number; all: number }>();
    for (const run of this.active) {
      const fold = this.options.engine.state(run);
      if (fold === undefined) continue;
      for (const [resource, all] of Object.entries(fold.workflow.limits)) {
        const known = found.get(resource) ?? { used: 0, all: 0 };
        known.all += all;
        for (const of of this.workingOf(run).values()) if (of === resource || resource === '*') known.used++;
        found.set(resource, known);
      }
    }
    return found;
  }

  private tellPlaces(): void {
    for (const [resource, { used, all }] of this.places()) {
      this.meters.places.with(resource, 'used').set(used);
      this.meters.places.with(resource, 'all').set(all);
    }
  }
}

/** What is known of a run without looking at its nodes. */
const briefRow = ({ run, title, state, nodes, spent }: RunFold): PitRow => ({
  id: run,
  label: title,
  state,
  facts: { total: nodes.size, tokens: spent.tokens ?? 0, usd: spent.usd ?? null },
});

/** When a node could have started: when the last one it waited for had ended. */
function readyAt(run: RunFold, { id, definition }: NodeFold, at: number): number {
  const prefix = id.slice(0, id.length - definition.id.length);
  const group = /^(.*)\[\d+\]\/$/s.exec(prefix)?.[1];
  const began = (group === undefined ? undefined : run.nodes.get(group)?.startedAt) ?? run.createdAt;
  let ready = began;
  for (const before of [...definition.after, ...(definition.edges ?? []).map(({ from }) => from)]) {
    const ended = run.nodes.get(prefix + before)?.endedAt;
    if (ended !== null && ended !== undefined && ended <= at) ready = Math.max(ready, ended);
  }
  return ready;
}
