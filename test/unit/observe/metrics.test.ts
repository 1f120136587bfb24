import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { silentLog, type Context, type Log } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { Exporter, Metrics, otlpMetrics, prometheusText, Sketch, spansOf } from '../../../server/observe';

const ctx: Context = { signal: new AbortController().signal, log: silentLog };
const sketchOf = (values: readonly number[]) => {
  const sketch = new Sketch();
  for (const value of values) sketch.add(value);
  return sketch;
};
const values = fc.array(fc.oneof(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.constant(0)), {
  minLength: 1,
  maxLength: 300,
});

describe('a sketch', () => {
  it('gives every quantile within 1.1 %', () =>
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        const found = sketchOf(all).quantile(share)!;
        assert.ok(Math.abs(found - exact) <= 0.011 * exact, `${found} for ${exact}`);
      }),
    ));

  it('of two together is the sketch of both', () =>
    fc.assert(
      fc.property(values, values, (one, other) => {
        const together = sketchOf(one);
        together.merge(sketchOf(other));
        const both = sketchOf([...one, ...other]);
        assert.deepEqual(together.filled(), both.filled());
        assert.deepEqual(
          [together.count, together.min, together.max, together.zeroCount],
          [both.count, both.min, both.max, both.zeroCount],
        );
      }),
    ));

  it('counts exactly up to powers of two, and stays small whatever comes', () => {
    const sketch = sketchOf([0, 1, 1.5, 2, 4, 4.1, 8, NaN, Infinity, -3]);
    assert.deepEqual(
      [0, 1, 2, 3].map((exponent) => sketch.upTo(exponent)),
      [3, 5, 6, 8],
    );
    const wild = sketchOf([5e-324, 1e-300, 1, 1e300, 1.7e308]);
    assert.ok(wild.filled().counts.length <= 2048);
    assert.equal(wild.upTo(1023), wild.count - 1);
  });
});

