import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { TriggerOf } from '../../../server/triggers';
import { at, breathe, ctx, temporaryFolder, told, VirtualClock, World } from './support';

const folder = temporaryFolder();
const minute = 60_000;
const hour = 60 * minute;
const file = 'nightly.melody.json';

const cron = (schedule: string, more: Partial<TriggerOf<'cron'>> = {}): TriggerOf<'cron'> => ({
  on: 'cron',
  id: 't',
  schedule,
  ...more,
});

/** A world with one armed schedule. */
async function armed(
  trigger: TriggerOf<'cron'>,
  now: string,
): Promise<{ world: World; clock: VirtualClock }> {
  const clock = new VirtualClock(at(now));
  const world = new World(clock, folder.at('triggers.db'));
  world.melody(file, [trigger]);
  await world.open();
  await world.triggers.arm(ctx, file, 't');
  return { world, clock };
}

/** The next life begins at `now`. */
async function reopen(world: World, clock: VirtualClock, now: string | number): Promise<void> {
  clock.set(typeof now === 'string' ? at(now) : now);
  await world.open();
  await breathe();
}

describe('a schedule that is armed', () => {
  it('starts a run each time it is due, and says when the next is', async () => {
    const { world, clock } = await armed(cron('0 */6 * * *'), '2026-05-01T05:59:00Z');
    await clock.advance(24 * hour);
    assert.deepEqual(world.came(), [
      't 2026-05-01T06:00 started run-1',
      't 2026-05-01T12:00 started run-2',
      't 2026-05-01T18:00 started run-3',
      't 2026-05-02T00:00 started run-4',
    ]);
    const [view] = await world.triggers.list(ctx);
    assert.equal(view!.nextDue, at('2026-05-02T06:00:00Z'));
    assert.equal(told(view!.last!), 't 2026-05-02T00:00 started run-4');
    await world.close();
  });

  it('follows the hands of the clock through both changes of a year', async () => {
    for (const [change, first, second] of [
      ['2026-03-28T12:00:00Z', '2026-03-29T01:00', '2026-03-30T00:30'],
      ['2026-10-24T12:00:00Z', '2026-10-25T00:30', '2026-10-26T01:30'],
    ] as const) {
      const { world, clock } = await armed(cron('30 2 * * *', { zone: 'Europe/Berlin' }), change);
      await clock.advance(40 * hour);
      const dues = world.started.map(({ due }) => new Date(due).toISOString().slice(0, 16));
      assert.deepEqual(dues, [first, second]);
      await world.triggers.disarm(ctx, file, 't');
      await world.close();
    }
  });

  it('gives the run its inputs, the moment and the bytes it may be of', async () => {
    const inputs = { depth: 2 };
    const { world, clock } = await armed(cron('0 6 * * *', { inputs }), '2026-05-01T05:59:00Z');
    await clock.advance(2 * minute);
    const [{ key, ...request }] = world.started as [(typeof world.started)[0]];
    assert.match(key, /^cron-[0-9a-f]{32}$/);
    const due = at('2026-05-01T06:00:00Z');
    const cause = { schedule: '0 6 * * *', zone: 'UTC', due: '2026-05-01T06:00:00.000Z' };
    const hash = 'a'.repeat(64);
    assert.deepEqual(request, { melody: file, hash, trigger: 't', on: 'cron', inputs, cause, due, depth: 0 });
    await world.close();
  });

  const missed = async (policy: 'once' | 'skip', until: string) => {
    const { world, clock } = await armed(cron('0 6 * * *', { missed: policy }), '2026-05-01T07:00:00Z');
    await world.close();
    await reopen(world, clock, until);
    const came = world.came();
    await world.close();
    return came;
  };

  it('catches up once on what it missed', async () => {
    assert.deepEqual(await missed('once', '2026-05-05T12:00:00Z'), ['t 2026-05-05T06:00 started run-1 +3']);
  });

  it('skips what it missed and shows it', async () => {
    const came = ['t 2026-05-05T06:00 skipped trigger.missed +3'];
    assert.deepEqual(await missed('skip', '2026-05-05T12:00:00Z'), came);
  });

  it('fires on time all the same when it comes back within the minute', async () => {
    assert.deepEqual(await missed('skip', '2026-05-05T06:00:40Z'), ['t 2026-05-05T06:00 started run-1 +3']);
  });

  it('misses nothing when it comes back before it is due', async () => {
    assert.deepEqual(await missed('once', '2026-05-02T05:59:59Z'), []);
  });

  it('notices within half a minute that the computer slept', async () => {
    const { world, clock } = await armed(cron('0 6 * * *'), '2026-05-01T05:00:00Z');
    await clock.advance(10 * minute);
    // The lid is shut for three days; timers stood still.
    clock.set(at('2026-05-04T09:00:00Z'));
    await clock.advance(30_000);
    assert.deepEqual(world.came(), ['t 2026-05-04T06:00 started run-1 +3']);
    await world.close();
  });

  it('does not fire twice when the clock is set back a little', async () => {
    const { world, clock } = await armed(cron('0 * * * *'), '2026-05-01T05:59:30Z');
    await clock.advance(minute);
    clock.set(at('2026-05-01T05:30:00Z'));
    await clock.advance(2 * hour);
    const dues = ['t 2026-05-01T06:00 started run-1', 't 2026-05-01T07:00 started run-2'];
    assert.deepEqual(world.came(), dues);
    await world.close();
  });

  it('goes on when the clock was far ahead, and fires no moment a second time', async () => {
    const { world, clock } = await armed(cron('0 * * * *'), '2026-05-01T05:59:30Z');
    await clock.advance(minute);
    clock.set(at('2031-05-01T06:00:30Z'));
    await clock.advance(minute);
    clock.set(at('2026-05-01T05:50:00Z'));
    await clock.advance(80 * minute);
    assert.deepEqual(
      world.came().map((one) => one.replace(/ \+\d+$/, ' +')),
      [
        't 2026-05-01T06:00 started run-1',
        't 2031-05-01T06:00 started run-2 +',
        // 06:00 was dealt with before.
        't 2026-05-01T07:00 started run-3',
      ],
    );
    await world.close();
  });

  it('is not armed with a schedule that cannot be', async () => {
    const clock = new VirtualClock(0);
    const world = new World(clock, folder.at('triggers.db'));
    await world.open();
    for (const [trigger, code] of [
      [cron('0 0 30 2 *'), 'trigger.never'],
      [cron('0 0 * * *', { zone: 'Mars/Olympus' }), 'trigger.zone'],
      [cron('*/99 * * * *'), 'trigger.schedule'],
    ] as const) {
      world.melody(file, [trigger]);
      await assert.rejects(world.triggers.arm(ctx, file, 't'), (thrown: Error) =>
        thrown.message.startsWith(code),
      );
      assert.equal((await world.triggers.list(ctx))[0]!.state, 'disarmed');
    }
    await world.close();
  });
});

