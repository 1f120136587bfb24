import { strict as assert } from 'node:assert';
import { Engine } from '../../../server/engine';
import { silentLog, type Json } from '../../../server/base';
import { controlPerformers, expressionsOf } from '../../../server/controls';
import { Steps } from '../agents/fakes';
import { countingIds, ManualClock, memoryJournal, settled, workflowOf } from '../engine/support';
import { contextOf, outcomeOf, TwoClocks } from './support';

const minute = 60_000;
const waits = (clock: TwoClocks, params: Json, steps?: Steps, signal?: AbortSignal) => {
  const { ctx, told } = contextOf({ params }, steps, signal);
  const perform = controlPerformers({ expressions: expressionsOf(), clock }).get('wait')!;
  return { done: outcomeOf(() => perform(ctx)), told };
};

/** How long a wait sleeps by the steady clock, with something that happens in one of its sleeps. */
function check(
  what: string,
  params: Json,
  meddle: (clock: TwoClocks, sleep: number) => void,
  sleptMs: number,
): void {
  it(what, async () => {
    const clock = new TwoClocks();
    clock.during = (sleep) => meddle(clock, sleep);
    assert.deepEqual(await waits(clock, params).done, {});
    assert.equal(clock.steady, sleptMs);
    assert.ok(Math.max(...clock.slept, 0) <= 30_000, 'no sleep is longer than half a minute');
  });
}
const onFirst = (ms: number) => (clock: TwoClocks, sleep: number) => {
  if (sleep === 0) clock.wall += ms;
};
const nothing = () => undefined;

describe('waiting', () => {
  check('minutes pass', { minutes: 2.25 }, nothing, 2.25 * minute);
  check('the computer slept through a part of it', { minutes: 5 }, onFirst(3 * minute), 2 * minute);
  check('or through more than that', { minutes: 5 }, onFirst(60 * minute), 0.5 * minute);
  check('the clock was set back: minutes are minutes', { minutes: 5 }, onFirst(-60 * minute), 5 * minute);
  const until = '2026-03-01T13:05:00+01:00';
  check('until a moment', { until }, nothing, 5 * minute);
  check('the clock was set back: the moment is later', { until }, onFirst(-2 * minute), 7 * minute);
  check('the clock was set forward: it is sooner', { until }, onFirst(2 * minute), 3 * minute);
  check('a moment that is over', { until: '2026-02-01T00:00:00Z' }, nothing, 0);

  it('goes on after a restart for what is left, whatever the steady clock says then', async () => {
    const [steps, abort] = [new Steps(), new AbortController()];
    const first = new TwoClocks();
    first.during = (sleep) => {
      if (sleep === 3) abort.abort(new Error('the sidecar ends'));
    };
    await assert.rejects(waits(first, { minutes: 5 }, steps, abort.signal).done, /sidecar ends/);
    const second = new TwoClocks();
    second.wall = first.wall + 2 * minute;
    second.steady = 7;
    const { done, told } = waits(second, { minutes: 5 }, steps);
    assert.deepEqual(await done, {});
    assert.equal(second.steady - 7, 5 * minute - 1.5 * minute - 2 * minute);
    assert.equal(told[0], '2026-03-01T12:05:00.000Z');
  });

  it('fails where params say no time', async () => {
    const { code } = (await waits(new TwoClocks(), { until: 'soon' }).done) as { code: string };
    assert.equal(code, 'workflow.malformed');
  });

  it('outlives the engine', async () => {
    const clock = new ManualClock();
    const journal = memoryJournal(clock);
    const engineOf = (epoch: string) =>
      new Engine({
        journal,
        performers: controlPerformers({ expressions: expressionsOf(), clock }),
        clock,
        ids: countingIds(),
        epoch,
        log: silentLog,
      });
    const workflow = workflowOf({ a: '' }, {}, { kind: 'wait', resource: 'control', params: { minutes: 2 } });
    const first = engineOf('1');
    const run = await first.start({ title: 't', kind: 'melody', workflow, facts: {} });
    await settled();
    for (let half = 0; half < 3; half++) await clock.advance(minute / 2);
    const stopping = first.stop(0);
    await settled();
    await stopping;
    const second = engineOf('2');
    await second.recover();
    await settled();
    await clock.advance(minute / 2 - 1);
    assert.equal(second.state(run)!.state, 'running');
    await clock.advance(1);
    assert.equal(second.state(run)!.state, 'completed');
    await second.stop(0);
  });
});
