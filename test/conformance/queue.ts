import { strict as assert } from 'node:assert';
import type { Queue } from '../../server/engine';

/** What every queue must do. `make` gives an empty one, and a way to let time pass. */
export function queueConformance(
  make: () => Promise<{ readonly queue: Queue; pass(ms: number): Promise<void> }>,
): void {
  let queue: Queue;
  let pass: (ms: number) => Promise<void>;
  beforeEach(async () => void ({ queue, pass } = await make()));
  const claim = (owner: string, attempt = 1, node = 'n') => queue.claim('r', node, attempt, owner, 100);

  it('gives an attempt to one owner at a time', async () => {
    const mine = (await claim('a'))!;
    assert.deepEqual({ ...mine, fence: 0 }, { run: 'r', node: 'n', attempt: 1, owner: 'a', fence: 0 });
    assert.equal(await claim('b'), undefined);
    assert.equal(await claim('a'), undefined, 'its owner has it already');
    assert.ok(await claim('b', 1, 'other'));
    assert.ok(await queue.claim('other', 'n', 1, 'b', 100));
  });

  it('keeps a claim while it is renewed', async () => {
    const mine = (await claim('a'))!;
    for (let i = 0; i < 5; i++) {
      await pass(60);
      assert.equal(await queue.heartbeat(mine), true);
      assert.equal(await claim('b'), undefined);
    }
    assert.equal(await queue.complete(mine), true);
  });

  it('lets another take the place of one that ran out, and fences the first off', async () => {
    const zombie = (await claim('a'))!;
    await pass(150);
    const next = (await claim('b'))!;
    assert.ok(next.fence > zombie.fence);
    assert.deepEqual([await queue.heartbeat(zombie), await queue.complete(zombie)], [false, false]);
    assert.deepEqual([await queue.heartbeat(next), await queue.complete(next)], [true, true]);
    assert.equal(await queue.complete(zombie), false);
  });

  it('lets a claim that ran out stand until another takes its place', async () => {
    const slow = (await claim('a'))!;
    await pass(150);
    assert.equal(await queue.heartbeat(slow), true);
    assert.equal(await claim('b'), undefined);
    await pass(150);
    assert.equal(await queue.complete(slow), true);
  });

  it('gives a complete attempt to nobody', async () => {
    const mine = (await claim('a'))!;
    assert.equal(await queue.complete(mine), true);
    assert.deepEqual([await queue.complete(mine), await queue.heartbeat(mine)], [false, false]);
    await pass(500);
    assert.equal(await claim('b'), undefined);
  });

  it('takes a later attempt for the end of the earlier ones', async () => {
    const first = (await claim('a'))!;
    const second = (await claim('b', 2))!;
    assert.deepEqual([await queue.heartbeat(first), await queue.complete(first)], [false, false]);
    await pass(500);
    assert.equal(await claim('c', 1), undefined);
    assert.equal(await queue.complete(second), true);
    assert.ok(await claim('a', 3));
  });

  it('forgets a run that has ended', async () => {
    const mine = (await claim('a'))!;
    const other = (await queue.claim('other', 'n', 1, 'a', 100))!;
    await queue.forget('r');
    assert.deepEqual([await queue.heartbeat(mine), await queue.complete(other)], [false, true]);
    await queue.forget('unknown');
  });
}
