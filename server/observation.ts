import { problem, type Clock, type Context, type Disposable } from './base';
import type { Engine } from './engine';
import {
  Exporter,
  LiveCalls,
  Metrics,
  otlpTraces,
  prometheusText,
  spansOf,
  type ExportTarget,
  type Span,
} from './observe';
import type { DirectService } from './rpc';
import type { StoredJournal } from './storage';

export interface ObservationOptions {
  readonly clock: Clock;
  readonly version: string;
  /** Where a person wants metrics and traces sent. */
  readonly target: () => ExportTarget | undefined;
}

const ends: ReadonlySet<string> = new Set(['RunCompleted', 'RunFailed', 'RunCancelled']);

/** What is observed in this process: one registry, the failed calls of models, and who wants to be told. */
export class Observation {
  readonly metrics = new Metrics();
  readonly calls = new LiveCalls();
  private readonly exporter: Exporter;
  private listening: Disposable | undefined;

  constructor(private readonly options: ObservationOptions) {
    const { clock, target, version } = options;
    const resource = { 'service.version': version };
    this.exporter = new Exporter({ metrics: this.metrics, clock, target, resource });
    const memory = this.metrics.gauge('symphony_process_memory_bytes', {
      help: 'Resident memory of the sidecar.',
      unit: 'By',
    });
    this.metrics.onRead(() => memory.with().set(process.memoryUsage.rss()));
  }

  /** Sends metrics from time to time and the trace of each run that ends, to whom a person chose. */
  start(ctx: Context, engine: Engine, journal: Pick<StoredJournal, 'read'>): void {
    void this.exporter.run(ctx);
    this.listening = engine.onChanged(({ run, events }) => {
      const isOver = events.some(({ event: { type } }) => ends.has(type));
      if (isOver && this.options.target() !== undefined)
        void this.exporter.sendSpans(ctx, this.spans(journal, run));
    });
  }

  stop(): void {
    this.listening?.dispose();
    this.exporter.stop();
  }

  spans(journal: Pick<StoredJournal, 'read'>, run: string): readonly Span[] {
    return spansOf(journal.read(run), { calls: this.calls.of(run) });
  }

  /** The requests that show what is observed. */
  desk(
    engine: Engine,
    journal: Pick<StoredJournal, 'read'>,
  ): Pick<DirectService, 'runTrace' | 'metricsShow'> {
    const { clock, version } = this.options;
    return {
      runTrace: (_ctx, { run, after = 0, limit, format }) => {
        if (engine.state(run) === undefined) return Promise.reject(problem('run.unknown', { run }));
        const all = this.spans(journal, run);
        const spans = all.slice(after, after + limit);
        const more = after + spans.length < all.length;
        if (format === 'spans') return Promise.resolve({ spans: [...spans], otlp: null, more });
        const otlp = otlpTraces(spans, { 'service.version': version }, clock.now());
        return Promise.resolve({ spans: [], otlp: otlp as never, more });
      },
      metricsShow: () => Promise.resolve({ text: prometheusText(this.metrics) }),
    };
  }
}
