import { Sketch } from './sketch';

export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface Counter {
  /** Adds `by` (default 1), which is never negative. */
  add(by?: number): void;
  readonly value: number;
}

export interface Gauge {
  set(value: number): void;
  readonly value: number;
}

export interface Histogram {
  observe(value: number): void;
  readonly sketch: Sketch;
}

/** All series of one name: one for each combination of label values. */
export interface Family<T = Counter | Gauge | Histogram> {
  readonly name: string;
  readonly kind: MetricKind;
  readonly help: string;
  /** What is measured, as UCUM has it, for example `ms`, `By`, `1`. */
  readonly unit: string;
  readonly labels: readonly string[];
  /** The series of these label values, in the order of `labels`; keep it where it is used often. */
  with(...values: readonly string[]): T;
  series(): Iterable<{ readonly values: readonly string[]; readonly metric: T }>;
}

export interface About {
  readonly help: string;
  readonly unit?: string;
  readonly labels?: readonly string[];
}

/** So many combinations of label values are told apart; all further ones are counted as `other`. */
const mostSeries = 200;
const longestValue = 100;

/**
 * The one registry of counters, gauges and histograms of a process. Asking for a name again gives the same
 * family; a name of another kind or with other labels is a mistake of the program and throws.
 */
export class Metrics {
  private readonly families = new Map<string, Family>();
  private readonly collectors = new Set<() => void>();

  counter(name: string, about: About): Family<Counter> {
    return this.family(name, 'counter', about, () => new Count());
  }

  gauge(name: string, about: About): Family<Gauge> {
    return this.family(name, 'gauge', about, () => new Level());
  }

  histogram(name: string, about: About): Family<Histogram> {
    return this.family(name, 'histogram', about, () => new Spread());
  }

  /** Calls `collect` before everything is read, for gauges that tell how things are. */
  onRead(collect: () => void): { dispose(): void } {
    this.collectors.add(collect);
    return { dispose: () => this.collectors.delete(collect) };
  }

  /** All families by name. */
  read(): readonly Family[] {
    for (const collect of this.collectors) collect();
    return [...this.families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private family<T extends Counter | Gauge | Histogram>(
    name: string,
    kind: MetricKind,
    { help, unit = '1', labels = [] }: About,
    create: () => T,
  ): Family<T> {
    const known = this.families.get(name) as Family<T> | undefined;
    if (known !== undefined) {
      if (known.kind !== kind || known.labels.join() !== labels.join())
        throw new Error(`the metric ${name} is a ${known.kind} with the labels ${known.labels.join()}`);
      return known;
    }
    for (const word of [name, ...labels])
      if (!/^[a-z][a-z0-9_]*$/.test(word)) throw new Error(`${word} is no name of a metric or label`);
    const family = new SeriesOf(name, kind, help, unit, labels, create);
    this.families.set(name, family as unknown as Family);
    return family;
  }
}

class SeriesOf<T> implements Family<T> {
  private readonly byKey = new Map<string, { readonly values: readonly string[]; readonly metric: T }>();
  /** The one without labels, or the last one asked for: most callers ask for the same again. */
  private last: { readonly key: string; readonly metric: T } | undefined;

  constructor(
    readonly name: string,
    readonly kind: MetricKind,
    readonly help: string,
    readonly unit: string,
    readonly labels: readonly string[],
    private readonly create: () => T,
  ) {}

  with(...values: readonly string[]): T {
    const key = values.length === 1 ? values[0]! : values.join('\u0000');
    if (this.last?.key === key) return this.last.metric;
    const { metric } = this.byKey.get(key) ?? this.opened(key, values);
    this.last = { key, metric };
    return metric;
  }

  series() {
    return this.byKey.values();
  }

  private opened(key: string, values: readonly string[]) {
    if (values.length !== this.labels.length)
      throw new Error(`${this.name} has ${this.labels.length} labels, not ${values.length}`);
    const isFull = this.byKey.size >= mostSeries && this.labels.length > 0;
    const kept = values.map((value) => (isFull ? 'other' : value.slice(0, longestValue)));
    const keptKey = kept.join('\u0000');
    const known = this.byKey.get(keptKey);
    if (known !== undefined) return known;
    const opened = { values: kept, metric: this.create() };
    this.byKey.set(keptKey, opened);
    return opened;
  }
}

class Count implements Counter {
  value = 0;
  add(by = 1): void {
    if (by > 0) this.value += by;
  }
}

class Level implements Gauge {
  value = 0;
  set(value: number): void {
    this.value = value;
  }
}

class Spread implements Histogram {
  readonly sketch = new Sketch();
  observe(value: number): void {
    this.sketch.add(value);
  }
}
