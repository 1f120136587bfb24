import type { Counter, Family, Gauge, Histogram, Metrics } from './metrics';
import { binsPerDoubling } from './sketch';
import type { Span, SpanValue } from './trace';

/** Who tells, for example `{ 'service.version': '1.2.0' }`; `service.name` is `symphony` unless stated. */
export type OtlpResource = Readonly<Record<string, SpanValue>>;

const scope = { name: 'symphony' };
/** Cumulative: values count from the start of the process. */
const cumulative = 2;

/** Spans as an OTLP/JSON `ExportTraceServiceRequest`. A span that is under way ends at `now` (ms since the epoch). */
export function otlpTraces(spans: readonly Span[], resource: OtlpResource, now: number): object {
  return {
    resourceSpans: [
      {
        resource: resourceOf(resource),
        scopeSpans: [{ scope, spans: spans.map((span) => otlpSpan(span, now)) }],
      },
    ],
  };
}

/** The registry as an OTLP/JSON `ExportMetricsServiceRequest`; `since` is when counting began. */
export function otlpMetrics(metrics: Metrics, resource: OtlpResource, since: number, now: number): object {
  const times = { startTimeUnixNano: nanos(since), timeUnixNano: nanos(now) };
  return {
    resourceMetrics: [
      {
        resource: resourceOf(resource),
        scopeMetrics: [{ scope, metrics: metrics.read().map((family) => otlpFamily(family, times)) }],
      },
    ],
  };
}

function otlpSpan({ trace, id, parent, name, start, end, status, facts }: Span, now: number): object {
  return {
    traceId: trace,
    spanId: id,
    ...(parent === null ? {} : { parentSpanId: parent }),
    name,
    // Calls of a model go to another computer; everything else happens here.
    kind: name.startsWith('chat ') ? 3 : 1,
    startTimeUnixNano: nanos(start),
    endTimeUnixNano: nanos(end ?? Math.max(start, now)),
    attributes: attributesOf(end === null ? { ...facts, 'symphony.unfinished': true } : facts),
    status: status === 'unset' ? {} : { code: status === 'ok' ? 1 : 2 },
  };
}

function otlpFamily(family: Family, times: object): object {
  const { name, help, unit, kind, labels } = family;
  const dataPoints = [...family.series()].map(({ values, metric }) => {
    const attributes = attributesOf(Object.fromEntries(labels.map((label, i) => [label, values[i]!])));
    const about = { attributes, ...times };
    if (kind === 'histogram') return { ...about, ...exponential(metric as Histogram) };
    return { ...about, asDouble: (metric as Counter | Gauge).value };
  });
  const about = { name, description: help, unit };
  switch (kind) {
    case 'counter':
      return { ...about, sum: { dataPoints, aggregationTemporality: cumulative, isMonotonic: true } };
    case 'gauge':
      return { ...about, gauge: { dataPoints } };
    case 'histogram':
      return { ...about, exponentialHistogram: { dataPoints, aggregationTemporality: cumulative } };
  }
}

function exponential({ sketch }: Histogram): object {
  const { first, counts } = sketch.filled();
  return {
    count: String(sketch.count),
    sum: sketch.sum,
    ...(sketch.count === 0 ? {} : { min: sketch.min, max: sketch.max }),
    scale: Math.log2(binsPerDoubling),
    zeroCount: String(sketch.zeroCount),
    positive: { offset: first, bucketCounts: counts.map(String) },
  };
}

const resourceOf = (resource: OtlpResource): object => ({
  attributes: attributesOf({ 'service.name': 'symphony', ...resource }),
});

const attributesOf = (facts: Readonly<Record<string, SpanValue>>): object[] =>
  Object.entries(facts).map(([key, value]) => ({ key, value: valueOf(value) }));

function valueOf(value: SpanValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** 64-bit numbers are text in OTLP's JSON. */
const nanos = (milliseconds: number): string => String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
