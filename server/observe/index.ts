/**
 * observe: one registry of what is counted and timed, the trace of a run, and their two export formats.
 * Invariant: it changes nothing, sends nothing unasked, and no prompt, text, path or secret is in what it tells.
 */
export { Metrics, type Counter, type Family, type Gauge, type Histogram, type MetricKind } from './metrics';
export { Sketch } from './sketch';
export { prometheusText } from './prometheus';
export { otlpMetrics, otlpTraces, type OtlpResource } from './otlp';
export { Exporter, type ExportTarget } from './exporter';
export { spansOf, type Span, type SpanValue, type TraceOptions } from './trace';
export { LiveCalls, type LiveCall } from './liveCalls';
