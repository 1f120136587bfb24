import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { problemOf } from '../../../server/base';
import {
  isLegal,
  moved,
  newLifecycle,
  Pool,
  poolStates,
  type Lease,
  type PoolOptions,
} from '../../../server/pool';
import { settled, ManualClock } from '../engine/support';
import { ctx, refused, Thing } from './support';

const isLong = process.env['SYMPHONY_TIER'] === 'long';

function poolOf(things: readonly Thing[], options: Partial<PoolOptions> = {}) {
  const clock = new ManualClock();
  const pool = new Pool({ clock, ctx, limits: { count: 10, bytes: 1000 }, ...options });
  for (const thing of things) pool.register(thing);
  return { pool, clock };
}

describe('the states of a resource', () => {
  it('are cold, warming, hot, cooling and failed, and every other way between them is refused', () => {
    const legal = poolStates.flatMap((from) =>
      poolStates.filter((to) => isLegal(from, to)).map((to) => `${from}>${to}`),
    );
    assert.deepEqual(legal, [
      'cold>warming',
      'cold>failed',
      'warming>hot',
      'warming>failed',
      'hot>cooling',
      'hot>failed',
      'cooling>cold',
      'cooling>failed',
      'failed>cold',
    ]);
  });

  it('change only by the law, whatever is tried', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...poolStates)), (tries) => {
        let life = newLifecycle('x', 0);
        for (const to of tries) {
          const before = life;
          try {
            life = moved(life, to, 'asked', 1);
            assert.ok(isLegal(before.state, to));
            assert.equal(life.transitions, before.transitions + 1);
          } catch (thrown) {
            assert.equal(problemOf(thrown).code, 'pool.transition');
            assert.ok(!isLegal(before.state, to));
          }
        }
      }),
    ));
});

describe('the pool', () => {
  it('makes a resource ready once for all who ask at the same time', async () => {
    const thing = new Thing('a');
    const { pool } = poolOf([thing]);
    const leases = await Promise.all([1, 2, 3].map(() => pool.allocate(ctx, 'a')));
    assert.equal(thing.warmed, 1);
    leases.forEach((lease) => lease.release());
    (await pool.allocate(ctx, 'a')).release();
    assert.equal(thing.warmed, 1);
  });

  it('lets go of what was unused for longest, and never of what is in use', async () => {
    const things = ['a', 'b', 'c', 'd'].map((id) => new Thing(id));
    const { pool } = poolOf(things, { limits: { count: 3, bytes: 0 } });
    const a = await pool.allocate(ctx, 'a');
    (await pool.allocate(ctx, 'b')).release();
    (await pool.allocate(ctx, 'c')).release();
    (await pool.allocate(ctx, 'b')).release();
    await pool.allocate(ctx, 'd');
    assert.deepEqual(
      things.map(({ id }) => pool.state(id)),
      ['hot', 'hot', 'cold', 'hot'],
    );
    a.release();
  });

  it('gives room to the higher priority first, and to who waited long', async () => {
    const { pool, clock } = poolOf(
      ['a', 'b', 'c', 'd'].map((id) => new Thing(id)),
      {
        limits: { count: 1, bytes: 0 },
        agingMs: 1000,
      },
    );
    const order: string[] = [];
    const take = async (id: string, priority: number) => {
      const lease = await pool.allocate(ctx, id, priority);
      order.push(id);
      await settled(2);
      lease.release();
    };
    const a = await pool.allocate(ctx, 'a');
    const old = take('b', 0);
    await clock.advance(5000);
    const rest = [take('c', 2), take('d', 9)];
    a.release();
    await Promise.all([old, ...rest]);
    assert.deepEqual(order, ['d', 'b', 'c']);
  });

  it('tells all who wait why a resource cannot be made ready, and tries again when asked again', async () => {
    const thing = new Thing('a');
    thing.broken = new Error('no such program');
    const { pool } = poolOf([thing]);
    const told = await refused('pool.failed', pool.allocate(ctx, 'a'));
    assert.equal(told.problem.args['detail'], 'no such program');
    assert.equal(pool.state('a'), 'cold');
    thing.broken = undefined;
    await pool.allocate(ctx, 'a');
    assert.equal(pool.state('a'), 'hot');
  });

  it('finds what died within a second, tells its holder and makes it ready again', async () => {
    const thing = new Thing('a', { probes: true });
    const { pool, clock } = poolOf([thing]);
    const lease = await pool.allocate(ctx, 'a');
    thing.broken = new Error('gone');
    const found = clock.monotonic();
    while (!lease.lost.aborted) {
      await clock.advance(50);
      assert.ok(clock.monotonic() - found <= 1000, 'a second has gone by');
    }
    assert.equal(pool.state('a'), 'cold', 'it could not be made ready at once');
    thing.broken = undefined;
    await clock.advance(1000);
    assert.equal(pool.state('a'), 'hot');
    assert.equal(thing.warmed, 3);
    lease.release();
    (await pool.allocate(ctx, 'a')).release();
  });

  it('makes more room for what turns out larger than it said', async () => {
    const [small, liar] = [new Thing('small', { bytes: 600 }), new Thing('liar', { bytes: 100 })];
    liar.real = 700;
    const { pool } = poolOf([small, liar]);
    (await pool.allocate(ctx, 'small')).release();
    await pool.allocate(ctx, 'liar');
    assert.deepEqual([pool.state('small'), pool.state('liar'), liar.warmed], ['cold', 'hot', 2]);
  });

  it('refuses what is larger than all there is, what it does not know, and everything once it ends', async () => {
    const { pool } = poolOf([new Thing('huge', { bytes: 2000 }), new Thing('a')]);
    await refused('pool.tooLarge', pool.allocate(ctx, 'huge'));
    await refused('pool.unknown', pool.allocate(ctx, 'nobody'));
    await pool.drain(ctx);
    await refused('pool.stopping', pool.allocate(ctx, 'a'));
  });

  it('ends when the last lease is given back, and lets go of everything', async () => {
    const things = ['a', 'b'].map((id) => new Thing(id));
    const { pool } = poolOf(things);
    const lease = await pool.allocate(ctx, 'a');
    (await pool.allocate(ctx, 'b')).release();
    let drained = false;
    const draining = pool.drain(ctx).then(() => (drained = true));
    await settled();
    assert.ok(!drained);
    lease.release();
    await draining;
    assert.deepEqual(
      things.map(({ cooled }) => cooled),
      [1, 1],
    );
  });

  it('forgets who no longer waits', async () => {
    const { pool } = poolOf([new Thing('a'), new Thing('b')], { limits: { count: 1, bytes: 0 } });
    const a = await pool.allocate(ctx, 'a');
    const impatient = new AbortController();
    const waiting = pool.allocate({ ...ctx, signal: impatient.signal }, 'b');
    impatient.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    assert.equal(pool.waiting, 0);
    a.release();
    await settled();
    assert.equal(pool.state('b'), 'cold');
  });

  it('keeps its limits, its leases and the law in every schedule', async () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(
          fc.record({
            act: fc.constantFrom('take', 'take', 'give', 'break', 'mend', 'prewarm', 'breathe'),
            which: fc.nat(5),
            priority: fc.nat(3),
          }),
          { maxLength: 40 },
        ),
        keepsItsPromises,
      ),
      { numRuns: isLong ? 10_000 : 150 },
    )).timeout(isLong ? 600_000 : 20_000);
});

