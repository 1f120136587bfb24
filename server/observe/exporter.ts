import type { Clock, Context } from '../base';
import type { Metrics } from './metrics';
import { otlpMetrics, otlpTraces, type OtlpResource } from './otlp';
import type { Span } from './trace';

/** Where a person wants it sent; nothing is sent without one. */
export interface ExportTarget {
  /** The base of an OTLP/HTTP receiver, for example `http://127.0.0.1:4318`; `/v1/traces` and `/v1/metrics` follow it. */
  readonly url: string;
}

export interface ExporterOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Asked anew each time, since settings change; undefined: nothing is sent. */
  readonly target: () => ExportTarget | undefined;
  readonly resource: OtlpResource;
  readonly fetch?: typeof globalThis.fetch;
  /** How often metrics are sent; default a minute. */
  readonly everyMs?: number;
  /** A receiver that takes longer is given up on; default ten seconds. */
  readonly timeoutMs?: number;
}

/** Spans in one request; receivers refuse bodies beyond a few megabytes. */
const spansAtOnce = 2000;

/** Sends metrics and traces to the receiver a person chose. A failing one is told to the log and never to the work. */
export class Exporter {
  private readonly since: number;
  private readonly stopping = new AbortController();
  private isFailing = false;

  constructor(private readonly options: ExporterOptions) {
    this.since = options.clock.now();
  }

  /** Sends metrics from time to time until it is stopped. */
  async run(ctx: Context): Promise<void> {
    const { clock, everyMs = 60_000 } = this.options;
    try {
      for (;;) {
        await clock.sleep(everyMs, this.stopping.signal);
        await this.sendMetrics(ctx);
      }
    } catch {
      // Stopped.
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Whether the receiver took it; true also when there is none. */
  sendMetrics(ctx: Context): Promise<boolean> {
    const { metrics, resource, clock } = this.options;
    return this.send(ctx, 'v1/metrics', () => otlpMetrics(metrics, resource, this.since, clock.now()));
  }

  async sendSpans(ctx: Context, spans: readonly Span[]): Promise<boolean> {
    const { resource, clock } = this.options;
    for (let from = 0; from < spans.length; from += spansAtOnce) {
      const some = spans.slice(from, from + spansAtOnce);
      if (!(await this.send(ctx, 'v1/traces', () => otlpTraces(some, resource, clock.now())))) return false;
    }
    return true;
  }

  private async send(ctx: Context, path: string, body: () => object): Promise<boolean> {
    const { target, fetch = globalThis.fetch, timeoutMs = 10_000 } = this.options;
    const to = target();
    if (to === undefined) return true;
    try {
      const answer = await fetch(`${to.url.replace(/\/+$/, '')}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body()),
        signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)]),
        // What was agreed is one address.
        redirect: 'error',
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      this.isFailing = false;
      return true;
    } catch (thrown) {
      // Once is enough: it comes again every minute.
      if (!this.isFailing)
        ctx.log.warn('the OpenTelemetry receiver takes nothing', { detail: reasonOf(thrown) });
      this.isFailing = true;
      return false;
    }
  }
}

/** Without the address, which may hold a password. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  const { cause } = thrown as { cause?: { code?: unknown } };
  if (typeof cause?.code === 'string') return cause.code;
  return thrown.message.startsWith('it answered') ? thrown.message : thrown.name;
}
