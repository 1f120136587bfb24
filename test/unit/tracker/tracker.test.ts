import { strict as assert } from 'node:assert';
import type { RunEvent } from '../../../schemas';
import { silentLog, type Context } from '../../../server/base';
import { Metrics } from '../../../server/observe';
import { criticalPath, DurationHistory, RunHistory, TrackerService } from '../../../server/tracker';
import { foldAll } from '../../../server/engine';
import {
  engineOn,
  foldOf,
  ManualClock,
  memoryJournal,
  settled,
  Workbench,
  workflowOf,
} from '../engine/support';

const ctx: Context = { signal: new AbortController().signal, log: silentLog };
const at = (time: number, event: RunEvent) => ({ time, event });
const started = (node: string): RunEvent => ({ type: 'NodeStarted', node, attempt: 1 });
const completed = (node: string): RunEvent => ({ type: 'NodeCompleted', node, attempt: 1, output: null });

/** The critical path of a diamond after events at stated times, where `slow` is known to take longer. */
function check(
  events: readonly { time: number; event: RunEvent }[],
  now: number,
  expected: ReturnType<typeof criticalPath>,
): void {
  const workflow = workflowOf({ first: '', quick: 'first', slow: 'first', last: 'quick slow' });
  const created = foldOf(workflow, []);
  assert.equal(created.state, 'running');
  const history = new DurationHistory();
  for (const [title, ms] of Object.entries({ first: 100, quick: 50, slow: 400, last: 10 }))
    history.add({ kind: 'work', title }, ms);
  const all = [
    { time: 0, event: { type: 'RunCreated', title: 't', kind: 'phase', workflow, facts: {} } as RunEvent },
    ...events,
  ];
  const recorded = all.map(({ time, event }, i) => ({
    position: i + 1,
    run: 'r',
    seq: i + 1,
    at: time,
    event,
  }));
  assert.deepEqual(criticalPath(foldAll(recorded)!, history, now), expected);
}

describe('the critical path of a run', () => {
  it('is the way that takes longest by what is known', () =>
    check([], 0, { nodes: ['first', 'slow', 'last'], doneMs: 0, leftMs: 510 }));

  it('counts what is done as it was, and what is at work for what it still needs', () =>
    check([at(0, started('first')), at(300, completed('first')), at(300, started('slow'))], 500, {
      nodes: ['first', 'slow', 'last'],
      doneMs: 500,
      leftMs: 210,
    }));

  it('changes sides when the other one turns out longer', () =>
    check(
      [
        ...[at(0, started('first')), at(100, completed('first'))],
        ...[at(100, started('slow')), at(200, completed('slow')), at(100, started('quick'))],
      ],
      1000,
      { nodes: ['first', 'quick', 'last'], doneMs: 1000, leftMs: 10 },
    ));
});

describe('the tracker', () => {
  async function world() {
    const clock = new ManualClock();
    const journal = memoryJournal(clock);
    const bench = new Workbench();
    const engine = engineOn(journal, bench.perform, { clock });
    const metrics = new Metrics();
    const history = new RunHistory({ engine, journal });
    const tracker = new TrackerService({ engine, journal, history, metrics, clock });
    await tracker.start(ctx);
    return { clock, bench, engine, tracker, metrics };
  }

  it('shows the runs under way, how full their places are, and how long work takes and waits', async () => {
    const { clock, bench, engine, tracker } = await world();
    const workflow = workflowOf({ a: '', b: '', c: 'a b' }, { work: 1 });
    const start = () => engine.start({ title: 'Two', kind: 'phase', workflow, facts: {} });
    const run = await start();
    await settled();
    await clock.advance(1000);
    await bench.finish('a');
    await clock.advance(500);
    const { totals, rows } = tracker.report();
    assert.deepEqual([totals['runs'], totals['working'], totals['places']], [1, 1, 1]);
    assert.equal(rows[0]!.id, run);
    assert.deepEqual(
      [rows[0]!.state, rows[0]!.facts['completed'], rows[0]!.facts['total']],
      ['running', 1, 3],
    );
    assert.equal(rows[0]!.facts['pathNodes'], 2);
    // b waited for the place a had.
    assert.ok(Math.abs(totals['waitP99Ms']! - 1000) <= 11, `${totals['waitP99Ms']}`);
    assert.ok(Math.abs(totals['workP50Ms']! - 1000) <= 11);
    await bench.finish('b');
    await bench.finish('c');
    const after = tracker.report();
    assert.deepEqual([after.totals['runs'], after.rows.length, after.totals['working']], [0, 0, 0]);
    assert.ok(after.totals['nodesPerMinute']! > 0);
    await engine.stop();
  });

  it('stops and starts again with what the engine knows', async () => {
    const { bench, engine, tracker } = await world();
    await engine.start({ title: 'x', kind: 'phase', workflow: workflowOf({ a: '' }), facts: {} });
    await settled();
    await tracker.stop(ctx);
    await tracker.start(ctx);
    assert.deepEqual([tracker.report().totals['runs'], tracker.report().totals['working']], [1, 1]);
    await bench.finish('a');
    assert.equal(tracker.report().totals['runs'], 0);
    await engine.stop();
  });

  it('answers at once also while a large run is under way, and tells its whole row a moment later', async () => {
    const { clock, engine, tracker } = await world();
    const ids = Array.from({ length: 5000 }, (_, i) => [`n${i}`, i === 0 ? '' : `n${i - 1}`]);
    await engine.start({
      title: 'Large',
      kind: 'phase',
      workflow: workflowOf(Object.fromEntries(ids) as Record<string, string>),
      facts: {},
    });
    await settled();
    const brief = tracker.report().rows[0]!;
    assert.deepEqual(
      [brief.label, brief.facts['total'], brief.facts['percentage']],
      ['Large', 5000, undefined],
    );
    const times = [1, 2, 3, 4, 5].map(() => {
      const began = performance.now();
      tracker.report();
      return performance.now() - began;
    });
    assert.ok(Math.min(...times) < 1, `${Math.min(...times)} ms`);
    await clock.advance(10);
    assert.equal(tracker.report().rows[0]!.facts['percentage'], 0);
    await engine.stop();
  });

  it('tells kinds and outcomes to the registry', async () => {
    const { bench, engine, tracker, metrics } = await world();
    await engine.start({ title: 'x', kind: 'phase', workflow: workflowOf({ a: '' }), facts: {} });
    await settled();
    await bench.finish('a');
    const families = new Map(metrics.read().map((family) => [family.name, [...family.series()]]));
    assert.deepEqual(
      families.get('symphony_node_work_ms')!.map(({ values }) => values),
      [['work', 'ok']],
    );
    assert.deepEqual(
      families.get('symphony_runs_total')!.map(({ values }) => values),
      [['phase', 'completed']],
    );
    await tracker.stop(ctx);
    await engine.stop();
  });
});