async function keepsItsPromises(
  sizes: readonly number[],
  count: number,
  steps: readonly { act: string; which: number; priority: number }[],
): Promise<void> {
  const things = sizes.map((bytes, i) => new Thing(`r${i}`, { bytes }));
  const { pool } = poolOf(things, { limits: { count, bytes: 800 } });
  const held = new Map<Lease, number>();
  let given = 0;
  const waits: Promise<void>[] = [];
  const check = () => {
    const entries = [...pool.all()];
    const busy = entries.filter(({ life }) => life.state !== 'cold');
    assert.ok(busy.length <= count, `${busy.length} of ${count}`);
    assert.ok(busy.reduce((sum, { bytes }) => sum + bytes, 0) <= 800);
    for (const [lease, generation] of held)
      if (!lease.lost.aborted)
        assert.equal(pool.state(lease.id), 'hot', `lease ${generation} on a cooled resource`);
  };
  for (const { act, which, priority } of steps) {
    const thing = things[which % things.length]!;
    if (act === 'take')
      waits.push(
        pool.allocate(ctx, thing.id, priority).then(
          (lease) => void held.set(lease, given++),
          (thrown: unknown) => assert.ok(problemOf(thrown).code.startsWith('pool.'), String(thrown)),
        ),
      );
    else if (act === 'give') {
      const [first] = held.keys();
      first?.release();
      if (first) held.delete(first);
    } else if (act === 'break') thing.broken = new Error('broken');
    else if (act === 'mend') thing.broken = undefined;
    else if (act === 'prewarm') pool.prewarm(thing.id);
    else await settled(2);
    check();
  }
  // Whoever waits is served in the end, if only everybody gives back.
  for (const thing of things) thing.broken = undefined;
  for (let i = 0; i < 200 && pool.waiting > 0; i++) {
    for (const lease of held.keys()) lease.release();
    held.clear();
    await settled(2);
    check();
  }
  assert.equal(pool.waiting, 0);
  await Promise.all(waits);
  for (const lease of held.keys()) lease.release();
  await pool.drain(ctx);
  for (const { life } of pool.all()) assert.equal(life.state, 'cold');
}
