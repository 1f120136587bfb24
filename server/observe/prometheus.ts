import type { Counter, Family, Gauge, Histogram, Metrics } from './metrics';

/** The bounds of buckets are powers of two, where the counts of a sketch are exact. */
const [lowest, highest] = [-10, 30];

/**
 * Everything in the registry in the text format of Prometheus (version 0.0.4). A histogram has a bucket per power
 * of two from the one that holds its smallest value to the one that holds its largest.
 */
export function prometheusText(metrics: Metrics): string {
  return metrics.read().map(familyText).join('');
}

function familyText(family: Family): string {
  const { name, kind, help, labels } = family;
  const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${kind}`];
  for (const { values, metric } of family.series()) {
    const named = labels.map((label, i) => `${label}="${escapeValue(values[i]!)}"`);
    if (kind === 'histogram') lines.push(...histogramLines(name, named, metric as Histogram));
    else lines.push(`${name}${inBraces(named)} ${numberText((metric as Counter | Gauge).value)}`);
  }
  return `${lines.join('\n')}\n`;
}

function histogramLines(name: string, named: readonly string[], { sketch }: Histogram): string[] {
  const lines: string[] = [];
  const { count, sum } = sketch;
  const positive = count - sketch.zeroCount;
  const from = positive === 0 ? 0 : clamped(Math.floor(Math.log2(Math.max(sketch.min, 2 ** lowest))));
  const to = positive === 0 ? 0 : clamped(Math.ceil(Math.log2(sketch.max)));
  for (let exponent = from; exponent <= to; exponent++)
    lines.push(`${name}_bucket${inBraces([...named, `le="${2 ** exponent}"`])} ${sketch.upTo(exponent)}`);
  lines.push(`${name}_bucket${inBraces([...named, 'le="+Inf"'])} ${count}`);
  lines.push(`${name}_sum${inBraces(named)} ${numberText(sum)}`, `${name}_count${inBraces(named)} ${count}`);
  return lines;
}

const clamped = (exponent: number): number => Math.min(highest, Math.max(lowest, exponent));
const inBraces = (pairs: readonly string[]): string => (pairs.length === 0 ? '' : `{${pairs.join(',')}}`);
const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeValue = (text: string): string => escapeHelp(text).replace(/"/g, '\\"');

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