/** A reader of Prometheus' text, by its grammar. */
function parsed(text: string) {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const type = /^# TYPE ([a-z0-9_]+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1]!, type[2]!);
    else if (!/^# HELP [a-z0-9_]+ .+$/.test(line)) {
      const sample =
        /^([a-z0-9_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (NaN|[+-]Inf|-?[0-9.e+-]+)$/.exec(line);
      assert.ok(sample, line);
      samples.set(sample[1]! + (sample[2] ?? ''), Number(sample[3]));
    }
  }
  assert.ok(text.endsWith('\n'));
  return { samples, types };
}

describe('the registry', () => {
  it('is read back from the text of Prometheus', () => {
    const metrics = new Metrics();
    metrics
      .counter('calls_total', { help: 'Calls.\nMany.', labels: ['model'] })
      .with('a"b\\c\n')
      .add(3);
    metrics.gauge('places', { help: 'Places.' }).with().set(-1.5);
    const times = metrics.histogram('took_ms', { help: 'Time.', labels: ['kind'] }).with('work');
    for (const ms of [0.5, 3, 3, 700]) times.observe(ms);
    const { samples, types } = parsed(prometheusText(metrics));
    assert.deepEqual(
      [...types],
      [
        ['calls_total', 'counter'],
        ['places', 'gauge'],
        ['took_ms', 'histogram'],
      ],
    );
    assert.equal(samples.get('calls_total{model="a\\"b\\\\c\\n"}'), 3);
    assert.equal(samples.get('places'), -1.5);
    assert.equal(samples.get('took_ms_bucket{kind="work",le="4"}'), 3);
    assert.equal(samples.get('took_ms_bucket{kind="work",le="512"}'), 3);
    assert.equal(samples.get('took_ms_bucket{kind="work",le="+Inf"}'), 4);
    assert.equal(samples.get('took_ms_sum{kind="work"}'), 706.5);
    let last = 0;
    for (const [name, count] of samples)
      if (name.startsWith('took_ms_bucket')) {
        assert.ok(count >= last, name);
        last = count;
      }
  });

  it('bounds the number of series and keeps the sum', () => {
    const metrics = new Metrics();
    const family = metrics.counter('calls_total', { help: 'Calls.', labels: ['model'] });
    for (let i = 0; i < 5000; i++) family.with(`m${i}`).add();
    const series = [...family.series()];
    assert.ok(series.length <= 201, `${series.length}`);
    assert.equal(
      series.reduce((sum, { metric }) => sum + metric.value, 0),
      5000,
    );
    assert.throws(() => metrics.gauge('calls_total', { help: '' }), /is a counter/);
    assert.throws(() => metrics.gauge('Calls-Total', { help: '' }), /no name/);
  });

  it('costs less than a microsecond an observation', () => {
    const metrics = new Metrics();
    const family = metrics.histogram('took_ms', { help: 'Time.', labels: ['kind'] });
    const run = () => {
      const began = performance.now();
      for (let i = 0; i < 200_000; i++) family.with('work').observe(i % 1000);
      return ((performance.now() - began) * 1000) / 200_000;
    };
    run();
    const best = Math.min(run(), run(), run());
    assert.ok(best < 1, `${best.toFixed(3)} µs`);
  });

  it('becomes exponential histograms of OpenTelemetry', () => {
    const metrics = new Metrics();
    metrics.histogram('took_ms', { help: 'Time.' }).with().observe(4);
    const found = JSON.stringify(otlpMetrics(metrics, {}, 0, 1));
    assert.match(found, /"scale":5,"zeroCount":"0","positive":\{"offset":63,"bucketCounts":\["1"\]\}/);
  });
});

describe('the exporter', () => {
  const events = [
    {
      position: 1,
      run: 'r',
      seq: 1,
      at: 1000,
      event: {
        type: 'RunCreated' as const,
        title: 'a secret prompt',
        kind: 'ask' as const,
        workflow: { version: 0 as const, title: 't', nodes: [], limits: {} },
        facts: {},
      },
    },
  ];

  /** A receiver that keeps what it is sent. */
  async function receiver(status = 200) {
    const got: { path: string; body: unknown; type: string | undefined }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        got.push({ path: request.url!, body, type: request.headers['content-type'] });
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { got, url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
  }

  const exporterOf = (url: string | undefined) => {
    const metrics = new Metrics();
    metrics.counter('calls_total', { help: 'Calls.' }).with().add();
    const target = () => (url === undefined ? undefined : { url });
    return new Exporter({ metrics, clock: systemClock, target, resource: { 'service.version': '1' } });
  };

  it('sends metrics and spans where a person wants them', async () => {
    const { got, url, close } = await receiver();
    const exporter = exporterOf(url);
    assert.ok(await exporter.sendMetrics(ctx));
    assert.ok(await exporter.sendSpans(ctx, spansOf(events)));
    close();
    assert.deepEqual(
      got.map(({ path, type }) => [path, type]),
      [
        ['/v1/metrics', 'application/json'],
        ['/v1/traces', 'application/json'],
      ],
    );
    const text = JSON.stringify(got);
    assert.match(text, /"service.name"/);
    assert.ok(!text.includes('secret'));
  });

  it('sends nothing where nobody asked for it', async () => {
    let asked = 0;
    const fetch = () => Promise.resolve(new Response((asked++, null)));
    const metrics = new Metrics();
    const exporter = new Exporter({
      metrics,
      clock: systemClock,
      target: () => undefined,
      resource: {},
      fetch,
    });
    assert.ok(await exporter.sendMetrics(ctx));
    assert.equal(asked, 0);
  });

  it('tells a failing receiver once, and nobody else', async () => {
    const { url, close } = await receiver(500);
    const warned: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => void warned.push(message) };
    const exporter = exporterOf(url);
    assert.ok(!(await exporter.sendMetrics({ ...ctx, log })));
    assert.ok(!(await exporter.sendMetrics({ ...ctx, log })));
    close();
    assert.ok(!(await exporterOf('http://127.0.0.1:1/').sendMetrics(ctx)));
    assert.equal(warned.length, 1);
  });
});