describe('a schedule whose sidecar dies', () => {
  it('before the run began starts it in the next life, once', async () => {
    const { world, clock } = await armed(cron('0 6 * * *'), '2026-05-01T05:59:30Z');
    world.instead = () => new Promise(() => undefined);
    await clock.advance(minute);
    assert.deepEqual(world.came(), ['t 2026-05-01T06:00 due']);
    await world.die();
    world.instead = undefined;
    await reopen(world, clock, '2026-05-01T06:10:00Z');
    assert.deepEqual(world.came(), ['t 2026-05-01T06:00 started run-1']);
    await world.close();
  });

  it('after the run began finds it, and starts no second', async () => {
    const { world, clock } = await armed(cron('0 6 * * *'), '2026-05-01T05:59:30Z');
    world.instead = async (request) => {
      await world.begin(request);
      return new Promise(() => undefined);
    };
    await clock.advance(minute);
    assert.deepEqual([world.came(), world.started.length], [['t 2026-05-01T06:00 due'], 1]);
    await world.die();
    world.instead = undefined;
    await reopen(world, clock, '2026-05-03T05:10:00Z');
    assert.deepEqual(world.came(), ['t 2026-05-01T06:00 started run-1', 't 2026-05-02T06:00 started run-2']);
    await world.close();
  });

  it('long ago does not start what its policy would skip', async () => {
    const { world, clock } = await armed(cron('0 6 * * *', { missed: 'skip' }), '2026-05-01T05:59:30Z');
    world.instead = () => new Promise(() => undefined);
    await clock.advance(minute);
    await world.die();
    await reopen(world, clock, '2026-05-01T07:00:00Z');
    assert.deepEqual(world.came(), ['t 2026-05-01T06:00 skipped trigger.stale']);
    await world.close();
  });

  it('any number of times, at any moment, fires every moment once or counts it as missed', async function () {
    this.timeout(30_000);
    const deaths = fc.array(
      fc.record({
        lives: fc.integer({ min: 0, max: 200 }),
        gone: fc.integer({ min: 0, max: 300 }),
        at: fc.constantFrom('idle', 'before', 'after'),
      }),
      { minLength: 1, maxLength: 6 },
    );
    let number = 0;
    const property = fc.asyncProperty(deaths, fc.constantFrom('once', 'skip'), async (lives, policy) => {
      const clock = new VirtualClock(at('2026-03-28T22:00:10Z'));
      const world = new World(clock, folder.at(`${number++}.db`));
      world.melody(file, [cron('*/20 * * * *', { missed: policy })]);
      await world.open();
      await world.triggers.arm(ctx, file, 't');
      for (const life of lives) {
        await clock.advance(life.lives * minute);
        const died = new Promise<string>(() => undefined);
        if (life.at === 'before') world.instead = () => died;
        if (life.at === 'after') world.instead = (request) => world.begin(request).then(() => died);
        await clock.advance(20 * minute);
        await world.die();
        world.instead = undefined;
        await reopen(world, clock, clock.now() + life.gone * minute);
      }
      const list = [...world.firings.list(1000)];
      assert.equal(new Set(list.map(({ due }) => due)).size, list.length, 'a moment fired twice');
      assert.equal(new Set(world.started.map(({ key }) => key)).size, world.started.length);
      assert.ok(list.every(({ state }) => state !== 'due'));
      const accounted = list.reduce((sum, { missed: count }) => sum + 1 + count, 0);
      const first = at('2026-03-28T22:20:00Z');
      assert.equal(accounted, Math.floor((clock.now() - first) / (20 * minute)) + 1);
      await world.close();
    });
    await fc.assert(property, { numRuns: 12 });
  });
});
