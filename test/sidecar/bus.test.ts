import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { silentLog } from '../../server/base';
import { systemClock } from '../../server/base/node';
import { createBus } from '../../server/bus';

describe('the bus and a child', () => {
  it('talk over an inherited pair; the bus outlives the child', async () => {
    const ctx = { signal: AbortSignal.timeout(15_000), log: silentLog };
    const bus = createBus({ clock: systemClock, log: silentLog });
    const child = spawn(process.execPath, ['--import', 'tsx', require.resolve('./busChild.ts')], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    try {
      const attached = bus.attach(child.stdio[3] as unknown as Duplex, {
        name: 'child',
        capabilities: { handle: ['child.#'] },
      });
      while (bus.stats().handlers < 3) await systemClock.sleep(10, ctx.signal);
      assert.equal(await bus.request(ctx, 'child.add', { a: 1, b: 2 }), 3);
      const seen: unknown[] = [];
      for await (const value of bus.stream(ctx, 'child.count', undefined, { credit: 4 })) seen.push(value);
      assert.equal(seen.length, 300);
      await assert.rejects(
        bus.request(ctx, 'child.die'),
        (thrown: { problem?: { code?: string } }) => thrown.problem?.code === 'bus.closed',
      );
      assert.match(await attached.closed, /lost|ended/);
      await assert.rejects(bus.request(ctx, 'child.add', { a: 1, b: 2 }), /bus\.noRoute/);
    } finally {
      child.kill('SIGKILL');
      await bus.close();
    }
  });
});
