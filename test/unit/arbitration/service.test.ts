/** The service around the decider: callers that wait, what is on the disk, and what a restart brings back. */
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { silentLog, type Clock, type Context } from '../../../server/base';
import { systemIds } from '../../../server/base/node';
import {
  createArbitration,
  type Arbitration,
  type ArbitrationOptions,
  type Ask,
  type Wait,
} from '../../../server/arbitration';
import { problemFrom, temporaryFolder } from '../storage/support';
import { lock } from './schedules';

const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** Time that goes by when it is told to. */
class HandClock implements Clock {
  time = 1_000_000;
  private readonly sleepers = new Set<{ until: number; wake: () => void }>();
  now = () => this.time;
  monotonic = () => this.time;
  sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const sleeper = { until: this.time + ms, wake: resolve };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });

  async pass(ms: number): Promise<void> {
    this.time += ms;
    for (const sleeper of [...this.sleepers])
      if (sleeper.until <= this.time) {
        this.sleepers.delete(sleeper);
        sleeper.wake();
      }
    await settled();
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the arbitration service', () => {
  const folder = temporaryFolder();
  let clock: HandClock;
  const lives: Arbitration[] = [];
  beforeEach(() => (clock = new HandClock()));
  afterEach(async () => {
    for (const one of lives.splice(0)) await one.stop(ctx);
  });

  async function begin(more: Partial<ArbitrationOptions> = {}): Promise<Arbitration> {
    const random = { next: () => 0.5, bytes: (count: number) => new Uint8Array(count).fill(9) };
    const file = path.join(folder.path, 'arbitration.db');
    const made = createArbitration({ file, clock, random, ids: systemIds, log: silentLog, ...more });
    lives.push(made);
    await made.start(ctx);
    return made;
  }

  const ask = (holder: string, name = 'tree', more: Partial<Ask> = {}): Ask => ({
    ...{ holder, requester: holder, label: `work of ${holder}`, wants: [lock(name)] },
    ...more,
  });

  it('gives a lock to one after the other and tells those that wait why and where they stand', async () => {
    const service = await begin();
    const first = await service.acquire(ctx, ask('one'));
    const waits: Wait[] = [];
    const second = service.acquire(ctx, ask('two'), (wait) => waits.push(wait));
    await settled();
    const [wait] = service.explain('two');
    assert.deepEqual([wait?.position, wait?.why.reason], [1, 'ResourceUnavailable']);
    assert.deepEqual(wait?.why.problem.args, { label: 'work of two', resource: 'tree', holders: 'one' });
    const third = service.acquire(ctx, ask('three'), (at) => waits.push(at));
    await settled();
    assert.deepEqual(
      waits.map(({ position }) => position),
      [1, 2],
    );
    await clock.pass(1000);
    await first.release();
    await (await second).release();
    assert.deepEqual(
      waits.map(({ position }) => position),
      [1, 2, 1],
    );
    await (await third).release();
    const { totals, rows } = service.report();
    assert.deepEqual([totals['granted'], totals['waiting'], totals['longestWaitMs']], [3, 0, 1000]);
    assert.deepEqual(rows, []);
  });

  it('shows what is held and who waits for it', async () => {
    const service = await begin();
    await service.acquire(ctx, ask('one'));
    service.acquire(ctx, ask('two')).catch(() => undefined);
    await settled();
    const { rows } = service.report();
    assert.deepEqual(
      rows.map(({ label, state, facts }) => [label, state, facts['holders']]),
      [
        ['work of two', 'waiting', 'one'],
        ['tree', 'wanted', 'one'],
      ],
    );
    service.letGo('two');
  });

  it('lets one that is cancelled leave the line', async () => {
    const service = await begin();
    const first = await service.acquire(ctx, ask('one'));
    const stop = new AbortController();
    const second = service.acquire({ ...ctx, signal: stop.signal }, ask('two'));
    const third = service.acquire(ctx, ask('three'));
    await settled();
    const why = new Error('no more');
    stop.abort(why);
    await assert.rejects(second, why);
    await first.release();
    await (await third).release();
    await assert.rejects(service.acquire({ ...ctx, signal: stop.signal }, ask('four')), why);
    const sudden = new AbortController();
    const fifth = service.acquire({ ...ctx, signal: sudden.signal }, ask('five'));
    sudden.abort(why);
    await assert.rejects(fifth, why);
    const { totals } = service.report();
    assert.deepEqual([totals['waiting'], totals['held']], [0, 0]);
  });

  it('denies by time, by deadlock and by policy, each with a sentence', async () => {
    const service = await begin({
      policy: {
        rules: [{ kind: 'budget', name: 'usd a day', most: 1, windowMs: 86_400_000 }],
        forbidden: [{ requester: 'bad*', resource: 'tree', why: 'it is not yours' }],
      },
    });
    const one = await service.acquire(ctx, ask('one', 'a'));
    const two = await service.acquire(ctx, ask('two', 'b'));
    const waits = service.acquire(ctx, ask('one', 'b'));
    const { args } = await problemFrom('arbitration.deadlock', () => service.acquire(ctx, ask('two', 'a')));
    assert.equal(args['cycle'], 'two → one → two');
    await two.release();
    await (await waits).release();
    const late = problemFrom('arbitration.timeout', () =>
      service.acquire(ctx, ask('three', 'a', { timeoutMs: 5000 })),
    );
    await settled();
    await clock.pass(5000);
    assert.equal((await late)['args']['seconds'], 5);
    await problemFrom('arbitration.unavailable', () =>
      service.acquire(ctx, ask('three', 'a', { timeoutMs: 0 })),
    );
    await problemFrom('arbitration.policy', () => service.acquire(ctx, ask('bad guy')));
    const money = (amount: number) =>
      ask('four', '', { wants: [{ kind: 'budget', name: 'usd a day', amount }] });
    const spent = await service.acquire(ctx, money(0.9));
    await problemFrom('arbitration.costExceeded', () => service.acquire(ctx, money(0.2)));
    await spent.release({ 'usd a day': 0.1 });
    await (await service.acquire(ctx, money(0.9))).release();
    await one.release();
  });

  it('frees what a holder had that died, and what was not renewed', async () => {
    const service = await begin();
    const dead = await service.acquire(ctx, ask('run-1/agent'));
    const leased = service.acquire(ctx, ask('two', 'tree', { leaseMs: 1000 }));
    await settled();
    service.letGo('run-1');
    const grant = await leased;
    assert.ok(dead.lost.aborted);
    const third = service.acquire(ctx, ask('three'));
    await clock.pass(900);
    grant.renew();
    await clock.pass(900);
    assert.equal(grant.lost.aborted, false);
    await clock.pass(1000);
    assert.ok(grant.lost.aborted);
    await (await third).release();
  });

  it('gives back after a restart what was held, and the place in line, to those that ask again', async () => {
    const before = await begin();
    await before.acquire(ctx, ask('one'));
    before.acquire(ctx, ask('two')).catch(() => undefined);
    await settled();
    await clock.pass(60_000);
    // Killed: nothing is said to it any more.
    const after = await begin({ graceMs: 10_000 });
    const late = after.acquire(ctx, ask('late'));
    const two = after.acquire(ctx, ask('two'));
    await settled();
    assert.deepEqual(
      after.explain('two').map(({ position }) => position),
      [1],
    );
    const one = await after.acquire(ctx, ask('one'));
    await one.release();
    await (await two).release();
    await (await late).release();
    assert.equal(after.decisions(100).filter(({ kind }) => kind === 'granted').length, 3);
  });

  it('lets go after a restart what nobody asks for again', async () => {
    const before = await begin();
    await before.acquire(ctx, ask('one'));
    await settled();
    const after = await begin({ graceMs: 10_000 });
    const two = after.acquire(ctx, ask('two'));
    await settled();
    await clock.pass(10_000);
    await (await two).release();
  });

  it('goes on over a stop and a start with those that wait', async () => {
    const service = await begin();
    const one = await service.acquire(ctx, ask('one'));
    const two = service.acquire(ctx, ask('two'));
    await settled();
    await service.stop(ctx);
    await one.release();
    await service.start(ctx);
    await (await two).release();
    const again = await begin();
    assert.deepEqual(again.report().totals['held'], 0);
  });

  it('refuses a damaged record with a copy kept, and serves those that live from memory', async () => {
    const file = path.join(folder.path, 'arbitration.db');
    writeFileSync(
      file,
      'this is no database, and never was one; it is long enough to be looked at'.repeat(20),
    );
    const random = { next: () => 0.5, bytes: (count: number) => new Uint8Array(count) };
    const service = createArbitration({ file, clock, random, ids: systemIds, log: silentLog });
    const early = service.acquire(ctx, ask('one'));
    const { args } = await problemFrom('data.corrupt', () => service.start(ctx));
    assert.match(String(args['backup']), /damaged-1$/);
    await (await early).release();
  });
});
