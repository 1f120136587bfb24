import { strict as assert } from 'node:assert';
import type { Clock, Ids, Random } from '../../server/base';

/** What every clock must do. `pass` lets `ms` go by while something sleeps. */
export function clockConformance(
  make: () => { readonly clock: Clock; pass(ms: number): Promise<void> },
): void {
  it('counts whole milliseconds of the epoch, and a time that never goes back', async () => {
    const { clock, pass } = make();
    assert.ok(Number.isInteger(clock.now()));
    const before = [clock.now(), clock.monotonic()] as const;
    const sleeping = clock.sleep(20);
    await pass(20);
    await sleeping;
    // Wall time is set by people; a computer's two clocks may differ by one tick.
    assert.ok(clock.monotonic() - before[1] >= 18, 'the sleep took its time');
    assert.ok(clock.now() >= before[0]);
    let last = clock.monotonic();
    for (let i = 0; i < 1000; i++) {
      const now = clock.monotonic();
      assert.ok(now >= last);
      last = now;
    }
  });

  it('wakes sleepers in the order of their times', async () => {
    const { clock, pass } = make();
    const woken: number[] = [];
    const sleeping = [60, 20, 40].map((ms) => clock.sleep(ms).then(() => woken.push(ms)));
    for (let i = 0; i < 3; i++) await pass(20);
    await Promise.all(sleeping);
    assert.deepEqual(woken, [20, 40, 60]);
  });

  it('wakes a sleeper who is called off, with the reason', async () => {
    const { clock } = make();
    const reason = new Error('enough');
    const off = new AbortController();
    const sleeping = clock.sleep(1_000_000, off.signal);
    off.abort(reason);
    await assert.rejects(sleeping, reason);
    await assert.rejects(clock.sleep(1_000_000, off.signal), reason);
  });
}

/** What every source of randomness must do. */
export function randomConformance(make: () => Random): void {
  it('gives numbers from 0 up to and without 1, all over', () => {
    const random = make();
    const numbers = Array.from({ length: 2000 }, () => random.next());
    assert.ok(numbers.every((one) => one >= 0 && one < 1));
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = numbers.filter((one) => Math.floor(one * 10) === tenth).length;
      assert.ok(share > 100 && share < 320, `${share} of 2,000 in tenth ${tenth}`);
    }
  });

  it('gives as many bytes as it is asked for, different each time', () => {
    const random = make();
    for (const count of [0, 1, 16, 1000]) assert.equal(random.bytes(count).length, count);
    const drawn = new Set(Array.from({ length: 1000 }, () => Buffer.from(random.bytes(16)).toString('hex')));
    assert.equal(drawn.size, 1000);
  });
}

/** What every maker of ids must do. `pass` moves the time they sort by. */
export function idsConformance(make: () => { readonly ids: Ids; pass(ms: number): Promise<void> }): void {
  it('makes ids of one shape, none twice, sorted by their time', async () => {
    const { ids, pass } = make();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      made.push(ids.next('run'));
      await pass(5);
    }
    assert.deepEqual([...made].sort(), made);
    const many = Array.from({ length: 1000 }, () => ids.next('run'));
    for (const id of many) assert.match(id, /^run-[0-9a-hjkmnp-tv-z]{16}$/);
    assert.equal(new Set([...made, ...many]).size, 1005);
  });
}
